"""Tokenizers that cut text in another way, name other tokens, or lost some."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

from apr_qa.mutators._follow import GGUF, TRUTH, vocabulary
from apr_qa.mutators._gguf import ARRAY, I32, Gguf, open_gguf
from apr_qa.mutators._planting import Apply, gguf_keys, settings, small_file
from apr_qa.vocab.mutators import Applied, FaultLayer, Mutator, Place

_LOUD = (Place.GGUF, Place.TRUTH)
_TOKENIZER = "tokenizer.json"
_MERGES, _TOKENS, _TYPES = "tokenizer.ggml.merges", "tokenizer.ggml.tokens", "tokenizer.ggml.token_type"
_VOCAB_SIZE = 640


def _in_gguf(change: Callable[[Gguf, list[str], list[str]], object]) -> Apply:
    """Edit the GGUF's own copy of the tokenizer: (file, tokens in the order of ids, merges)."""

    def apply(folder: Path, _place: Place, _seed: int) -> Applied:
        gguf = open_gguf(folder / GGUF)
        tokens, merges = vocabulary(folder / TRUTH, {"vocab_size": _VOCAB_SIZE})
        change(gguf, tokens, merges)
        gguf.set(_TOKENS, tokens)
        gguf.set(_MERGES, merges)
        gguf.save()
        return Applied()

    return apply


def _either(in_gguf: Apply, in_truth: Apply) -> Apply:
    def apply(folder: Path, place: Place, seed: int) -> Applied:
        return (in_gguf if place is Place.GGUF else in_truth)(folder, place, seed)

    return apply


def _reverse_merges(value: dict[str, Any]) -> None:
    value["model"]["merges"].reverse()


def _no_merges(value: dict[str, Any]) -> None:
    value["model"]["merges"] = []


def _swap_tokens(value: dict[str, Any]) -> None:
    vocab = value["model"]["vocab"]
    vocab["4"], vocab["5"] = vocab["5"], vocab["4"]


def _swap_in_gguf(_gguf: Gguf, tokens: list[str], _merges: list[str]) -> None:
    one, other = tokens.index("4"), tokens.index("5")
    tokens[one], tokens[other] = tokens[other], tokens[one]


def _no_specials(value: dict[str, Any]) -> None:
    value["added_tokens"] = [t for t in value["added_tokens"] if t["content"] != "<|im_end|>"]
    value["model"]["vocab"].pop("<|im_end|>", None)


def _pairs(value: dict[str, Any]) -> None:
    value["model"]["merges"] = [merge.split(" ") for merge in value["model"]["merges"]]


def _plain_types(gguf: Gguf, tokens: list[str], _merges: list[str]) -> None:
    """Declare every token an ordinary one, so that control tokens are cut into letters and printed."""
    gguf.keys[_TYPES] = (ARRAY, struct.pack("<IQ", I32, len(tokens)) + struct.pack("<i", 1) * len(tokens))


def _fault(  # noqa: PLR0913  (one row of a table)
    name: str,
    apply: Apply,
    summary: str,
    words: tuple[str, ...],
    *,
    places: tuple[Place, ...] = (Place.GGUF,),
    gateway: bool = False,
    equivalent: str = "",
) -> Mutator:
    return Mutator(
        name=name,
        layer=FaultLayer.TOKENIZER,
        summary=summary,
        breaks="The model is asked something else than was typed, or its answer is spelled wrong, or never ends.",
        places=places,
        apply=apply,
        words=words,
        gateway=gateway,
        equivalent=equivalent,
    )


MUTATORS = (
    _fault(
        "merges-reversed",
        _either(_in_gguf(lambda _, __, merges: merges.reverse()), small_file(_TOKENIZER, _reverse_merges)),
        "The merges stand in the opposite order.",
        ("merges",),
        places=_LOUD,
    ),
    _fault(
        "merges-missing",
        _either(_in_gguf(lambda _, __, merges: merges.clear()), small_file(_TOKENIZER, _no_merges)),
        "The merges are left out, so that text is cut into single bytes.",
        ("merges",),
        places=_LOUD,
        gateway=True,
    ),
    _fault(
        "tokens-swapped",
        _either(_in_gguf(_swap_in_gguf), small_file(_TOKENIZER, _swap_tokens)),
        "The ids of the tokens `4` and `5` are swapped.",
        ("'4'",),
        places=_LOUD,
    ),
    _fault(
        "special-token-missing",
        small_file(_TOKENIZER, _no_specials),
        "The token that ends a turn is not in the vocabulary.",
        ("end token",),
        places=(Place.SAFETENSORS,),
        gateway=True,
    ),
    _fault(
        "control-tokens-plain",
        _in_gguf(_plain_types),
        "Control tokens are declared ordinary ones.",
        ("control token",),
    ),
    _fault(
        "pre-tokenizer-missing",
        gguf_keys(tokenizer__ggml__pre=None),
        "The file does not say how text is split before merging.",
        ("split rule", "pre-tokenizer"),
    ),
    _fault(
        "pre-tokenizer-other",
        gguf_keys(tokenizer__ggml__pre="gpt-2"),
        "Text is split by the rules of another model before merging.",
        ("split rule", "pre-tokenizer"),
    ),
    _fault(
        "end-token-unknown",
        settings("generation_config.json", eos_token_id=2000),
        "The end token is one that does not exist.",
        ("end token",),
        places=(Place.SAFETENSORS,),
        gateway=True,
    ),
    _fault(
        "end-token-other",
        settings("generation_config.json", eos_token_id=[638]),
        "Answers end with the token that opens a turn, which never comes.",
        ("end token",),
        places=(Place.SAFETENSORS,),
    ),
    _fault(
        "end-token-gone",
        settings("generation_config.json", eos_token_id=None),
        "generation_config.json no longer says which tokens end an answer; config.json still names the main one.",
        ("end token",),
        places=(Place.SAFETENSORS,),
        equivalent="config.json names the same end token, and every engine falls back to it",
    ),
    _fault(
        "merges-as-pairs",
        small_file(_TOKENIZER, _pairs),
        "Merges are spelled as pairs, as current tokenizers write them.",
        (),
        places=(Place.SAFETENSORS,),
        equivalent="both spellings mean the same merges; an engine that reads only one is at fault, not the file",
    ),
)
