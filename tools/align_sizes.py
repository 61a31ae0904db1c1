"""Holds the registry's models against the sizes of a family in the contracts of an apr-cli crate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from apr_qa.catalog.kernels import architectures
from apr_qa.catalog.models import known_models

NUMBERS = {
    "hidden_dim": "hidden_size",
    "num_layers": "num_hidden_layers",
    "num_heads": "num_attention_heads",
    "num_kv_heads": "num_key_value_heads",
    "intermediate_dim": "intermediate_size",
    "max_position_embeddings": "max_position_embeddings",
}
TIED = "tied_embeddings"


def size_differences(theirs: Mapping[str, Any]) -> Iterator[str]:
    """Yields every difference in words: by their size, and by each model of the registry that has it.

    A model has a size when its name fits their pattern and it has as many parameters, to their digits.
    Numbers that the registry does not know of a model, or only assumes, are not compared.
    """
    for name, size in theirs.get("size_variants", {}).items():
        models = list(_models(theirs["hf_pattern"], str(size["parameters"])))
        if not models:
            yield f"size {name} is of no model of our registry"
        for model in models:
            for what in _differences(size, theirs["constraints"], architectures()[model]):
                yield f"size {name}: {what} in {model}"


def _models(pattern: str, parameters: str) -> Iterator[str]:
    for known in known_models():
        if known.parameters.lower() == parameters.lower() and fnmatchcase(known.model.lower(), pattern.lower()):
            yield known.model


def _differences(size: Mapping[str, Any], constraints: Mapping[str, Any], config: Mapping[str, Any]) -> Iterator[str]:
    if config.get("stated"):
        for key, own in NUMBERS.items():
            if key in size and own in config and size[key] != config[own]:
                yield f"{key} is {size[key]}, {config[own]}"
    tied, mine = size.get(TIED, constraints.get(TIED)), config.get("tie_word_embeddings")
    if mine is not None and tied is not None and tied != mine:
        yield f"{TIED} is {tied}, {mine}"
