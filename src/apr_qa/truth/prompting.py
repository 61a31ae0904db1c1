"""How many tokens a conversation has, as the model's own tokenizer and template say."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from apr_qa.reference.record import UnsupportedModel
from apr_qa.reference.tokenizer import load_tokenizer
from apr_qa.truth.chats import chat_ids
from apr_qa.truth.measure import CannotMeasureError
from apr_qa.weights import MalformedWeights


def prompt_lengths(path: Path, questions: Sequence[str]) -> list[int]:
    """Return the number of prompt tokens of each question, put as the only turn of a conversation.

    `path` is a weights file, shard index or folder. Raises CannotMeasureError when its tokenizer or template is not
    one that can be used.
    """
    try:
        tokenizer = load_tokenizer(path)
        turns = ([{"role": "user", "content": question}] for question in questions)
        return [len(chat_ids(tokenizer, turn, today=datetime.now().astimezone())) for turn in turns]
    except (UnsupportedModel, MalformedWeights) as error:
        raise CannotMeasureError(str(error)) from None
    except OSError as error:
        raise CannotMeasureError(f"{error.filename}: {error.strerror}") from None
