"""Lets an engine process start only when its model fits into memory beside those that run."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil

from apr_qa.run.station import Cancelled
from apr_qa.vocab.artefacts import Artefact

_HEADROOM = 1.5
"""Memory that an engine needs, as a multiple of the weights on disk."""
_TICK_S = 0.2


class Admission:
    """Counts what runs. One process is always let in: if it does not fit, that is for the engine to say."""

    def __init__(self, budget_bytes: int | None = None) -> None:
        """`budget_bytes`: memory for all engines together; None: what is available now."""
        self._budget = psutil.virtual_memory().available if budget_bytes is None else budget_bytes
        self._taken = 0
        self._inside = 0
        self._changed = threading.Condition()

    @contextlib.contextmanager
    def place_for(self, artefact: Artefact, cancel: threading.Event) -> Iterator[None]:
        """Wait for room, and hold it. Raises Cancelled."""
        need = int(sum(_size(path) for path in artefact.files) * _HEADROOM)
        with self._changed:
            while self._inside and self._taken + need > self._budget:
                self._changed.wait(_TICK_S)
                if cancel.is_set():
                    raise Cancelled
            self._inside += 1
            self._taken += need
        try:
            yield
        finally:
            with self._changed:
                self._inside -= 1
                self._taken -= need
                self._changed.notify_all()


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
