"""Conversions on trial: the engine makes files in a workspace of the run, from copies, and nothing of them is left.

Every file on a route is made once a run and shared by the claims that want it. The model's own files are never handed
to the converter, only copies of them: what writes beside, or into, what it is given does no harm.
"""

from __future__ import annotations

import contextlib
import math
import shutil
import stat
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from apr_qa.errors import AprQaError
from apr_qa.fetch.cache import need_space
from apr_qa.pipeline.targets import Busy
from apr_qa.run import endings
from apr_qa.run.isolation import fence
from apr_qa.run.process import run
from apr_qa.run.station import remove
from apr_qa.vocab.artefacts import Artefact, ModelFiles
from apr_qa.vocab.axes import Backend, Format
from apr_qa.vocab.command import Command, Completed
from apr_qa.vocab.conversions import Made, Route, route_name, route_of
from apr_qa.vocab.engines import Conversion, Equipped, Setting
from apr_qa.vocab.observation import Ending, Reply
from apr_qa.weights import MalformedWeights, read_header

COMPANIONS = (
    "config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "chat_template.jinja",
    "generation_config.json",
)
"""Small files that lie beside weights and that a converter may look for."""
_BYTES_PER_S = 5e6
"""A converter that is slower than this hangs, once its time for one answer is over too."""
_GROWS = 8
"""So much larger may be what is made of a file whose header cannot be read."""
_SPARE_BYTES = 1 << 30
"""For a tokenizer, and for an output head that was tied and is written out."""


@contextlib.contextmanager
def workshop(files: ModelFiles, equipment: Mapping[Format, Equipped], folder: Path, busy: Busy) -> Iterator[Workshop]:
    """Open a workspace at `folder`; nothing of it is left afterwards, nor of what a killed run left. Raises OSError."""
    remove(folder)
    folder.mkdir(parents=True)
    try:
        yield Workshop(files, equipment, folder, busy)
    finally:
        remove(folder)


class Workshop:
    """Makes files on demand, each once."""

    def __init__(self, files: ModelFiles, equipment: Mapping[Format, Equipped], folder: Path, busy: Busy) -> None:
        self._files, self._equipment, self._folder, self._busy = files, equipment, folder, busy
        self._made: dict[str, Made] = {}
        self._copies: dict[Format, Artefact] = {}

    def made(self, params: Mapping[str, Any]) -> Mapping[str, Made]:
        """Return the files on the routes of a claim's `params`, by `route_name`, with every step before the last.

        A route ends where a step made nothing. Never raises for what the engine does.
        """
        wanted: dict[str, Made] = {}
        for names in params["routes"]:
            route = route_of(names)
            for count in range(2, len(route) + 1):
                name = route_name(route[:count])
                wanted[name] = self._at(name, route[:count], params)
            if params.get("again"):
                name = route_name(route, again=True)
                wanted[name] = self._at(name, route, params)
        return wanted

    def _at(self, name: str, route: Route, params: Mapping[str, Any]) -> Made:
        if name not in self._made:
            try:
                self._made[name] = self._make(name, route, float(params["timeout_s"]))
            except AprQaError as error:
                self._made[name] = Made(route=route, ending=Ending.UNSTARTED, message=error.problem)
            except OSError as error:
                self._made[name] = Made(route=route, ending=Ending.UNSTARTED, message=error.strerror or "")
        return self._made[name]

    def _make(self, name: str, route: Route, limit_s: float) -> Made:
        before = self._made.get(route_name(route[:-1]))
        source = before.artefact if before else self._copy(route[0])
        if source is None:
            said = before.message if before else ""
            return Made(route=route, ending=before.ending if before else Ending.UNSTARTED, message=said)
        equipped, conversion = self._converter(route)
        size = sum(file.stat().st_size for file in source.files)
        need_space(self._folder, _widest_bytes(source), f"making {name}")
        self._busy(f"{equipped.facts.name} makes {route[-1]} of {source.path.name} ({name}), {size / 1e6:.0f} MB")
        target = self._folder / name / f"model.{route[-1]}"
        setting = Setting(
            artefact=source,
            backend=Backend.CPU,
            facts=equipped.facts,
            program=equipped.program,
            scratch=target.parent,
            timeout_s=limit_s + size / _BYTES_PER_S,
        )
        made = self._try(route, conversion, setting, target)
        if made.ending is Ending.CRASHED:
            made = replace(self._try(route, conversion, setting, target), attempts=2)
        return made

    def _try(self, route: Route, conversion: Conversion, setting: Setting, target: Path) -> Made:
        remove(target.parent)
        target.parent.mkdir()
        command = conversion.command(setting, target, route[-1])
        limited = replace(command, file_limit_bytes=2 * _widest_bytes(setting.artefact) + _SPARE_BYTES)
        done = run(limited, workdir=target.parent, fence=fence())
        reply = endings.reply_to(done, lambda seen: _ending(seen, conversion, target), scratch=target.parent)
        there = reply.ending is Ending.ANSWERED
        return Made(
            route=route,
            ending=reply.ending,
            message=reply.message.replace(f"{self._folder}/", ""),
            argv=_told(command),
            elapsed_s=round(done.elapsed_s, 3),
            artefact=self._artefact(route[-1], target) if there else None,
        )

    def _artefact(self, form: Format, target: Path) -> Artefact:
        """The file with the tokenizer beside it, as a user would put it there; SafeTensors come with what was made."""
        if form is not Format.SAFETENSORS:
            _accompany(self._files.artefacts[Format.SAFETENSORS].folder, target.parent)
        return Artefact(format=form, path=target, folder=target.parent, files=(target,))

    def _copy(self, form: Format) -> Artefact:
        if form not in self._copies:
            own = self._files.artefacts[form]
            size = sum(file.stat().st_size for file in own.files)
            need_space(self._folder, size, f"a copy of the {form} files")
            self._busy(f"copying the {form} files, {size / 1e6:.0f} MB, so that the converter gets no original")
            folder = self._folder / form.value
            folder.mkdir()
            for file in dict.fromkeys((own.path, *own.files)):
                shutil.copyfile(file, folder / file.name)
            _accompany(self._files.artefacts.get(Format.SAFETENSORS, own).folder, folder)
            self._copies[form] = replace(
                own, path=folder / own.path.name, folder=folder, files=tuple(folder / file.name for file in own.files)
            )
        return self._copies[form]

    def _converter(self, route: Route) -> tuple[Equipped, Conversion]:
        for equipped in self._equipment.values():
            conversion = equipped.engine.conversion
            if conversion and (route[-2], route[-1]) in conversion.steps:
                return equipped, conversion
        raise AprQaError(f"no engine makes {route[-1]} of {route[-2]}")


def _widest_bytes(source: Artefact) -> int:
    """Return the bytes of all values as float32, which is the most that a converter has to write."""
    try:
        return 4 * sum(math.prod(tensor.shape) for tensor in read_header(source.path).tensors.values())
    except (MalformedWeights, OSError):
        return _GROWS * sum(file.stat().st_size for file in source.files)


def _ending(done: Completed, conversion: Conversion, target: Path) -> Reply:
    if done.exit_status != 0:
        return conversion.failed(done)
    written = [path.lstat().st_mode for path in target.parent.rglob("*")]
    if any(stat.S_ISLNK(mode) for mode in written):
        return Reply(ending=Ending.FAILED, message="it has written a link, and links are not followed")
    if not all(stat.S_ISREG(mode) or stat.S_ISDIR(mode) for mode in written):  # (who opens a pipe waits for ever)
        return Reply(ending=Ending.FAILED, message="it has written a pipe, a socket or a device where files belong")
    if not target.is_file():
        return Reply(ending=Ending.FAILED, message="it claims success and has written no file")
    return Reply(ending=Ending.ANSWERED)


def _accompany(source: Path, target: Path) -> None:
    for name in COMPANIONS:
        if (source / name).is_file() and not (target / name).exists():
            shutil.copyfile(source / name, target / name)


def _told(command: Command) -> tuple[str, ...]:
    """Return the command with the names of files in place of their paths: folders of this machine are nobody's."""
    return tuple(Path(word).name if word.startswith("/") else word for word in command.argv)
