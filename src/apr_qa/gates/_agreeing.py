"""Where the metadata of one format contradict those of the ground truth; what is not declared contradicts nothing.

A tokenizer or template that a format ought to carry and does not is another matter: that is lost.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from apr_qa.gates import _facts
from apr_qa.gates._model_files import template_of
from apr_qa.gates._vocabulary import vocabulary_of
from apr_qa.vocab.artefacts import Artefact
from apr_qa.weights import Header

Side = tuple[Artefact, Header]
EXACT = ("layers", "hidden", "heads", "kv_heads", "head_dim", "intermediate", "context")
REAL = ("rope_theta", "eps")
FLOAT32 = 1e-6
"""Relative difference that storing a number as float32 may make."""


def numbers_apart(truth: Side, other: Side) -> Iterator[str]:
    """Yield each number that the other file declares otherwise. Raises BadFileError."""
    ours, theirs = _facts.facts_of(*truth), _facts.facts_of(*other)
    form = other[0].format
    for name in EXACT:
        a, b = getattr(ours, name), getattr(theirs, name)
        if a is not None and b is not None and a != b:
            yield f"{name} is {a} in config.json and {b} in the {form} file"
    for name in REAL:
        a, b = getattr(ours, name), getattr(theirs, name)
        if a is not None and b is not None and not math.isclose(a, b, rel_tol=FLOAT32):
            yield f"{name} is {a:g} in config.json and {b:g} in the {form} file"
    if ours.eos and theirs.eos and not set(theirs.eos) & set(ours.eos):
        yield f"the end token is {list(ours.eos)} in config.json and {list(theirs.eos)} in the {form} file"
    if ours.bos is not None and theirs.bos is not None and ours.bos != theirs.bos:
        yield f"the begin token is {ours.bos} in config.json and {theirs.bos} in the {form} file"


def template_apart(truth: Side, other: Side) -> Iterator[str]:
    """Yield that the chat templates differ, where both carry one. Raises BadFileError."""
    ours, theirs = template_of(*truth), template_of(*other)
    if ours is not None and theirs is not None and ours.strip() != theirs.strip():
        yield f"the chat template of the {other[0].format} file differs from that of the SafeTensors files"


def template_lost(truth: Side, other: Side) -> Iterator[str]:
    """Yield that the chat template of the ground truth is not carried, or carried otherwise. Raises BadFileError."""
    if template_of(*truth) is not None and template_of(*other) is None:
        yield f"the {other[0].format} file carries no chat template"
    yield from template_apart(truth, other)


def tokens_apart(truth: Side, other: Side) -> Iterator[str]:
    """Yield where tokens or merges differ. Raises BadFileError, also for a file that carries no vocabulary."""
    ours, theirs, form = vocabulary_of(*truth), vocabulary_of(*other), other[0].format
    different = [n for n, token in ours.tokens.items() if theirs.tokens.get(n) != token]
    if different:
        first = different[0]
        yield (
            f"token {first} is {ours.tokens[first]!r} in tokenizer.json and {theirs.tokens.get(first)!r} in the {form}"
            f" file ({len(different)} differ)"
        )
    if theirs.merges and ours.merges and theirs.merges != ours.merges:
        yield f"the merges of the {form} file differ from those of tokenizer.json"
