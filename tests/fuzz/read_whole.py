"""The law for weight files: what a reader accepts lies inside the file, without overlap, and can be read to the end."""

from __future__ import annotations

import numpy as np

from apr_qa.weights import MalformedWeights
from apr_qa.weights.decode import to_float32
from apr_qa.weights.record import Header

_MOST = 1 << 16
"""Elements: tensors of more are not turned into numbers here."""


def values_of(header: Header, data: bytes) -> None:
    """Check the places of all tensors and decode them. Raises MalformedWeights for a type known by its size only."""
    end = 0
    for info in sorted(header.tensors.values(), key=lambda t: (t.offset, t.size_bytes)):
        assert end <= info.offset, "tensors overlap"
        end = info.offset + info.size_bytes
        assert end <= len(data), "a tensor passes the end of the file"
        if info.size_bytes > _MOST or max(info.shape, default=0) > _MOST:
            continue
        raw = np.frombuffer(data, dtype=np.uint8, count=info.size_bytes, offset=info.offset)
        try:
            values = to_float32(raw, info.dtype, info.shape)
        except ValueError as error:
            raise MalformedWeights(info.file, info.name, str(error)) from error
        assert values.shape == info.shape, "a tensor has another shape than its header says"
