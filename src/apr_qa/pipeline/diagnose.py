"""What fail-fast keeps of the first loss: the claim, the answer, the versions, how to see it again, the engine's trace.

Everything lies in `fail-fast/` of the run's folder, so that it can be sent to the engine's makers as it is.
"""

from __future__ import annotations

import platform
import shlex
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from apr_qa import __version__
from apr_qa.errors import WorkspaceError
from apr_qa.files import plain_data, write_text
from apr_qa.pipeline.certify import Certified, policy_of
from apr_qa.pipeline.privacy import without, words_of
from apr_qa.pipeline.ready import Ready
from apr_qa.pipeline.results import as_json
from apr_qa.run.isolation import fence
from apr_qa.run.process import run
from apr_qa.run.reproduce import command_line
from apr_qa.vocab.axes import FailurePolicy
from apr_qa.vocab.command import Command, Completed
from apr_qa.vocab.engines import Setting
from apr_qa.vocab.evidence import Evidence, Judged
from apr_qa.vocab.scenario import Scenario

FOLDER = "fail-fast"
LIMIT_S = 120.0
"""For each program of the engine's own that explains."""
KEPT_BYTES = 8 << 20
"""Of each stream, and of each file that the engine writes."""


def after(ready: Ready, done: Certified) -> Path | None:
    """Return the folder that explains why a fail-fast run stopped; None for other policies and runs that did not stop.

    It is made once: a run that asked nothing again has it already. Raises WorkspaceError.
    """
    if policy_of(ready) is not FailurePolicy.FAIL_FAST or not done.stopped:
        return None
    folder = ready.folder / FOLDER
    return folder if done.reused and folder.exists() else diagnose(ready, done.evidence)


def diagnose(ready: Ready, evidence: Evidence) -> Path | None:
    """Write what explains the first loss in `evidence` and return the folder; None when nothing was lost.

    The engine's own programs run within limits, as everything of an engine does. Raises WorkspaceError.
    """
    lost = next((judged for judged in evidence.judged if judged.verdict.outcome.is_lost), None)
    if lost is None:
        return None
    folder = ready.folder / FOLDER
    _clear(folder)
    question = _question(ready, lost)
    needed = set(lost.claim.needs)
    seen = [o for o in evidence.observations if o.scenario in needed]
    loss = {"claim": lost.claim, "verdict": lost.verdict, "observations": seen}
    _write(folder / "failure.json", as_json(plain_data(loss)), ready.places)
    _write(folder / "environment.json", as_json(plain_data(_environment(ready, evidence))), ready.places)
    lines = [o.reproduce for o in seen if o.reproduce and (question is None or o.scenario == question.id)]
    _write(folder / "reproduce.txt", _how(ready, lost, lines), ready.places)
    if question is not None:
        _let_explain(ready, question, folder)
    return folder


def _write(path: Path, text: str, places: Mapping[str, str]) -> None:
    """These files are sent to others: they name no folder of this machine. Raises WorkspaceError."""
    write_text(path, without(text, places))


def _clear(folder: Path) -> None:
    try:
        if folder.exists():
            shutil.rmtree(folder)
    except OSError as error:
        raise WorkspaceError(f"cannot be removed: {error.strerror}", where=str(folder)) from None


def _question(ready: Ready, lost: Judged) -> Scenario | None:
    """The question that shows the loss; of a claim about files, the first that would have been asked of them."""
    named = lost.verdict.detail.get("scenario")
    form = lost.claim.subject.format
    own = [s for s in ready.plan.scenarios if not s.engine]
    needed = [s for s in own if s.id in lost.claim.needs]
    about = [s for s in own if form in (None, s.cell.format)]
    exact = [s for s in needed if s.id == named]
    return next(iter(exact or needed or about), None)


def _environment(ready: Ready, evidence: Evidence) -> dict[str, Any]:
    """Versions, digests and the machine: what may be published, as in the evidence."""
    record = evidence.run
    return {
        "apr_qa": __version__,
        "python": platform.python_version(),
        "machine": ready.machine,
        "engines": record.engines,
        "model": record.model,
        "revision": record.revision,
        "files": record.files,
        "tier": record.tier,
        "seed": record.seed,
        "plan": record.plan_digest,
        "playbook": record.playbook_digest,
    }


def _how(ready: Ready, lost: Judged, lines: list[str]) -> str:
    """Shell lines: the question alone, then the whole run."""
    again = shlex.join(words_of(ready.wishes.argv, ready.places))
    parts = [f"# {lost.claim.gate} {lost.claim.subject}: what was lost, asked again"]
    if lines:
        parts += ["# MODEL: the folder of the model's files", *lines]
    else:
        parts += ["# (a claim about the model's files: no question shows it)"]
    parts += ["", "# the whole run", *([again] if again else [])]
    return "\n".join(parts) + "\n"


def _let_explain(ready: Ready, question: Scenario, folder: Path) -> None:
    equipped = ready.equipment.get(question.engine, {}).get(question.cell.format)
    artefact = ready.files.artefacts.get(question.cell.format)
    if equipped is None or artefact is None:
        return
    with tempfile.TemporaryDirectory(prefix="apr-qa-", ignore_cleanup_errors=True) as scratch:
        places = {scratch: "$TMPDIR", **ready.places}
        setting = Setting(
            artefact=artefact,
            backend=question.cell.backend,
            facts=equipped.facts,
            program=equipped.program,
            scratch=Path(scratch),
            timeout_s=LIMIT_S,
            first=question,
        )
        for number, command in enumerate(equipped.engine.diagnose(setting, question), start=1):
            limited = replace(
                command,
                timeout_s=min(command.timeout_s, LIMIT_S),
                output_limit_bytes=KEPT_BYTES,
                file_limit_bytes=KEPT_BYTES,
            )
            done = run(limited, workdir=Path(scratch), fence=fence())
            _write(folder / f"engine-{number}.txt", _told(limited, done), places)
        for path in _left(Path(scratch)):
            _write(folder / f"engine-{path.name}", path.read_text(encoding="utf-8", errors="replace"), places)


def _told(command: Command, done: Completed) -> str:
    ending = str(done.stopped or (f"signal {done.signal}" if done.signal else f"exit status {done.exit_status}"))
    return "\n".join(
        (
            f"$ {command_line(command)}",
            f"{ending}, {done.elapsed_s:.1f} s{'; ' + done.note if done.note else ''}",
            "--- standard output",
            done.stdout.decode("utf-8", "replace"),
            "--- standard error",
            done.stderr.decode("utf-8", "replace"),
        )
    )


def _left(scratch: Path) -> Iterator[Path]:
    """Files that the engine wrote; never through a link."""
    for path in sorted(scratch.iterdir()):
        if path.is_file() and not path.is_symlink() and path.stat().st_size <= KEPT_BYTES:
            yield path
