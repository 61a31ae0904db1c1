"""Formats that are asked for and not there are made from the ground truth by the engine on trial, beside the cache.

The model's own folder is never written to. What was made is kept, named after what it was made from and by.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from apr_qa.errors import AprQaError
from apr_qa.fetch.cache import make_folder, need_space
from apr_qa.files import digest_of
from apr_qa.pipeline.engines import Chosen
from apr_qa.pipeline.targets import Busy
from apr_qa.pipeline.workshop import COMPANIONS
from apr_qa.run.isolation import fence
from apr_qa.run.process import run
from apr_qa.text import one_line
from apr_qa.vocab.artefacts import Artefact, ModelFiles
from apr_qa.vocab.axes import Backend, Format
from apr_qa.vocab.command import Command, Completed
from apr_qa.vocab.engines import Equipped, Setting

LIMIT_S = 3600.0
_STEPS = {Format.APR: Format.SAFETENSORS, Format.GGUF: Format.APR}
"""What each format is made from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Workshop:
    """Where conversions of one model by one engine are kept."""

    folder: Path
    equipped: Equipped
    busy: Busy


def with_conversions(
    files: ModelFiles, wanted: Sequence[Format], chosen: Chosen, cache: Path, busy: Busy
) -> ModelFiles:
    """Return `files` with the formats of `wanted` that could be made; why one could not is in `not_found`.

    A conversion that fails is no exception: its cells are then not planned, with the engine's own words as reason.
    """
    for form in (Format.APR, Format.GGUF):
        equipped = chosen.by_format.get(form)
        if form not in wanted or form in files.artefacts or equipped is None or not _can(equipped, form):
            continue
        if Format.SAFETENSORS not in files.artefacts:
            continue
        key = digest_of([dict(files.digests), equipped.facts.name, equipped.facts.version, equipped.facts.digest])[:16]
        shop = _Workshop(folder=cache / "converted" / key, equipped=equipped, busy=busy)
        try:
            files = _with(files, form, shop)
        except AprQaError as error:
            reason = f"{equipped.facts.name} could not make it: {error.problem}"
            files = replace(files, not_found={**files.not_found, form: reason})
    return files


def _can(equipped: Equipped, form: Format) -> bool:
    return equipped.engine.conversion is not None and (_STEPS[form], form) in equipped.engine.conversion.steps


def _with(files: ModelFiles, form: Format, shop: _Workshop) -> ModelFiles:
    if _STEPS[form] not in files.artefacts:
        files = _with(files, _STEPS[form], shop)
    made = _made(files.artefacts[Format.SAFETENSORS], files.artefacts[_STEPS[form]], form, shop)
    missing = {f: why for f, why in files.not_found.items() if f is not form}
    return replace(files, artefacts={**files.artefacts, form: made}, not_found=missing)


def _made(truth: Artefact, source: Artefact, form: Format, shop: _Workshop) -> Artefact:
    """The converted file: the one kept from before, or a new one."""
    folder = shop.folder / form.value
    target = folder / f"model.{form.value}"
    command = _command(source, target, form, shop)
    if not target.is_file():
        _make(truth, source, target, command, shop)
    made_by = tuple(word if word != str(source.path) else source.path.name for word in command.argv[1:])
    return Artefact(
        format=form, path=target, folder=folder, files=(target,), made_by=(shop.equipped.facts.name, *made_by)
    )


def _make(truth: Artefact, source: Artefact, target: Path, command: Command, shop: _Workshop) -> None:
    make_folder(target.parent)
    size = sum(path.stat().st_size for path in source.files)
    need_space(target.parent, 2 * size, f"making {target.name}")
    for name in COMPANIONS:
        if (truth.folder / name).is_file():
            shutil.copyfile(truth.folder / name, target.parent / name)
    shop.busy(f"{shop.equipped.facts.name} makes {target.name} of {source.path.name}, {size / 1e6:.0f} MB")
    with tempfile.TemporaryDirectory(prefix="apr-qa-", dir=target.parent) as scratch:
        fresh = Path(scratch) / target.name
        argv = tuple(str(fresh) if word == str(target) else word for word in command.argv)
        done = run(replace(command, argv=argv), workdir=Path(scratch), fence=fence())
        if done.exit_status != 0 or not fresh.is_file():
            raise AprQaError(_words(done), where=target.name)
        os.replace(fresh, target)  # noqa: PTH105  (whole, or not there)


def _command(source: Artefact, target: Path, form: Format, shop: _Workshop) -> Command:
    conversion = shop.equipped.engine.conversion
    if conversion is None:  # pragma: no cover  (`_can` was asked first)
        raise AprQaError("it makes no other formats")
    setting = Setting(
        artefact=source,
        backend=Backend.CPU,
        facts=shop.equipped.facts,
        program=shop.equipped.program,
        scratch=target.parent,
        timeout_s=LIMIT_S,
    )
    limit = 8 * sum(path.stat().st_size for path in source.files) + (1 << 30)
    return replace(conversion.command(setting, target, form), file_limit_bytes=limit)


def _words(done: Completed) -> str:
    """What the engine said last, or how it ended."""
    said = (done.stderr or done.stdout).decode(errors="replace").strip().splitlines()
    ended = done.note or (f"exit status {done.exit_status}" if done.signal is None else f"signal {done.signal}")
    return one_line(f"{ended}: {said[-1]}" if said else ended, 300)
