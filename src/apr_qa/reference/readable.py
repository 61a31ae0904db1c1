"""Whether the engine can take a model, told from small files and headers alone."""

from __future__ import annotations

import math
from pathlib import Path

from apr_qa.reference.config import read_settings
from apr_qa.reference.files import read_json
from apr_qa.reference.record import UnsupportedModel
from apr_qa.reference.source import family_of
from apr_qa.weights import MalformedWeights, read_header

_COPIES = 1.3
"""Float32 parameters, and room for activations and the cache."""


def why_not(path: Path, memory_bytes: int) -> str:
    """Return why the SafeTensors model at `path` cannot be held whole within `memory_bytes`; empty when it can.

    No weight is read. A model that is broken beyond this look is found when it is loaded, and by the gates.
    """
    if reason := why_not_known(path):
        return reason
    wants = int(4 * _COPIES * sum(math.prod(tensor.shape) for tensor in read_header(path).tensors.values()))
    if wants > memory_bytes:
        has = memory_bytes / 1e9
        return f"the reference engine wants {wants / 1e9:.1f} GB of memory and this machine has {has:.1f} GB"
    return ""


def why_not_known(path: Path) -> str:
    """Return why the SafeTensors model at `path` is not one that can be computed at all; empty when it is."""
    try:
        config = read_json((path if path.is_dir() else path.parent) / "config.json")
        read_settings(family_of(config), config)
        read_header(path)
    except (UnsupportedModel, MalformedWeights) as error:
        return f"the reference engine cannot compute this model: {error}"
    except OSError as error:
        return f"the reference engine cannot read this model: {error.strerror}"
    return ""
