"""What `run` and `retry` share: an accepted job becomes a comment, a check run and a state."""

from __future__ import annotations

from apr_qa.bot.comments.progress import brief, queued
from apr_qa.bot.job import Job
from apr_qa.bot.selection import Selection
from apr_qa.bot.situation import Answer, Situation
from apr_qa.bot.state import KEY, RunState, Stage
from apr_qa.github.policy import Quiet
from apr_qa.reports._words import plural
from apr_qa.vocab.effects import Annotation, CheckRun, CheckStatus, Effect, HideComments, Mood, StickyComment

CHECK_NAME = "apr-qa certification"


def started(situation: Situation, job: Job, selection: Selection) -> Answer:
    """Return the answer to an order that is carried out."""
    state = RunState(
        stage=Stage.QUEUED,
        tier=job.tier,
        sha=job.sha,
        job=job.digest,
        asked_by=situation.asker.login,
        asked_at=(*situation.earlier, f"{situation.asker.login} {situation.around.now:%Y-%m-%dT%H:%M:%SZ}"),
        models=job.models,
        backends=job.backends,
        formats=job.formats,
        run_id=situation.around.run_id,
        trusted=job.trusted,
        line=job.line,
    )
    title = f"Queued: {plural(len(job.models), 'model')}, tier {job.tier}"
    body = queued(state, selection, situation.links, untrusted_because=job.untrusted_because)
    if situation.policy.quiet is not Quiet.OFF:
        body = brief(f"{title}.", state)
    effects: list[Effect] = [
        StickyComment(repo=situation.repo, number=situation.pull.number, key=KEY, body=body),
        check_of(situation, job.sha, job.digest, title, body),
    ]
    if stale := tuple(key for key in situation.own_keys if key.startswith("reply:")):
        effects.append(HideComments(repo=situation.repo, number=situation.pull.number, keys=stale))
    return Answer(code="queued", mood=Mood.ROCKET, effects=tuple(effects), job=job)


def check_of(situation: Situation, sha: str, key: str, title: str, summary: str) -> CheckRun:
    """Return the check run of a job that is queued; remarks on unusable playbooks stand on their lines."""
    remarks: tuple[Annotation, ...] = tuple(remark for item in situation.changed for remark in item.remarks)
    return CheckRun(
        repo=situation.repo,
        sha=sha,
        name=CHECK_NAME,
        key=key,
        status=CheckStatus.QUEUED,
        title=title,
        summary=summary,
        annotations=remarks,
        details_url=situation.around.run_url,
    )
