"""Write K-quants of the tiny model with llama.cpp's own quantiser, through a real Ollama (`make test-ollama` gets one).

The `gguf` library cannot write K-quants, and a look-alike would prove nothing about files that people use.

    python tools/tiny_k_quants.py
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from contextlib import chdir
from pathlib import Path

from apr_qa.ollama_host.program import Server, find

MODELS = Path(__file__).resolve().parents[1] / "models"
KINDS = {"q6_k": "q6_K", "q4_k_m": "q4_K_M"}
"""Our name of the file -> Ollama's name of the type."""


def main() -> int:
    """Write `models/tiny/k-quants/model-TYPE.gguf` for each type."""
    source, target = MODELS / "tiny" / "gguf" / "model-f16.gguf", MODELS / "tiny" / "k-quants"
    target.mkdir(exist_ok=True)
    for name, kind in KINDS.items():
        with tempfile.TemporaryDirectory() as folder, chdir(folder):
            made = quantised(source, kind)
            shutil.copyfile(made, target / f"model-{name}.gguf")
        print(f"{name}: {(target / f'model-{name}.gguf').stat().st_size:,} bytes")
    return 0


def quantised(source: Path, kind: str) -> Path:
    """Return the file of type `kind` that Ollama made of `source`, in its store below the working folder."""
    Server(find()).create("tiny", f"FROM {source}\n", kind=kind)
    (made,) = (path for path in _files() if path.stat().st_size < source.stat().st_size)
    return made


def _files() -> list[Path]:
    blobs = Path.cwd() / "ollama" / "blobs"
    return [path for path in blobs.glob("sha256*") if path.open("rb").read(4) == b"GGUF"]


if __name__ == "__main__":
    sys.exit(main())
