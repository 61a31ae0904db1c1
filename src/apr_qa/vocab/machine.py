"""The machine that runs the engines, as far as it bears on what can be certified."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """Facts that may be published: no host name, no user name, no paths."""

    os: str
    arch: str
    cpu: str
    cores: int
    memory_bytes: int
    gpu: str = ""
    """Name of the accelerator; empty when there is none."""
    python: str = ""
    isolation: tuple[str, ...] = ()
    """What engine processes are held by: `process group`, `memory limit`, `no network` ..."""
