"""Sections of a playbook that remember who looked at them: what nobody reads has no effect, and the plan says so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


class Watched(Mapping[str, Any]):
    """A mapping that remembers which of its values were taken out; mappings inside are watched too."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._data = {key: Watched(value) if isinstance(value, Mapping) else value for key, value in data.items()}
        self._read: set[str] = set()

    def __getitem__(self, key: str) -> Any:
        value = self._data[key]
        self._read.add(key)
        return value

    def __contains__(self, key: object) -> bool:
        return key in self._data

    def __iter__(self) -> Iterator[str]:
        return iter(self._data)

    def __len__(self) -> int:
        return len(self._data)

    def unread(self) -> dict[str, Any]:
        """Return what was never taken out, as plain data; a mapping of which a part was read keeps its other parts."""
        rest: dict[str, Any] = {}
        for key, value in self._data.items():
            if isinstance(value, Watched):
                left = value.unread()
                if left or key not in self._read:
                    rest[key] = left
            elif key not in self._read:
                rest[key] = value
        return rest
