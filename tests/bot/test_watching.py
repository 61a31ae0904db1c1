"""How far a run is, from GitHub's list of jobs alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from gh_server import FakeGitHub
from talk import NOW, Talk

from apr_qa.bot.job import Job
from apr_qa.bot.situation import Surroundings
from apr_qa.bot.watching import progress, shard_name, shards_in, watch
from apr_qa.github.client import Client
from apr_qa.vocab.axes import Backend
from apr_qa.vocab.shards import Shard

RUN = 77


def _name(number: int, claims: int, minutes: float) -> str:
    shard = Shard(
        number=number, model=0, backend=Backend.CPU, labels=("x",), scenarios=(), minutes=minutes, memory_bytes=0,
        claims=tuple(map(str, range(claims))),
    )  # fmt: skip
    return f"bot / certify / {shard_name('apr-qa/tiny', shard, 3)}"


def _job(name: str, status: str, *, began: float = 0, ended: float | None = None) -> dict[str, Any]:
    """A job that began and ended so many minutes ago."""
    times = [NOW - timedelta(minutes=m) if m is not None else None for m in (began, ended)]
    began_at, ended_at = (t.strftime("%Y-%m-%dT%H:%M:%SZ") if t else None for t in times)
    shown = {"id": 1, "name": name, "status": status, "started_at": began_at, "completed_at": ended_at, "run_id": RUN}
    return shown | {"conclusion": "success" if status == "completed" else None}


DONE = _job(_name(1, 20, 4), "completed", began=10, ended=2)
GOING = _job(_name(2, 30, 4), "in_progress", began=2)
WAITING = _job(_name(3, 10, 1), "queued")
OTHERS = [_job("bot / hear", "completed", began=12, ended=11), _job("bot / watch", "in_progress", began=11)]


def test_what_is_left_knows_how_slow_it_went() -> None:
    """The first shard took eight minutes instead of four, so the second has six to go, and the third two."""
    (model,) = progress(shards_in([*OTHERS, DONE, GOING, WAITING]), NOW)
    assert (model.name, model.judged, model.claims) == ("apr-qa/tiny", 20, 60)
    assert model.minutes_left == pytest.approx(6 + 2)


def test_before_anything_ended_the_plan_is_believed() -> None:
    """Four minutes planned, two of them gone, and one for what waits; a late shard is never done already."""
    (model,) = progress(shards_in([GOING, WAITING]), NOW)
    assert model.minutes_left == pytest.approx(2 + 1)
    (late,) = progress(shards_in([_job(_name(2, 30, 1), "in_progress", began=30)]), NOW)
    assert late.minutes_left == pytest.approx(0.5)


@pytest.fixture
def talk(hub: FakeGitHub, client: Client) -> Talk:
    found = Talk(hub, client)
    found.run_id = RUN
    found.say("boss", "/certify tiny smoke")
    return found


def _watch(talk: Talk, client: Client, *steps: Callable[[], object]) -> int:
    """Watch, and let `steps` happen one by one between the looks."""
    left = iter(steps)
    around = Surroundings(now=NOW, run_id=RUN, run_url="https://example.org/run")
    assert talk.heard.job is not None
    return watch(talk.heard.job, client, around, lambda: next(left)() and None, lambda: NOW)


def test_the_comment_is_edited_when_a_shard_ends(hub: FakeGitHub, client: Client, talk: Talk) -> None:
    """Once when there are shards, once more for the one that ended, not for time; publishing ends it."""
    jobs = talk.repo.jobs[RUN] = [*OTHERS, WAITING]
    edits = _watch(
        talk,
        client,
        lambda: None,
        lambda: jobs.append(DONE),
        lambda: jobs.append(_job("bot / certify / publish", "in_progress")),
    )
    assert edits == 2
    assert "### 🔵 Running: 20 of 30 claims judged, about 2 min left" in talk.sticky
    assert talk.say("boss", "/certify tiny smoke") == ("busy",)


@pytest.mark.parametrize("why", ["cancelled", "another", "no jobs", "quiet"])
def test_it_stops_by_itself(hub: FakeGitHub, client: Client, talk: Talk, why: str) -> None:
    """A run that was cancelled, a comment about a later run, a GitHub that lists nothing, a policy that wants quiet."""
    talk.repo.jobs[RUN] = [] if why == "no jobs" else [*OTHERS, WAITING]
    job = talk.heard.job
    assert isinstance(job, Job)
    if why == "cancelled":
        talk.say("boss", "/certify cancel")
    elif why == "another":
        talk.say("boss", '/certify tiny smoke --force reason="x"')
    elif why == "quiet":
        talk.repo.git.commit("main", {".github/apr-qa.yml": "quiet: results\n"})
    before = talk.sticky
    around = Surroundings(now=NOW, run_id=RUN)
    assert watch(job, client, around, lambda: pytest.fail("it looked again"), lambda: NOW) == 0
    assert talk.sticky == before
