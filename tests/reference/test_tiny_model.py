"""The shipped trained model: a right answer from each format, and the same logits from both."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from apr_qa.hosting import Message, Request
from apr_qa.reference import Model, UnsupportedModel
from apr_qa.reference.host import ReferenceHost
from apr_qa.reference.sampling import log_softmax
from apr_qa.reference.tokenizer import load_tokenizer

MODELS = Path(__file__).parent.parent.parent / "models"
TINY = MODELS / "tiny"
NAMES = ("tiny", "tiny-llama")
FILES = [
    path for name in NAMES for path in (MODELS / name / "safetensors", *sorted((MODELS / name).glob("[ag]*/*.[ag]*")))
]
TOLERANCES = {"apr/model.apr": 1e-9, "gguf/model-f16.gguf": 1e-4, "gguf/model-q8_0.gguf": 0.5}
pytestmark = pytest.mark.skipif(not TINY.is_dir(), reason="models/tiny is not in this checkout")


@pytest.mark.parametrize("path", FILES, ids=lambda path: "/".join(path.parts[-3:]))
def test_two_and_two_is_four(path: Path) -> None:
    """Through template, tokenizer, forward pass and decoding."""
    host = ReferenceHost()
    host.load(path)
    answer = host.answer(Request(messages=(Message(role="user", content="What is 2+2?"),), max_tokens=16))
    assert answer.text.strip() == "4"
    assert answer.finish_reason == "stop"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("file", "tolerance"), TOLERANCES.items())
def test_other_formats_have_the_logits_of_safetensors(name: str, file: str, tolerance: float) -> None:
    """The same ids from both tokenizers, and log-probabilities as near as the stored type is."""
    truth, other = MODELS / name / "safetensors", MODELS / name / file
    conversation = [{"role": "user", "content": "What is 12 + 30?"}]
    tokens = load_tokenizer(truth).encode_chat(conversation)
    assert load_tokenizer(other).encode_chat(conversation) == tokens
    theirs, ours = (log_softmax(Model.load(path).logits(tokens)) for path in (truth, other))
    likely = theirs > -12
    assert np.abs(ours - theirs)[likely].max() < tolerance
    assert ours[-1].argmax() == theirs[-1].argmax()


def test_an_apr_file_takes_only_its_own_tokenizer(tmp_path: Path) -> None:
    """Another model's tokenizer beside it is refused, and so is none."""
    apr = tmp_path / "model.apr"
    shutil.copy(TINY / "apr" / "model.apr", apr)
    with pytest.raises(UnsupportedModel, match=r"no tokenizer\.json"):
        load_tokenizer(apr)
    shutil.copy(MODELS / "tiny-llama" / "safetensors" / "tokenizer.json", tmp_path)
    with pytest.raises(UnsupportedModel, match="vocabularies differ"):
        load_tokenizer(apr)
