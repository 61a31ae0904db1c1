"""The shipped trained model: a right answer from each format, and the same logits from both."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from apr_qa.hosting import Message, Request
from apr_qa.reference import Model
from apr_qa.reference.host import ReferenceHost
from apr_qa.reference.sampling import log_softmax
from apr_qa.reference.tokenizer import load_tokenizer

MODELS = Path(__file__).parent.parent.parent / "models"
TINY = MODELS / "tiny"
FILES = [TINY / "safetensors", *sorted((TINY / "gguf").glob("*.gguf"))]
F16_TOLERANCE = 5e-2
pytestmark = pytest.mark.skipif(not TINY.is_dir(), reason="models/tiny is not in this checkout")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_two_and_two_is_four(path: Path) -> None:
    """Through template, tokenizer, forward pass and decoding."""
    host = ReferenceHost()
    host.load(path)
    answer = host.answer(Request(messages=(Message(role="user", content="What is 2+2?"),), max_tokens=16))
    assert answer.text.strip() == "4"
    assert answer.finish_reason == "stop"


def test_gguf_f16_has_the_logits_of_safetensors() -> None:
    """The same ids from both tokenizers, and log-probabilities as near as half floats are."""
    gguf = next(path for path in FILES if "f16" in path.name.lower())
    conversation = [{"role": "user", "content": "What is 12 + 30?"}]
    tokens = load_tokenizer(TINY / "safetensors").encode_chat(conversation)
    assert load_tokenizer(gguf).encode_chat(conversation) == tokens
    theirs, ours = (log_softmax(Model.load(path).logits(tokens)) for path in (TINY / "safetensors", gguf))
    likely = theirs > -12
    assert np.abs(ours - theirs)[likely].max() < F16_TOLERANCE
    assert (ours.argmax(-1) == theirs.argmax(-1)).all()
