"""One engine before one model's files: where questions are asked from, and where observations go."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from apr_qa.run.isolation import fence
from apr_qa.run.process import Child, run
from apr_qa.vocab.artefacts import Artefact
from apr_qa.vocab.axes import Backend
from apr_qa.vocab.command import Command, Completed
from apr_qa.vocab.engines import Equipped, Setting
from apr_qa.vocab.observation import Observation
from apr_qa.vocab.scenario import Scenario


class Cancelled(Exception):
    """The run is being stopped; nothing more is observed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """An engine, an artefact and a backend."""

    equipped: Equipped
    artefact: Artefact
    backend: Backend
    scratch: Path
    """Folders of sessions are made below it."""
    cancel: Event
    clients: int
    """How many requests a server gets at once."""
    unit: Callable[[Scenario], str]
    started: Callable[[Scenario], None]
    emit: Callable[[Observation], None]

    @contextlib.contextmanager
    def folder(self) -> Iterator[Path]:
        """An empty folder for one session; afterwards nothing of it is left. Raises OSError."""
        path = Path(tempfile.mkdtemp(prefix="session-", dir=self.scratch))
        try:
            yield path
        finally:
            remove(path)

    def setting(self, scratch: Path, first: Scenario, *, timeout_s: float, port: int = 0) -> Setting:
        """Return what the engine's adapter is told."""
        return Setting(
            artefact=self.artefact,
            backend=self.backend,
            facts=self.equipped.facts,
            program=self.equipped.program,
            scratch=scratch,
            port=port,
            timeout_s=timeout_s,
            first=first,
        )

    def run(self, command: Command, workdir: Path) -> Completed:
        """Run a program to its end, without network. Raises Cancelled."""
        completed = run(command, workdir=workdir, cancel=self.cancel, fence=fence())
        self.check()
        return completed

    def talk_to(self, command: Command, workdir: Path) -> Child:
        """Start a program that is talked to over its standard streams. Raises NotStarted."""
        return Child(command, workdir=workdir, fence=fence(), talks=True)

    def check(self) -> None:
        """Raise Cancelled when the run is being stopped."""
        if self.cancel.is_set():
            raise Cancelled


def remove(path: Path) -> None:
    """Remove a folder, whatever an engine did to its permissions."""
    shutil.rmtree(path, ignore_errors=True)
    if path.exists():
        for folder in (path, *(p for p in path.rglob("*") if p.is_dir() and not p.is_symlink())):
            with contextlib.suppress(OSError):
                folder.chmod(0o700)
        shutil.rmtree(path, ignore_errors=True)
