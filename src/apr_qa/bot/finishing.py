"""When the results are in: the sticky comment, the check run and the last reaction."""

from __future__ import annotations

from dataclasses import dataclass, field

from apr_qa.bot.commands._starting import CHECK_NAME
from apr_qa.bot.comments.ended import ended
from apr_qa.bot.comments.progress import Links, brief, outdated
from apr_qa.bot.comments.result import Ended, Result
from apr_qa.bot.job import Job, name_of
from apr_qa.bot.state import KEY, RunState, Stage
from apr_qa.github.policy import Quiet
from apr_qa.vocab.effects import Annotation, CheckRun, CheckStatus, Conclusion, Effect, Mood, Reaction, StickyComment
from apr_qa.vocab.score import Status

_CONCLUSIONS = {
    Status.CERTIFIED: Conclusion.SUCCESS,
    Status.PROVISIONAL: Conclusion.SUCCESS,
    Status.BLOCKED: Conclusion.FAILURE,
    Status.PARTIAL: Conclusion.ACTION_REQUIRED,
    Status.FAIL: Conclusion.ACTION_REQUIRED,
    Status.PENDING: Conclusion.ACTION_REQUIRED,
}
"""No verdict is never a success."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A job and what came of it."""

    job: Job
    results: tuple[Result, ...]
    head_sha: str
    """Of the pull request now; of the branch for other jobs."""
    asked_at: tuple[str, ...] = ()
    """As the state before says."""
    quiet: Quiet = Quiet.OFF
    links: Links = field(default_factory=Links)
    commit: str = ""
    tickets: tuple[str, ...] = ()
    carried: str = ""
    annotations: tuple[Annotation, ...] = ()
    image: str = ""
    """That ran the models."""

    @property
    def missing(self) -> tuple[str, ...]:
        """Models of the job without a result."""
        there = {result.record.model for result in self.results}
        return tuple(name for name in self.job.models if name.partition("@")[0] not in there)


def finish(done: Finished) -> tuple[Effect, ...]:
    """Return what is shown at the end. A result for a commit that is no longer the head says so, on its own commit."""
    job = done.job
    moved = job.number is not None and done.head_sha != job.sha
    state = _state(done, Stage.OUTDATED if moved else Stage.DONE)
    run = Ended(
        state=state,
        results=done.results,
        missing=done.missing,
        links=done.links,
        untrusted_because=job.untrusted_because,
        commit=done.commit,
        carried=done.carried,
        image=done.image,
    )
    body = ended(run)
    effects: list[Effect] = [_check(done, run, body)]
    if job.number is not None:
        shown = outdated(state, done.head_sha, done.links) if moved else _shown(run, body, done.quiet)
        effects.append(StickyComment(repo=job.repo, number=job.number, key=KEY, body=shown))
    if job.comment_id is not None:
        effects.append(Reaction(repo=job.repo, comment_id=job.comment_id, mood=_mood(run.status)))
    return tuple(effects)


def _state(done: Finished, stage: Stage) -> RunState:
    job = done.job
    unjudged = [name_of(r.record.model, r.record.revision) for r in done.results if _is_open(r)]
    return RunState(
        stage=stage,
        tier=job.tier,
        sha=job.sha,
        job=job.digest,
        asked_by=job.asked_by,
        asked_at=done.asked_at,
        models=job.models,
        backends=job.backends,
        formats=job.formats,
        unjudged=(*done.missing, *unjudged),
        trusted=job.trusted,
        tickets=done.tickets,
        line=job.line,
    )


def _is_open(result: Result) -> bool:
    return result.record.status in (Status.PARTIAL, Status.FAIL) or bool(result.unjudged)


def _shown(run: Ended, body: str, quiet: Quiet) -> str:
    passed = run.status in (Status.CERTIFIED, Status.PROVISIONAL)
    return brief(f"{run.status.capitalize()}.", run.state) if passed and quiet is Quiet.FAILURES else body


def _check(done: Finished, run: Ended, body: str) -> CheckRun:
    title = body.partition("\n")[0].lstrip("# ")
    return CheckRun(
        repo=done.job.repo,
        sha=done.job.sha,
        name=CHECK_NAME,
        key=done.job.digest,
        status=CheckStatus.COMPLETED,
        conclusion=_CONCLUSIONS[run.status],
        title=title,
        summary=body,
        annotations=done.annotations,
        details_url=done.links.run,
    )


def _mood(status: Status) -> Mood:
    if status is Status.CERTIFIED:
        return Mood.HOORAY
    return Mood.DONE if status is Status.PROVISIONAL else Mood.REFUSED
