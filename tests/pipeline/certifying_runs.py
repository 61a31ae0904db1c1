"""Certifications as a user starts them, in this process or as a program of its own, and what they leave behind."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apr_qa.cli.main import run
from apr_qa.evidence.read import read_evidence
from apr_qa.files import sha256_file
from apr_qa.vocab.observation import Ending

MODELS = Path(__file__).resolve().parents[2] / "models"
TINY = MODELS / "tiny"
NARROW = ("--modalities", "run")
"""One-shot questions only: the cheapest claim."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Certification:
    """How one `certify --json` ended."""

    status: int
    answer: dict[str, Any]
    """What it printed, or nothing when it did not get that far."""
    said: str
    """On standard error."""
    output: Path

    @property
    def evidence(self) -> Path:
        """Return where the evidence lies."""
        return Path(self.answer["evidence"])

    @property
    def lost(self) -> dict[str, str]:
        """Return the reason of each gate that lost a claim."""
        judged = read_evidence(self.evidence).judged
        return {j.claim.gate: j.verdict.reason for j in judged if j.verdict.outcome.is_lost}


def certify(*words: str, output: Path, more: tuple[str, ...] = NARROW) -> Certification:
    """Certify in this process, with JSON as answer."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = run(["certify", *words, *more, "--json", "--output", str(output)])
    assert "Traceback" not in err.getvalue(), err.getvalue()
    answer = json.loads(out.getvalue()) if out.getvalue() else {}
    return Certification(status=status, answer=answer, said=err.getvalue(), output=output)


def started(*words: str, output: Path, **more: Any) -> subprocess.Popen[str]:
    """Start a certification as a program of its own, in its own process group, with plain lines as progress.

    It stays in our session: a child of ours in another one would be taken for what an engine left behind.
    """
    argv = [sys.executable, "-m", "apr_qa", "certify", *words, *NARROW, "--output", str(output)]
    pipe = subprocess.PIPE
    return subprocess.Popen(argv, stdout=pipe, stderr=pipe, text=True, process_group=0, **more)


def copied(folder: Path, form: str = "") -> Path:
    """Return a copy of the tiny model, or of its files of one format, that a test may harm."""
    target = folder / "model"
    shutil.copytree(TINY / form if form else TINY, target)
    return target


def digests(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file below `folder`."""
    return {str(p.relative_to(folder)): sha256_file(p) for p in sorted(folder.rglob("*")) if p.is_file()}


def recorded_answers(evidence: Path, path: Path) -> None:
    """Write the answers in `evidence` to `path`, by prompt and token limit, as `apr run --json` would give them."""
    read = read_evidence(evidence)
    asked = {s.id: s for s in read.run.scenarios}
    table = {}
    for seen in read.observations:
        question, reply = asked[seen.scenario], seen.reply
        if reply.ending is Ending.ANSWERED:
            table[f"{question.max_tokens} {question.prompt}"] = {
                "text": reply.text,
                "tokens": reply.tokens,
                "prompt_tokens": reply.prompt_tokens,
                "completion_tokens": reply.completion_tokens,
                "finish_reason": reply.finish_reason,
            }
        elif not question.engine:
            table[f"{question.max_tokens} {question.prompt}"] = {"error": reply.message}
    path.write_text(json.dumps(table), encoding="utf-8")
