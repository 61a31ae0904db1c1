"""The tokenizer that a format carries, and five tests of it (I-5): each gives sentences about what is wrong."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer as Library

from apr_qa.reference import UnsupportedModel, gguf_tokenizer
from apr_qa.reference.gguf_tokenizer import token_text
from apr_qa.truth.corpus import torture
from apr_qa.weights import Header

SHOWN = 40
_NO_RULE = (None, "", "default")
"""A byte-level GGUF tokenizer without the name of its split rule: readers then take one that is seldom right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """A tokenizer as a format carries it."""

    library: Library
    special: Mapping[int, str]
    """Tokens that stand for control, by id."""
    first_id: int | None = None
    """Put before raw text by the file's own word, where the library does not do it."""
    notes: tuple[str, ...] = field(default_factory=tuple)

    def encode(self, text: str, *, control: bool = True) -> list[int]:
        """Return the ids of `text` without what is put before or after it.

        With `control`, written-out control tokens are themselves; without, they are text like any other.
        """
        self.library.encode_special_tokens = not control
        try:
            return list(self.library.encode(text, add_special_tokens=False).ids)
        finally:
            self.library.encode_special_tokens = False

    def begin(self) -> list[int]:
        """Return what is put before a raw text."""
        whole, plain = list(self.library.encode("a").ids), self.encode("a")
        own = whole[: len(whole) - len(plain)] if whole[len(whole) - len(plain) :] == plain else whole
        return own if self.first_id is None else [self.first_id, *own]


def from_json(file: Path) -> Carried:
    """Return the tokenizer of a `tokenizer.json`. Raises UnsupportedModel and OSError."""
    return _from_text(file.read_text(encoding="utf-8"))


def _from_text(text: str) -> Carried:
    try:
        library = Library.from_str(text)
    except Exception as error:  # noqa: BLE001  (the library raises plain Exception for a broken file)
        raise UnsupportedModel(f"the tokenizer cannot be built: {error}") from None
    added = library.get_added_tokens_decoder()
    return Carried(library=library, special={n: t.content for n, t in added.items() if t.special})


def from_gguf(header: Header, beside: Path | None = None) -> Carried:
    """Return the tokenizer of a GGUF file.

    Of a kind or split rule that is not known here, only vocabulary and merges are the file's own; the rest comes from
    the `tokenizer.json` at `beside`, and a note says so. Raises UnsupportedModel (also without `beside`) and OSError.
    """
    keys = header.metadata
    first = keys.get("tokenizer.ggml.bos_token_id") if keys.get("tokenizer.ggml.add_bos_token") else None
    first_id = first if isinstance(first, int) else None
    try:
        library = gguf_tokenizer.library_of(keys)
    except UnsupportedModel as error:
        if beside is None or keys.get("tokenizer.ggml.pre") in _NO_RULE:
            raise
        framed = _framed(keys.get("tokenizer.ggml.tokens"), keys.get("tokenizer.ggml.merges"), beside)
        note = f"only its vocabulary is compared: {error}"
        return Carried(library=framed.library, special=framed.special, first_id=None, notes=(note,))
    added = library.get_added_tokens_decoder()
    return Carried(library=library, special={n: t.content for n, t in added.items() if t.special}, first_id=first_id)


def from_apr(header: Header, beside: Path) -> Carried:
    """Return the tokenizer of an APR file: its own vocabulary and merges; it holds no split rule.

    Raises UnsupportedModel and OSError.
    """
    tokens, merges = (header.metadata.get(f"tokenizer.{name}") for name in ("vocabulary", "merges"))
    return _framed(tokens, merges if isinstance(merges, list) else [], beside)


def _framed(tokens: object, merges: object, beside: Path) -> Carried:
    """Return `tokens` (by id) and `merges` (None: those beside) in the frame of another file's `tokenizer.json`."""
    if not isinstance(tokens, list | tuple) or not all(isinstance(token, str) for token in tokens):
        raise UnsupportedModel("the file carries no vocabulary")
    try:
        frame: dict[str, Any] = json.loads(beside.read_text(encoding="utf-8"))
        added = {entry["content"] for entry in frame.get("added_tokens", ())}
        by_text = {token: number for number, token in enumerate(tokens)}
        frame["added_tokens"] = [
            {**e, "id": by_text[e["content"]]} for e in frame.get("added_tokens", ()) if e["content"] in by_text
        ]
        if isinstance(frame["model"]["vocab"], dict):
            frame["model"]["vocab"] = {token: number for token, number in by_text.items() if token not in added}
        if merges is not None and "merges" in frame["model"]:
            frame["model"]["merges"] = list(merges) if isinstance(merges, list | tuple) else []
    except (ValueError, LookupError, TypeError) as error:
        raise UnsupportedModel(f"tokenizer.json cannot be understood: {error}") from None
    return _from_text(json.dumps(frame))


def id_faults(truth: Carried, other: Carried, corpus: Iterable[str]) -> Iterator[str]:
    """Yield where the other tokenizer gives other ids (first test).

    GGUF holds no normaliser, so its tokenizer gets each text as the truth's own normaliser leaves it.
    """
    for text in corpus:
        given = text if other.library.normalizer else _normalised(truth.library, text)
        ours, theirs = truth.encode(text), other.encode(given)
        if ours != theirs:
            yield f"{_shown(text)} gives the ids {_few(theirs)}, by tokenizer.json {_few(ours)}"
    texts = _token_texts(truth)
    for text, ours, theirs in zip(texts, _batch(truth, texts), _batch(other, texts), strict=True):
        if ours != theirs:
            yield f"the token {_shown(text)} written out gives the ids {_few(theirs)}, by tokenizer.json {_few(ours)}"
    if truth.begin() != other.begin():
        yield f"raw text begins with the ids {other.begin()}, by tokenizer.json with {truth.begin()}"


def _token_texts(carried: Carried) -> list[str]:
    """Return the text of every token that is a text by itself: each merge is on the way to one of them."""
    numbers = carried.library.get_vocab(with_added_tokens=False).values()
    texts = carried.library.decode_batch([[number] for number in sorted(numbers)], skip_special_tokens=False)
    return [text for text in texts if text and "\ufffd" not in text and _normalised(carried.library, text) == text]


def _batch(carried: Carried, texts: Sequence[str]) -> list[list[int]]:
    return [list(found.ids) for found in carried.library.encode_batch_fast(texts, add_special_tokens=False)]


def loss_faults(truth: Carried, other: Carried) -> Iterator[str]:
    """Yield strings that do not come back from their ids (second test).

    Text that comes back as the normaliser left it is not lost: that is declared. What the truth's own tokenizer loses
    outside printable ASCII is the model's nature (`lost` counts it), and no fault of a conversion.
    """
    forgiven = set(lost(truth)) - {
        text for text in lost(truth) if truth is other and text.isascii() and text.isprintable()
    }
    for text, got in lost(other).items():
        if text not in forgiven:
            yield f"{_shown(text)} comes back from its ids as {_shown(got)}"


def lost(carried: Carried) -> Mapping[str, str]:
    """Return the strings of the torture set that do not come back, with what comes instead."""
    found = {}
    for text in (text for group in torture().values() for text in group):
        got = carried.library.decode(carried.encode(text, control=False), skip_special_tokens=False)
        if got not in (text, _normalised(carried.library, text)):
            found[text] = got
    return found


def normalised_away(carried: Carried) -> tuple[str, ...]:
    """Return the kinds of torture strings that the tokenizer's own normaliser changes."""
    return tuple(name for name, group in torture().items() if any(_normalised(carried.library, t) != t for t in group))


def _normalised(library: Library, text: str) -> str:
    return str(library.normalizer.normalize_str(text)) if library.normalizer else text


def special_faults(truth: Carried, other: Carried) -> Iterator[str]:
    """Yield control tokens that are not the same, not found whole, or not kept apart from text (third test)."""
    for number in sorted(set(truth.special) | set(other.special)):
        theirs, ours = other.special.get(number), truth.special.get(number, truth.library.id_to_token(number))
        if ours != theirs:  # converters may mark more tokens as control tokens, but not others
            yield f"the control token {number} is {theirs!r}, by tokenizer.json {ours!r}"
    for number, token in truth.special.items():
        text = f"a{token}b"
        if other.encode(text).count(number) != 1:
            yield f"{token!r} written out is not found as the control token {number}"
        for control in (True, False):
            if truth.encode(text, control=control) != other.encode(text, control=control):
                state = "on" if control else "off"
                yield f"with control tokens {state}, {_shown(text)} gives other ids than by tokenizer.json"
        if token in other.library.decode([number], skip_special_tokens=True):
            yield f"{token!r} is shown as text in an answer"


def row_faults(carried: Carried, rows: int | None) -> Iterator[str]:
    """Yield tokens without a row of the embedding (fifth test)."""
    last = max(carried.library.get_vocab(with_added_tokens=True).values(), default=-1)
    if rows is not None and last >= rows:
        yield f"token {last} lies beyond the {rows} rows of the embedding"


def recorded_faults(carried: Carried, recorded: Sequence[tuple[str, tuple[int, ...]]]) -> Iterator[str]:
    """Yield where the tokenizer gives other ids than a recorded corpus (see `corpus.read_vocabulary_test`)."""
    for text, ids in recorded:
        found = carried.encode(text)
        if tuple(found) != ids:
            yield f"{_shown(text)} gives the ids {_few(found)}, recorded are {_few(ids)}"


def _shown(text: str) -> str:
    return ascii(text if len(text) <= SHOWN else text[:SHOWN] + "...")


def _few(ids: Sequence[int]) -> str:
    return f"{list(ids[:8])}{'...' if len(ids) > 8 else ''}"


__all__ = [
    "Carried",
    "UnsupportedModel",
    "from_apr",
    "from_gguf",
    "from_json",
    "id_faults",
    "loss_faults",
    "lost",
    "normalised_away",
    "recorded_faults",
    "row_faults",
    "special_faults",
    "token_text",
]
