"""One layer in memory at a time gives the very numbers of the whole model in memory."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from apr_qa.reference import Model, UnsupportedModel
from apr_qa.reference.model import ContextError
from apr_qa.reference.streamed import open_streamed
from apr_qa.weights import open_weights

ROOT = Path(__file__).resolve().parents[2]
FAMILIES = ROOT / "tests" / "fixtures" / "families"
CASES = [
    *(folder for folder in sorted(FAMILIES.iterdir()) if (folder / "config.json").is_file()),
    *(ROOT / "models" / "tiny" / "gguf").glob("*.gguf"),
    *(ROOT / "models" / "tiny" / "apr").glob("*.apr"),
    ROOT / "models" / "tiny-llama" / "safetensors",
]


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.name)
def test_every_family_and_format_gives_the_same_bits(path: Path) -> None:
    """Several texts at once, one longer than a chunk, against the same texts one by one."""
    whole = Model.load(path)
    drawn = np.random.default_rng(0)
    lengths = (3, min(whole.settings.context, 300), 17)
    texts = [[int(token) for token in drawn.integers(0, whole.settings.vocab, length)] for length in lengths]
    with open_streamed(path) as model:
        for text, logits in zip(texts, model.logits(texts), strict=True):
            assert np.array_equal(logits, whole.logits(text))


def test_small_pieces_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A head decoded in pieces, and texts in groups, give the same logits but for the rounding of a sum."""
    folder = ROOT / "models" / "tiny" / "safetensors"
    texts = [[5, 6, 7], [8, 9], [10] * 40]
    with open_streamed(folder) as model:
        whole = list(model.logits(texts))
        monkeypatch.setattr("apr_qa.reference.streamed._HEAD_ELEMENTS", 256 * model.settings.hidden)
        monkeypatch.setattr("apr_qa.reference.streamed._LOGITS_BYTES", 4 * 640 * 4)
        for one, other in zip(whole, model.logits(texts), strict=True):
            np.testing.assert_allclose(other, one, rtol=0, atol=2e-5)


def test_what_the_whole_model_refuses_is_refused(tmp_path: Path) -> None:
    """A missing tensor and a tied head that differs are named, sequences are checked."""
    folder = tmp_path / "model"
    shutil.copytree(FAMILIES / "llama-bias-tied", folder)
    with open_weights(folder) as stored:
        weights = {name: stored.read(name) for name in stored.tensors}
    with open_streamed(folder) as model, pytest.raises(ContextError):
        list(model.logits([[1] * (model.settings.context + 1)]))
    name = next(name for name in weights if "down_proj" in name)
    save_file({key: value for key, value in weights.items() if key != name}, folder / "model.safetensors")
    with pytest.raises(UnsupportedModel, match=name), open_streamed(folder):
        pass
    save_file({**weights, "lm_head.weight": weights["model.embed_tokens.weight"] + 1}, folder / "model.safetensors")
    assert json.loads((folder / "config.json").read_text(encoding="utf-8"))["tie_word_embeddings"]
    with open_streamed(folder) as model, pytest.raises(UnsupportedModel, match="differs"):
        list(model.logits([[1, 2]]))
