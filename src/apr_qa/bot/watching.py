"""While the shards run: the comment shows how far they are. What is said comes from GitHub's list of jobs alone.

No file of a runner is read here: a shard's name, which the planner gave it, tells its model, its number, how long it
should take and how many claims it judges. What the claims came to is told at the end, when it was checked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from apr_qa.bot.comments.progress import Links, Running, running
from apr_qa.bot.comments.shards import Bar
from apr_qa.bot.job import Job
from apr_qa.bot.situation import Surroundings
from apr_qa.bot.state import KEY, RunState, Stage, read_state
from apr_qa.github import facts
from apr_qa.github.client import Client
from apr_qa.github.comments import own_comments
from apr_qa.github.policy import Quiet
from apr_qa.vocab.effects import StickyComment
from apr_qa.vocab.shards import Shard
from apr_qa.vocab.validity import parse_time

_NAME = re.compile(r"(?:.* / )?(\S+) (\d+)/(\d+): (\d+) claims, ([\d.]+) min")
_LAST = "publish"
LONGEST_S = 5.5 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardJob:
    """One shard as GitHub shows it."""

    model: str
    number: int = 1
    claims: int
    minutes: float
    """As planned."""
    began: datetime | None = None
    ended: datetime | None = None

    @property
    def took(self) -> float | None:
        """Minutes that it took; None while it has not ended."""
        return (self.ended - self.began).total_seconds() / 60 if self.began and self.ended else None


def shard_name(model: str, shard: Shard, count: int) -> str:
    """Return the name of a shard's job: what `shards_in` reads."""
    return f"{model} {shard.number}/{count}: {len(shard.claims)} claims, {shard.minutes:.1f} min"


def shards_in(jobs: Iterable[Mapping[str, Any]]) -> tuple[ShardJob, ...]:
    """Return the shards among the jobs of a run."""
    return tuple(_shard(job, found) for job in jobs if (found := _NAME.fullmatch(str(job["name"]))))


def _shard(job: Mapping[str, Any], found: re.Match[str]) -> ShardJob:
    return ShardJob(
        model=found[1],
        number=int(found[2]),
        claims=int(found[4]),
        minutes=float(found[5]),
        began=parse_time(job.get("started_at") or "") if job["status"] != "queued" else None,
        ended=parse_time(job.get("completed_at") or "") if job["status"] == "completed" else None,
    )


def progress(shards: Sequence[ShardJob], now: datetime) -> tuple[Running, ...]:
    """Return how far each model is. How much slower or faster than planned the ended shards were is counted in."""
    ended = [shard for shard in shards if shard.took is not None]
    planned = sum(shard.minutes for shard in ended)
    pace = sum(shard.took or 0.0 for shard in ended) / planned if planned else 1.0
    return tuple(
        _running(model, [s for s in shards if s.model == model], pace, now)
        for model in dict.fromkeys(shard.model for shard in shards)
    )


def _running(model: str, shards: Sequence[ShardJob], pace: float, now: datetime) -> Running:
    going = [s for s in shards if s.began and not s.ended]
    waiting = [s for s in shards if not s.began]
    left = [max(s.minutes * pace - (now - s.began).total_seconds() / 60, 0.5) for s in going if s.began]
    queue = sum(s.minutes * pace for s in waiting) / max(len(going), 1)
    return Running(
        name=model,
        gateways={},
        judged=sum(s.claims for s in shards if s.ended),
        claims=sum(s.claims for s in shards),
        minutes_left=max(left, default=0.0) + queue if going or waiting else None,
    )


def watch(
    job: Job, client: Client, around: Surroundings, pause: Callable[[], None], now: Callable[[], datetime]
) -> int:
    """Edit the comment of `job` until its shards are being published; return how often it was edited.

    Stops as well when the comment is not about this job, or no longer about a run that goes on, and when GitHub lists
    no jobs: this one is at least one. Raises GitHubError.
    """
    edits, said, began = 0, "", now()
    if facts.policy(client.door, job.repo, job.branch).quiet is not Quiet.OFF:
        return edits
    while job.number is not None and (now() - began).total_seconds() < LONGEST_S:
        state = read_state(own_comments(client.door, job.repo, job.number))
        if state is None or state.job != job.digest or not state.stage.is_going_on:
            return edits
        jobs = list(client.door.pages(f"/repos/{job.repo}/actions/runs/{around.run_id}/jobs", key="jobs"))
        if not jobs or any(_is_last(one) for one in jobs):
            return edits
        shards = shards_in(jobs)
        models = progress(shards, now())
        if models and (shown := _shown(models)) != said:
            client.perform(_edit(job, state, shards, around, now()))
            said, edits = shown, edits + 1
        pause()
    return edits


def _is_last(job: Mapping[str, Any]) -> bool:
    return str(job["name"]).rpartition(" / ")[2] == _LAST and job["status"] in ("in_progress", "completed")


def _shown(models: Sequence[Running]) -> str:
    """What is worth an edit: more was judged. That time goes by is not."""
    return repr([(model.name, model.judged) for model in models])


def _edit(job: Job, state: RunState, shards: Sequence[ShardJob], around: Surroundings, now: datetime) -> StickyComment:
    bars = [
        Bar(model=s.model, number=s.number, minutes=s.took or s.minutes, began=s.began, ended=s.ended is not None)
        for s in shards
    ]
    going = replace(state, stage=Stage.RUNNING)
    body = running(going, progress(shards, now), Links(run=around.run_url), now=now, bars=bars)
    return StickyComment(repo=job.repo, number=job.number or 0, key=KEY, body=body, only_if_there=True)
