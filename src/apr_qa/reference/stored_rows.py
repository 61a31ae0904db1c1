"""Some rows of a large tensor: of an embedding or a head, which no format permutes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from apr_qa.reference.record import Floats
from apr_qa.weights import Weights
from apr_qa.weights.tiles import Tiles


class StoredRows:
    """Reads rows of the tensors of an open model."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        self._tiles = Tiles(weights)

    def rows(self, name: str, start: int, stop: int) -> Floats:
        """Return rows `start` to `stop` of a matrix as float32; good until the next call."""
        return self._tiles.rows(name, start, stop)

    def chosen(self, name: str, rows: Sequence[int]) -> Floats:
        """Return the rows of these numbers, in their order, as float32."""
        return self._tiles.chosen(name, np.asarray(rows, dtype=np.int64))

    def forget(self) -> None:
        """Give back the memory of what was read; it can be read again."""
        self._weights.forget()
