"""Writes the GGUF file of a tiny model: ``python tools/tiny_to_gguf.py SAFETENSORS_DIR OUT --type f16|q8_0``."""

from __future__ import annotations

import argparse
from pathlib import Path

from tiny.to_gguf import convert


def main() -> None:
    """Reads the command line and converts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="Hugging Face folder (config.json, tokenizer.json, *.safetensors)")
    parser.add_argument("out", type=Path, help="GGUF file to write")
    parser.add_argument("--type", choices=("f16", "q8_0"), default="f16", help="type of the matrices (default f16)")
    args = parser.parse_args()
    args.out.parent.mkdir(parents=True, exist_ok=True)
    convert(args.folder, args.out, args.type)


if __name__ == "__main__":
    main()
