"""Finds an engine on this machine and probes it: which version, which features, which bytes."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from apr_qa.errors import EngineMissingError
from apr_qa.files import sha256_file
from apr_qa.run.http import Door
from apr_qa.run.isolation import fence
from apr_qa.run.process import run
from apr_qa.text import without_password
from apr_qa.vocab.command import Command, Completed, HttpResponse, Stopped
from apr_qa.vocab.engines import Engine, Equipped

PROBE_S = 20.0
"""How long an engine has to say its version."""


def equip(engine: Engine, *, program: str | None = None) -> Equipped:
    """Return the engine ready to be asked. `program`: its path, or the URL of a remote one; None: from PATH.

    Raises EngineMissingError when it is not there, does not start, or has a version that cannot be driven.
    """
    if engine.remote:
        return _equip_remote(engine, program)
    start = (sys.executable, "-I", "-m", engine.module) if engine.module else (_program(engine, program),)
    facts = engine.identify(_probe(engine, start, engine.version_args))
    if engine.feature_args:
        more = engine.features(_probe(engine, start, engine.feature_args))
        facts = replace(facts, features=tuple(dict.fromkeys((*facts.features, *more))))
    if not engine.module:
        facts = replace(facts, digest=_digest(engine, start[0]), path=start[0])
    return Equipped(engine=engine, facts=facts, program=start)


def _program(engine: Engine, program: str | None) -> str:
    """Absolute path of an outside program."""
    if program is None:
        found = shutil.which(engine.program)
        if found is None:
            raise EngineMissingError(f"{engine.name}: no `{engine.program}` on the PATH", remedy=engine.get_it)
        return str(Path(found).absolute())
    path = Path(program).expanduser().absolute()
    if not path.is_file():
        raise EngineMissingError(f"{engine.name}: no such program", where=str(path), remedy=engine.get_it)
    if not os.access(path, os.X_OK):
        raise EngineMissingError(
            f"{engine.name}: this file is not executable", where=str(path), remedy=f"chmod +x {path}"
        )
    return str(path)


def _probe(engine: Engine, start: tuple[str, ...], args: tuple[str, ...]) -> Completed:
    command = Command(argv=(*start, *args), timeout_s=PROBE_S)
    with tempfile.TemporaryDirectory(prefix="apr-qa-") as folder:
        completed = run(command, workdir=Path(folder), fence=fence())
    if completed.stopped is Stopped.NOT_STARTED:
        raise EngineMissingError(f"{engine.name}: {completed.note}", where=start[0], remedy=engine.get_it)
    if completed.stopped is Stopped.TIMEOUT:
        raise EngineMissingError(
            f"{engine.name}: `{' '.join(args)}` did not end within {PROBE_S:g} s", where=start[0], remedy=engine.get_it
        )
    return completed


def _digest(engine: Engine, path: str) -> str:
    try:
        return sha256_file(Path(path))
    except OSError as error:
        raise EngineMissingError(f"{engine.name}: cannot be read: {error.strerror}", where=path) from None


def _equip_remote(engine: Engine, url: str | None) -> Equipped:
    if not url or engine.server is None or not url.startswith(("http://", "https://")):
        raise EngineMissingError(
            f"{engine.name}: needs the http(s) URL of a server, not {without_password(str(url))!r}",
            remedy=f"--engine {engine.name}=URL",
        )
    base = url.rstrip("/")
    shown = without_password(base)
    try:
        door = Door(base, remote=True)
    except ValueError as error:
        raise EngineMissingError(f"{engine.name}: this is no URL: {error}", where=shown) from None
    began = time.monotonic()
    answer = door.ask(engine.server.health, timeout_s=PROBE_S)
    door.close()
    if not isinstance(answer, HttpResponse):
        raise EngineMissingError(
            f"{engine.name}: {answer.trouble}: {answer.message}", where=shown, remedy="Is the server running?"
        )
    if not engine.server.healthy(answer):
        raise EngineMissingError(
            f"{engine.name}: the health check was answered with status {answer.status}", where=shown
        )
    seen = Completed(argv=(shown,), exit_status=0, stdout=answer.body, elapsed_s=time.monotonic() - began)
    return Equipped(engine=engine, facts=replace(engine.identify(seen), path=shown), program=(base,))
