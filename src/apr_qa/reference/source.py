"""Where a model comes from: its config and its tensors under Hugging Face names, whatever the format."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from apr_qa.reference import apr_source, gguf_source
from apr_qa.reference.families import FAMILIES
from apr_qa.reference.files import read_json
from apr_qa.reference.loading import TensorsByRow
from apr_qa.reference.record import Architecture, Floats, UnknownArchitecture, UnsupportedModel
from apr_qa.reference.stored_rows import StoredRows
from apr_qa.weights import Weights, open_weights


@dataclass(frozen=True, slots=True)
class Source:
    """What `Model.load` needs."""

    family: Architecture
    config: Mapping[str, object]
    tensors: TensorsByRow
    rope_factors: tuple[float, ...] = ()
    """Divisors of the rope frequencies that the file holds as a tensor."""


class PlainTensors(StoredRows):
    """Tensors that already have their Hugging Face names."""

    def __init__(self, weights: Weights, skipped: frozenset[str] = frozenset()) -> None:
        super().__init__(weights)
        self.shapes = {name: info.shape for name, info in weights.tensors.items() if name not in skipped}

    def read(self, name: str) -> Floats:
        """Return one tensor as float32."""
        return self._weights.read(name)


@contextmanager
def open_source(path: Path) -> Iterator[Source]:
    """Open the model at `path`, closing its files afterwards. Raises UnsupportedModel, MalformedWeights, OSError."""
    with open_weights(path) as weights:
        yield _SOURCES[weights.format](weights)


def _safetensors(weights: Weights) -> Source:
    config = read_json(weights.files[0].parent / "config.json")
    return Source(family_of(config), config, PlainTensors(weights))


def _gguf(weights: Weights) -> Source:
    dialect = gguf_source.dialect_of(weights)
    config = gguf_source.config_of(weights, dialect)
    tensors = gguf_source.GgufTensors(weights, dialect, config)
    factors = weights.read("rope_freqs.weight").tolist() if "rope_freqs.weight" in weights.tensors else ()
    return Source(dialect.family, config, tensors, tuple(factors))


def _apr(weights: Weights) -> Source:
    config = apr_source.config_of(weights)
    return Source(family_of(config), config, PlainTensors(weights, apr_source.placeholders(weights)))


_SOURCES: dict[str, Callable[[Weights], Source]] = {"safetensors": _safetensors, "gguf": _gguf, "apr": _apr}


def family_of(config: Mapping[str, object]) -> Architecture:
    """Return the family that the config names. Raises UnsupportedModel for an unknown type or head."""
    model_type = config.get("model_type")
    family = FAMILIES.get(str(model_type))
    if family is None:
        kind = UnknownArchitecture if model_type and isinstance(model_type, str) else UnsupportedModel
        raise kind(f"model_type {model_type!r} is not known; known: {', '.join(sorted(FAMILIES))}")
    classes = config.get("architectures")
    if classes is not None and classes != [family.class_name]:
        raise UnsupportedModel(f"architectures {classes!r} is not [{family.class_name!r}]")
    return family
