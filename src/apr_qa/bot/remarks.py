"""Lost claims as remarks on the lines of the playbook that asked for them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from apr_qa.bot.job import Job
from apr_qa.github.snapshot import Snapshot
from apr_qa.text import one_line
from apr_qa.vocab.effects import Annotation
from apr_qa.vocab.evidence import Evidence, Judged
from apr_qa.vocab.verdict import Outcome

_HOME = "playbooks/models"
_MOST = 150
_LEVELS = {Outcome.UNJUDGED: "warning"}


def remarks(job: Job, pieces: Sequence[Evidence], base: Snapshot) -> tuple[Annotation, ...]:
    """Return a remark for each lost or unjudged claim, the lost first.

    They stand on the playbooks that the job brought or that lie in the repository; one that lies nowhere gets none.
    """
    found = [remark for evidence in pieces for remark in _remarks(evidence, job, base)]
    return tuple(sorted(found, key=lambda remark: (remark.level != "failure", remark.path, remark.line)))[:_MOST]


def _remarks(evidence: Evidence, job: Job, base: Snapshot) -> Iterator[Annotation]:
    path, text = _playbook(evidence, job, base)
    if not path:
        return
    for judged in evidence.judged:
        if judged.verdict.outcome.is_lost or judged.verdict.outcome is Outcome.UNJUDGED:
            yield Annotation(
                path=path,
                line=_line_of(judged, text),
                title=f"{judged.claim.gate}, {judged.claim.subject}: {judged.verdict.outcome}",
                message=one_line(judged.verdict.reason, 1000),
                level=_LEVELS.get(judged.verdict.outcome, "failure"),
            )


def _playbook(evidence: Evidence, job: Job, base: Snapshot) -> tuple[str, str]:
    brought = {item.path: item.text for item in job.playbooks}
    for path, text in brought.items():
        if f"hf_repo: {evidence.run.model}" in text:
            return path, text
    path = f"{_HOME}/{evidence.run.playbook}.playbook.yaml"
    return (path, base.text(path)) if path in base.blobs else ("", "")


def _line_of(judged: Judged, text: str) -> int:
    """The line that asks for it: the list that names its format, backend or modality, else the model."""
    subject = judged.claim.subject
    wanted = [("formats:", subject.format), ("backends:", subject.backend), ("modalities:", subject.modality)]
    lines = [line.strip() for line in text.splitlines()]
    for key, word in wanted:
        for number, line in enumerate(lines, start=1):
            if word and line.startswith(key) and str(word) in line:
                return number
    return next((number for number, line in enumerate(lines, start=1) if line.startswith("model:")), 1)
