"""Scenarios, settings and recorded output for the tests of engines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from apr_qa.vocab.artefacts import Artefact
from apr_qa.vocab.axes import Backend, Cell, Format, Modality
from apr_qa.vocab.command import Completed, HttpResponse
from apr_qa.vocab.engines import Setting
from apr_qa.vocab.evidence import EngineFacts
from apr_qa.vocab.scenario import Message, OracleSpec, Role, Scenario

ROOT = Path(__file__).resolve().parents[2]
MODELS = ROOT / "models"
TRANSCRIPTS = Path(__file__).parent / "transcripts"
SCRATCH = Path("/scratch")


def rows(name: str) -> dict[str, dict[str, Any]]:
    """Return what apr 0.72.3 really printed, by the name of the row; long texts were cut, paths shortened."""
    lines = (TRANSCRIPTS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return {row["name"]: row for row in map(json.loads, lines)}


def completed(row: dict[str, Any]) -> Completed:
    """Return a recorded process as the system saw it; a negative status is a signal."""
    ended = row["exit"]
    return Completed(
        argv=tuple(row["argv"]),
        exit_status=ended if ended >= 0 else None,
        signal=-ended if ended < 0 else None,
        stdout=row["stdout"].encode(),
        stderr=row["stderr"].encode(),
    )


def response(row: dict[str, Any]) -> HttpResponse:
    """Return a recorded HTTP answer."""
    return HttpResponse(status=row["status"], body=row["body"].encode(), elapsed_s=0.1)


def printed(stdout: str = "", status: int | None = 0, stderr: str = "", **fields: Any) -> Completed:
    """Return a process that said what the test wants."""
    return Completed(argv=("x",), exit_status=status, stdout=stdout.encode(), stderr=stderr.encode(), **fields)


def user(text: str) -> Message:
    """Return a user turn."""
    return Message(role=Role.USER, content=text)


def system(text: str) -> Message:
    """Return a system message."""
    return Message(role=Role.SYSTEM, content=text)


OPEN = Message(role=Role.ASSISTANT, content="")
"""A place that the engine fills in."""


def scenario(
    *messages: Message | str,
    modality: Modality = Modality.RUN,
    form: Format = Format.GGUF,
    backend: Backend = Backend.CPU,
    **fields: Any,
) -> Scenario:
    """Return a question; strings are user turns."""
    told = tuple(user(m) if isinstance(m, str) else m for m in messages)
    cell = Cell(format=form, backend=backend, modality=modality)
    return Scenario(id="test-0", cell=cell, messages=told, oracle=OracleSpec(name="none"), **fields)


def artefact(form: Format, name: str = "tiny") -> Artefact:
    """Return a shipped model."""
    suffix = {Format.SAFETENSORS: "model.safetensors", Format.APR: "model.apr", Format.GGUF: "model-f16.gguf"}[form]
    path = MODELS / name / form.value / suffix
    return Artefact(format=form, path=path, folder=path.parent, files=(path,))


def setting(program: tuple[str, ...] = ("/bin/apr",), form: Format = Format.GGUF, **fields: Any) -> Setting:
    """Return where to work; the model is not there, as argv tests need none."""
    path = Path(f"/models/model.{form}")
    given = {"artefact": Artefact(format=form, path=path, folder=path.parent, files=(path,)), "scratch": SCRATCH}
    given |= {"backend": Backend.CPU, "facts": EngineFacts(name="x", version="1")} | fields
    return Setting(program=program, **given)
