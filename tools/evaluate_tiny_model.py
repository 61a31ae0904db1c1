"""Prints how many prompts a tiny model answers right: a SafeTensors folder (transformers) or a GGUF file (llama.cpp).

python tools/evaluate_tiny_model.py models/tiny/safetensors models/tiny/gguf/model-q8_0.gguf
python tools/evaluate_tiny_model.py --apr --plain models/tiny/apr/model.apr   # the installed apr; one turn only
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from tiny.evaluate import apr_engine, cases, llama_engine, measure, transformers_engine


def main() -> None:
    """One table per model, then its wrong answers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+", type=Path)
    parser.add_argument("--held-out", type=int, help="about how many held-out sums (default: all)")
    parser.add_argument("--groups", nargs="*", help="only groups that start so")
    parser.add_argument("--wrong", type=int, default=40, help="wrong answers to print (default 40)")
    parser.add_argument("--apr", action="store_true", help="ask the installed apr, of any format")
    parser.add_argument("--plain", action="store_true", help="fixed prompts, 'What is a+b?' and 'What is a*b?' only")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    wanted = [case for case in cases(args.held_out) if not args.groups or case.group.startswith(tuple(args.groups))]
    if args.plain:
        plain = re.compile(r"What is \d[+*]\d\?")
        wanted = [
            case for case in wanted if case.group == "fixed prompts" or plain.fullmatch(case.messages[0]["content"])
        ]
    if args.apr:  # a NUL cannot be part of a command line
        wanted = [case for case in wanted if "\0" not in case.messages[-1]["content"]]
    for path in args.models:
        engine = transformers_engine if path.is_dir() else llama_engine
        counts, wrong = measure(apr_engine(path) if args.apr else engine(path, args.threads), wanted)
        print(f"{path}")
        for group, (right, total) in counts.items():
            print(f"  {group:40} {right:5} / {total:5}  {100 * right / total:6.1f} %")
        for line in wrong[: args.wrong]:
            print(f"    {line}")


if __name__ == "__main__":
    main()
