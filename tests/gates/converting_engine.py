"""A converter with the command line of `apr`: it really converts, between all formats, and can be told to harm."""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path

HERE = Path(__file__).resolve()
_PROGRAM = """\
#!{python} -I
import os, shutil, signal, sys
from pathlib import Path
words = sys.argv[1:]
if words == ["--version"]:
    print("apr 0.72.3 (9c34b9a91)")
    sys.exit()
if words[:1] == ["devices"]:
    print('{{"entries": []}}')
    sys.exit()
if words[:1] in (["run"], ["chat"], ["serve"]):
    print("error: inference failed: it converts and does nothing else", file=sys.stderr)
    sys.exit(8)
sys.path[:0] = [{gates!r}, {tools!r}]
import numpy as np
from clean_conversions import _PARTS, _TOP, to_apr, to_gguf
from file_harms import save
from apr_qa.weights import open_weights
source = Path(words[2] if words[0] == "rosetta" else words[1])
target = Path(words[3] if words[0] == "rosetta" else words[words.index("-o") + 1])
step = source.suffix[1:] + "-" + target.suffix[1:]
truth, ours = {ours}, {{}}
names = {{v: k for k, v in (*_PARTS.items(), *_TOP.items())}}
def hf(name):
    if not name.startswith("blk."):
        stem, _, kind = name.rpartition(".")
        return names.get(stem, stem) + "." + kind
    _, layer, part, kind = name.split(".")
    return f"model.layers.{{layer}}.{{names[part]}}.{{kind}}"
dtype, tokens, numbers, template = "f32", True, {{}}, (truth / "safetensors/chat_template.jinja").read_text()
with open_weights(source) as weights:
    values = {{hf(n): weights.read(n) for n, t in weights.tensors.items() if t.size_bytes}}
{harm}
def change(found):
    found.clear()
    found.update(values)
if target.suffix == ".apr":
    more = {{"chat_template": template}} | ({{}} if tokens else {{"tokenizer.vocabulary": None}})
    to_apr(truth / "safetensors", truth / "apr/model.apr", target, dtype, change, **numbers, **more)
elif target.suffix == ".gguf":
    to_gguf(truth / "safetensors", truth / "gguf/model-f16.gguf", target, dtype, change)
else:
    entry = lambda v: {{"dtype": "F32", "shape": list(v.shape), "data": v.astype("<f4").tobytes()}}
    save(target, {{name: entry(v) for name, v in values.items()}})
    for name in ("config.json", "tokenizer.json")[: 1 + tokens]:
        shutil.copyfile(truth / "safetensors" / name, target.parent / name)
    (target.parent / "chat_template.jinja").write_text(template)
"""


def converter(folder: Path, harm: str = "") -> str:
    """Write the program; `harm` is done in each conversion, by the names `step`, `values`, `dtype`, `numbers` ..."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "apr"
    root = HERE.parents[2]
    text = _PROGRAM.format(
        python=sys.executable,
        gates=str(HERE.parent),
        tools=str(root / "tools"),
        ours=f"Path({str(root / 'models' / 'tiny')!r})",
        harm=textwrap.dedent(harm),
    )
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    return str(path)
