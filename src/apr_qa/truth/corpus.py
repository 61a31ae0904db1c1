"""What tokenizers are tried on: the fixed texts, a torture set of Unicode, llama.cpp's files, message shapes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from apr_qa.errors import InputError
from apr_qa.files import read_text
from apr_qa.truth.text_set import texts

_DIVIDER = "\n__ggml_vocab_test__\n"
"""Stands between the strings of llama.cpp's `ggml-vocab-*.gguf.inp`."""


@cache
def torture() -> Mapping[str, tuple[str, ...]]:
    """Return strings by what is awkward about them."""
    return {name: tuple(strings) for name, strings in _data("torture.json").items()}


@cache
def strings() -> tuple[str, ...]:
    """Return every string of the shipped corpus, each once."""
    plain = [text.text for text in texts() if text.text]
    said = [content for text in texts() for _, content in text.messages]
    awkward = [string for group in torture().values() for string in group]
    return tuple(dict.fromkeys((*plain, *said, *awkward)))


@cache
def message_shapes() -> Mapping[str, tuple[Mapping[str, str], ...]]:
    """Return eight conversations by name, for chat templates."""
    return {
        shape["name"]: tuple({"role": role, "content": content} for role, content in shape["messages"])
        for shape in _data("shapes.json")
    }


def read_vocabulary_test(inputs: Path) -> tuple[tuple[str, tuple[int, ...]], ...]:
    """Return the strings and ids of a pair of llama.cpp's files, `NAME.gguf.inp` and `NAME.gguf.out` beside it.

    Raises InputError when one is missing or the two do not go together.
    """
    outputs = inputs.with_suffix(".out")
    asked = read_text(inputs, "tokenizer test").split(_DIVIDER)
    rows = read_text(outputs, "expected ids").splitlines()
    if asked and asked[-1] == "":
        asked.pop()
    if len(asked) != len(rows):
        raise InputError(f"{len(asked)} strings and {len(rows)} lines of ids", where=str(inputs))
    try:
        ids = [tuple(int(word) for word in row.split()) for row in rows]
    except ValueError:
        raise InputError("holds a line that is no list of ids", where=str(outputs)) from None
    return tuple(zip(asked, ids, strict=True))


def _data(name: str) -> Any:
    return json.loads((Path(__file__).parent / name).read_text(encoding="utf-8"))
