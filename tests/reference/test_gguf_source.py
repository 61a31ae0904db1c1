"""GGUF files compute what their SafeTensors source computes, and what llama.cpp computes from the same file."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from gguf_converter import ARCHES, convert

from apr_qa.reference import Model, UnsupportedModel
from apr_qa.reference.gguf_dialects import DIALECTS
from apr_qa.reference.gguf_source import unpermuted
from apr_qa.reference.sampling import log_softmax
from apr_qa.reference.tokenizer import load_tokenizer

FIXTURES = Path(__file__).parent.parent / "fixtures" / "families"
# What GGUF cannot say about a fixture is taken out of its config on both sides.
CASES: dict[str, dict[str, object]] = {
    "llama": {},
    "llama-bias-tied": {},
    "llama3-rope": {},
    "llama-linear": {},
    "mistral": {"sliding_window": None},
    "qwen2": {},
    "qwen2-window-yarn": {"use_sliding_window": False},
    "qwen3": {},
    "gemma": {},
    "gemma2": {"query_pre_attn_scalar": 16},
    "phi": {},
    "phi3": {},
    "phi3-longrope": {},
    "gpt_neox": {},
    "gpt_neox-serial": {},
    "stablelm": {},
    "starcoder2": {"sliding_window": None},
    "olmo2": {},
    "granite": {},
}
GELU = ("gemma", "gemma2", "phi", "gpt_neox", "gpt_neox-serial", "starcoder2")
"""llama.cpp looks GELU up in a table of half floats, which costs about 2e-3."""
POSITIONS = (3, 30, 47)


def source(name: str, tmp_path: Path) -> tuple[Path, list[int]]:
    """Return a copy of the fixture as GGUF can say it, and the golden's tokens."""
    folder = tmp_path / name
    shutil.copytree(FIXTURES / name, folder)
    config = {**json.loads((folder / "config.json").read_text()), **CASES[name]}
    (folder / "config.json").write_text(json.dumps({key: value for key, value in config.items() if value is not None}))
    return folder, np.load(folder / "golden.npz")["tokens"].tolist()


@pytest.mark.parametrize("name", CASES)
def test_logits_are_those_of_the_source(name: str, tmp_path: Path) -> None:
    """Names, permuted rows, added ones, regrouped and fused rows all come back."""
    folder, tokens = source(name, tmp_path)
    theirs = log_softmax(Model.load(folder).logits(tokens))
    for dtype, tolerance in (("F32", 2e-5), ("BF16", 2e-5), ("F16", 2e-2)):
        ours = log_softmax(Model.load(convert(folder, tmp_path / "model.gguf", dtype)).logits(tokens))
        assert np.abs(ours - theirs).max() < tolerance


def test_every_dialect_has_a_case() -> None:
    """A dialect counts only when it is compared."""
    types = {json.loads((FIXTURES / name / "config.json").read_text())["model_type"] for name in CASES}
    assert {ARCHES.get(model_type, model_type) for model_type in types} == set(DIALECTS)


@pytest.mark.skipif(importlib.util.find_spec("xllamacpp") is None, reason="xllamacpp is not installed")
@pytest.mark.parametrize("name", sorted(set(CASES) - {"phi3"}))  # llama.cpp does not apply Phi-3's window
def test_llama_cpp_computes_the_same(name: str, tmp_path: Path) -> None:
    """An engine that shares no code with ours agrees on the whole distribution, from the same file."""
    folder, tokens = source(name, tmp_path)
    out = convert(folder, tmp_path / "model.gguf")
    ours = log_softmax(Model.load(out).logits(tokens))
    script = str(Path(__file__).parent / "llama_cpp_logprobs.py")
    asked = json.dumps({"model": str(out), "tokens": tokens, "positions": POSITIONS, "vocab": ours.shape[1]})
    done = subprocess.run([sys.executable, script, asked], capture_output=True, text=True, timeout=120, check=True)
    for position, said in json.loads(done.stdout.splitlines()[-1]).items():
        theirs = np.array([said[str(token)] for token in range(ours.shape[1])])
        assert np.abs(theirs - ours[int(position) - 1]).max() < (5e-3 if name in GELU else 2e-5)


def test_the_tokenizer_in_the_file_is_that_of_the_folder(tmp_path: Path) -> None:
    """Ids, template, end token and text are the same from both files."""
    folder, _ = source("qwen2", tmp_path)
    theirs, ours = load_tokenizer(folder), load_tokenizer(convert(folder, tmp_path / "model.gguf"))
    conversation = [{"role": "user", "content": "What is 2 + 2?  <|im_end|> é\n"}]
    assert ours.encode_chat(conversation) == theirs.encode_chat(conversation)
    assert ours.eos_ids == theirs.eos_ids
    for text in ("def add(a, b): return a + b", "  spaces  ", "12345", "naïve — 你好"):
        assert ours.encode(text) == theirs.encode(text)
        assert ours.decode(ours.encode(text)) == text


def test_unpermuted_undoes_the_converter() -> None:
    """Row 2j+a of a head was row j of its half a."""
    rows = np.arange(8, dtype=np.float32).reshape(8, 1)
    stored = rows[[0, 2, 1, 3, 4, 6, 5, 7]]
    np.testing.assert_array_equal(unpermuted(stored, 2), rows)
    assert not np.array_equal(stored, rows)


@pytest.mark.parametrize(
    ("key", "value", "problem"),
    [
        ("general.architecture", "mamba", "mamba"),
        ("llama.rope.scaling.type", "dynamic", "dynamic"),
        ("llama.attention.value_length", 4, "differ in size"),
        ("llama.rope.dimension_count", 9, "dimension_count"),
        ("llama.attention.layer_norm_rms_epsilon", None, "eps"),
        ("llama.context_length", None, "max_position_embeddings"),
        ("llama.block_count", 2, "no place"),
    ],
)
def test_what_is_not_known_is_refused(key: str, value: object, problem: str, tmp_path: Path) -> None:
    """A key changed or taken away is named."""
    from apr_qa.reference.config import read_settings
    from apr_qa.reference.gguf_source import GgufTensors, config_of, dialect_of
    from apr_qa.reference.loading import load_parameters
    from apr_qa.weights import open_weights

    folder, _ = source("llama", tmp_path)
    with open_weights(convert(folder, tmp_path / "model.gguf")) as weights:
        metadata = {**weights.metadata, key: value}
        weights.metadata = {name: said for name, said in metadata.items() if said is not None}
        with pytest.raises(UnsupportedModel, match=problem):
            dialect = dialect_of(weights)
            config = config_of(weights, dialect)
            settings = read_settings(dialect.family, config)
            load_parameters(GgufTensors(weights, dialect, config), dialect.family, settings)
