"""Makes a copy of a model folder whose tokenizer.json has its merges as pairs, as current ``tokenizers`` saves them.

    python tools/pair_merges.py models/tiny/safetensors build/tiny-pairs

Both spellings mean the same; a reader that takes strings only drops every merge, in silence if it is careless.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path


def with_pair_merges(folder: Path, target: Path) -> Path:
    """Copies the files of ``folder`` to the new folder ``target``, merges as ``["a", "b"]``; returns ``target``."""
    target.mkdir(parents=True)
    for path in sorted(folder.iterdir()):
        if path.is_file():
            shutil.copyfile(path, target / path.name)
    tokenizer_file = target / "tokenizer.json"
    tokenizer = json.loads(tokenizer_file.read_text(encoding="utf-8"))
    merges = tokenizer["model"]["merges"]
    # A byte-level token never holds a space (it is spelled Ġ), so the one space of a merge divides its halves.
    tokenizer["model"]["merges"] = [merge.split(" ") if isinstance(merge, str) else merge for merge in merges]
    tokenizer_file.write_text(json.dumps(tokenizer, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return target


if __name__ == "__main__":
    with_pair_merges(Path(sys.argv[1]), Path(sys.argv[2]))
