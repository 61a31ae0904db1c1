"""Vocabulary and merges of a model as its format stores them: tokenizer.json, GGUF keys, APR metadata."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apr_qa.gates._model_files import TOKENIZER, BadFileError, read_json
from apr_qa.vocab.artefacts import Artefact
from apr_qa.vocab.axes import Format
from apr_qa.weights import Header


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """Tokens by id, merges as pairs in order; `kind` is `BPE`, `Unigram` ... or GGUF's own name."""

    kind: str
    tokens: Mapping[int, str]
    merges: tuple[tuple[str, str], ...]
    added: frozenset[int] = frozenset()

    @property
    def needs_merges(self) -> bool:
        """Byte-level BPE cannot join two bytes without merges."""
        return self.kind in ("BPE", "gpt2")


def vocabulary_of(artefact: Artefact, header: Header) -> Vocabulary:
    """Return what the format itself carries. Raises BadFileError when it is missing or cannot be understood."""
    if artefact.format is Format.SAFETENSORS:
        return from_tokenizer_json(read_json(artefact.folder / TOKENIZER))
    if artefact.format is Format.GGUF:
        keys = ("tokenizer.ggml.tokens", "tokenizer.ggml.merges", "tokenizer.ggml.model")
    else:
        keys = ("tokenizer.vocabulary", "tokenizer.merges", "tokenizer.model_type")
    tokens, merges, kind = (header.metadata.get(key) for key in keys)
    if not isinstance(tokens, (list, tuple)) or not all(isinstance(token, str) for token in tokens):
        raise BadFileError(f"{artefact.path.name} carries no vocabulary ({keys[0]})")
    return Vocabulary(kind=str(kind), tokens=dict(enumerate(tokens)), merges=_pairs(merges or (), keys[1]))


def from_tokenizer_json(value: Mapping[str, Any]) -> Vocabulary:
    """Return the vocabulary of a `tokenizer.json`. Raises BadFileError."""
    model = value.get("model")
    if not isinstance(model, dict):
        raise BadFileError(f"{TOKENIZER} has no model")
    tokens = _by_id(model.get("vocab"))
    added = {}
    for entry in value.get("added_tokens") or ():
        if not isinstance(entry, dict) or type(entry.get("id")) is not int or not isinstance(entry.get("content"), str):
            raise BadFileError(f"{TOKENIZER} has an added token without id or content")
        number, content = entry["id"], entry["content"]
        if tokens.get(number, content) != content:
            raise BadFileError(f"{TOKENIZER} gives the id {number} to {tokens[number]!r} and to {content!r}")
        added[number] = content
    return Vocabulary(
        kind=str(model.get("type") or ("BPE" if "merges" in model else "")),
        tokens=tokens | added,
        merges=_pairs(model.get("merges") or (), "merges"),
        added=frozenset(added),
    )


def _by_id(vocab: object) -> dict[int, str]:
    """Return id to token of a BPE object {token: id} or a Unigram list [[token, score], ...]."""
    if isinstance(vocab, list) and all(isinstance(e, list) and e and isinstance(e[0], str) for e in vocab):
        return {number: entry[0] for number, entry in enumerate(vocab)}
    if not isinstance(vocab, dict) or not all(type(number) is int and number >= 0 for number in vocab.values()):
        raise BadFileError(f"{TOKENIZER} has no vocabulary of tokens and ids")
    tokens = {number: token for token, number in vocab.items()}
    if len(tokens) != len(vocab):
        raise BadFileError(f"{TOKENIZER} gives one id to two tokens")
    return tokens


def _pairs(merges: object, where: str) -> tuple[tuple[str, str], ...]:
    """Return merges, written as `"a b"` or as `["a", "b"]`, as pairs."""
    if not isinstance(merges, Sequence):
        raise BadFileError(f"{where} is not a list")
    found = []
    for merge in merges:
        pair = merge.split(" ") if isinstance(merge, str) else merge
        if not isinstance(pair, (list, tuple)) or len(pair) != 2 or not all(isinstance(part, str) for part in pair):
            raise BadFileError(f"{where} holds {str(merge)[:40]!r}, which is not a pair")
        found.append((pair[0], pair[1]))
    return tuple(found)
