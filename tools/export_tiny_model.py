"""Writes what is shipped of a model: ``python tools/export_tiny_model.py tiny --work W --out models/tiny``."""

from __future__ import annotations

import argparse
from pathlib import Path

from tiny.export import export
from tiny.shapes import SHAPES
from tiny.to_gguf import convert


def main() -> None:
    """SafeTensors, then GGUF F16 and Q8_0 of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", choices=sorted(SHAPES))
    parser.add_argument("--work", type=Path, required=True, help="work folder of the training")
    parser.add_argument("--out", type=Path, required=True, help="folder to write safetensors/ and gguf/ in")
    args = parser.parse_args()
    export(SHAPES[args.model], args.work, args.out / "safetensors")
    (args.out / "gguf").mkdir(exist_ok=True)
    for kind in ("f16", "q8_0"):
        convert(args.out / "safetensors", args.out / "gguf" / f"model-{kind}.gguf", kind)


if __name__ == "__main__":
    main()
