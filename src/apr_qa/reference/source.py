"""Where a model comes from: its config and its tensors under Hugging Face names, whatever the format."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from apr_qa.reference.families import FAMILIES
from apr_qa.reference.files import read_json
from apr_qa.reference.loading import Tensors
from apr_qa.reference.record import Architecture, Floats, UnsupportedModel
from apr_qa.weights import Weights, open_weights


@dataclass(frozen=True, slots=True)
class Source:
    """What `Model.load` needs."""

    family: Architecture
    config: Mapping[str, object]
    tensors: Tensors


class PlainTensors:
    """Tensors that already have their Hugging Face names."""

    def __init__(self, weights: Weights, skipped: frozenset[str] = frozenset()) -> None:
        self._weights = weights
        self.shapes = {name: info.shape for name, info in weights.tensors.items() if name not in skipped}

    def read(self, name: str) -> Floats:
        """Return one tensor as float32."""
        return self._weights.read(name)


@contextmanager
def open_source(path: Path) -> Iterator[Source]:
    """Open the model at `path`, closing its files afterwards. Raises UnsupportedModel, MalformedWeights, OSError."""
    with open_weights(path) as weights:
        if weights.format == "safetensors":
            config = read_json(weights.files[0].parent / "config.json")
            yield Source(family_of(config), config, PlainTensors(weights))
        else:
            raise UnsupportedModel(f"{weights.format} files are not computed")


def family_of(config: Mapping[str, object]) -> Architecture:
    """Return the family that the config names. Raises UnsupportedModel for an unknown type or head."""
    model_type = config.get("model_type")
    family = FAMILIES.get(str(model_type))
    if family is None:
        raise UnsupportedModel(f"model_type {model_type!r} is not known; known: {', '.join(sorted(FAMILIES))}")
    classes = config.get("architectures")
    if classes is not None and classes != [family.class_name]:
        raise UnsupportedModel(f"architectures {classes!r} is not [{family.class_name!r}]")
    return family
