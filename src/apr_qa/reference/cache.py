"""The keys and values of the tokens seen so far, growing by doubling."""

from __future__ import annotations

import numpy as np

from apr_qa.reference.record import Floats, Settings

_FIRST_ROOM = 64


class Cache:
    """For each layer, keys (already turned) and values as [kv_heads, room, head_dim]."""

    def __init__(self, s: Settings) -> None:
        self.length = 0
        """Tokens in the cache; `forward` moves it once all layers have appended."""
        self._shape = (s.kv_heads, _FIRST_ROOM, s.head_dim)
        self._keys: dict[int, Floats] = {}
        self._values: dict[int, Floats] = {}

    def append(self, layer: int, keys: Floats, values: Floats) -> tuple[Floats, Floats]:
        """Add keys and values [n, kv_heads, head_dim] of the next n tokens; return all so far, as views."""
        end = self.length + len(keys)
        for store, new in ((self._keys, keys), (self._values, values)):
            if layer not in store:
                store[layer] = np.empty(self._shape, dtype=np.float32)
            if end > store[layer].shape[1]:
                store[layer] = _grown(store[layer], end)
            store[layer][:, self.length : end] = new.transpose(1, 0, 2)
        return self._keys[layer][:, :end], self._values[layer][:, :end]


def _grown(old: Floats, needed: int) -> Floats:
    room = max(needed, 2 * old.shape[1])
    new = np.empty((old.shape[0], room, old.shape[2]), dtype=np.float32)
    new[:, : old.shape[1]] = old
    return new
