"""A planner's simulation: ``python -m bench.fleet [--models 10000] [--runs 5]``.

10,000 models at three tiers over runners of unequal speed, memory and price. What a shard takes is a line through the
rates at which the engines were measured here (seconds a scenario by gigabytes of weights), times a log-normal spread,
with stragglers (one in fifty takes three times as long) and runners that are lost for good while they work. Sizes of
models are those of the registry's list. Spread, stragglers, losses and prices are assumptions, named below. Shards are
cut by `pipeline.packing.pack`, the code that cuts real plans, and handed out longest first to whoever is free; a lost
shard is run again.

The lower bound is the work that was really done, spread without a gap over all runners that hold it: the worst of all
work on all runners, the work too large for the smallest on all others, and so on. A lost runner counts until it was
lost. Nobody can be faster.
"""

from __future__ import annotations

import argparse
import heapq
import math
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TypeVar

from apr_qa.pipeline.packing import MINUTES_A_SHARD, Unit, pack
from apr_qa.vocab.axes import Backend, Format
from apr_qa.vocab.shards import Runner
from bench.figures import Figure

T = TypeVar("T")
TIERS = {"mvp": (18 + 150, 0.90), "standard": (180 + 150, 0.09), "deep": (1800 + 150, 0.01)}
"""Scenarios of a plan (matrix and probes), and the share of models that are certified at that tier."""
SIZES_GB = {1: 0.55, 3: 0.2, 15: 0.2, 65: 0.05}
"""Weights in GB and their share, as in the registry's list of models."""
SECONDS_A_SCENARIO_GB = 0.15
SECONDS_A_SCENARIO = 0.1
SPREAD = 0.25
"""Standard deviation of the logarithm of what a job takes over what was predicted."""
STRAGGLERS, SLOWER = 1 / 50, 3.0
LOST_AN_HOUR = 1 / 200
"""Runners lost for good, a runner and hour."""
FETCHED_GB_A_MINUTE = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """Runners of one kind. Prices are assumptions, in US dollars an hour."""

    name: str
    count: int
    memory_gb: int
    speed: float
    dollars_an_hour: float


FLEET = (
    Kind(name="small", count=120, memory_gb=16, speed=1.0, dollars_an_hour=0.10),
    Kind(name="fast", count=60, memory_gb=64, speed=1.8, dollars_an_hour=0.25),
    Kind(name="large", count=20, memory_gb=256, speed=1.8, dollars_an_hour=0.60),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One shard: predicted minutes on a runner of speed 1, and the smallest runner that holds it."""

    minutes: float
    memory_gb: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One simulated fleet."""

    makespan_h: float
    bound_h: float
    dollars: float
    lost_runners: int
    jobs: int


def jobs_of(models: int, dice: random.Random) -> list[Job]:
    """Return the shards of `models` models, cut as real plans are."""
    jobs = []
    for _ in range(models):
        scenarios, _ = TIERS[_drawn({name: share for name, (_, share) in TIERS.items()}, dice)]
        size = _drawn(SIZES_GB, dice)
        seconds = SECONDS_A_SCENARIO + SECONDS_A_SCENARIO_GB * size
        units = list(_units(scenarios, seconds / 60, size))
        boxes = pack(units, [Runner(backend=Backend.CPU, labels=())])
        jobs += [Job(minutes=box.minutes, memory_gb=1.5 * size) for box in boxes]
    return jobs


def _units(scenarios: int, minutes: float, size_gb: int) -> Iterator[Unit]:
    """The nine cpu cells of a model, in pieces no longer than a shard should be."""
    per_cell = math.ceil(scenarios / 9)
    piece = max(1, min(per_cell, int(MINUTES_A_SHARD / minutes)))
    for cell in range(9):
        for start in range(0, per_cell, piece):
            names = tuple(f"{cell}-{n}" for n in range(start, min(per_cell, start + piece)))
            yield Unit(
                model=0,
                backend=Backend.CPU,
                formats=(tuple(Format)[cell // 3],),
                scenarios=names,
                minutes=len(names) * minutes,
                fetch_minutes=size_gb / FETCHED_GB_A_MINUTE,
                memory_bytes=int(1.5e9 * size_gb),
            )


def _drawn(shares: Mapping[T, float], dice: random.Random) -> T:
    return dice.choices(list(shares), list(shares.values()))[0]


class _Simulation:
    """A clock, runners that become free, and jobs that wait, the longest first."""

    def __init__(self, jobs: Sequence[Job], dice: random.Random) -> None:
        self.dice = dice
        self.kinds = sorted(FLEET, key=lambda kind: kind.memory_gb)
        self.waiting: list[list[Job]] = [[] for _ in self.kinds]
        for job in sorted(jobs, key=lambda job: job.minutes):
            self.waiting[self._smallest(job)].append(job)
        self.free = [(0.0, place, n) for place, kind in enumerate(self.kinds) for n in range(kind.count)]
        heapq.heapify(self.free)
        self.work = [0.0 for _ in self.kinds]
        """Minutes on a runner of speed 1, by the smallest kind that holds it."""
        self.gone: list[tuple[float, int]] = []
        """When a runner was lost, and of which kind."""
        self.dollars = self.end = 0.0

    def _smallest(self, job: Job) -> int:
        return next(place for place, kind in enumerate(self.kinds) if job.memory_gb <= kind.memory_gb)

    def run(self) -> None:
        """Run until every job is done."""
        returned: list[tuple[float, int, Job]] = []
        while any(self.waiting) or returned:
            now, place, number = heapq.heappop(self.free)
            while returned and returned[0][0] <= now:
                _, _, job = heapq.heappop(returned)
                self.waiting[self._smallest(job)].append(job)
            job = self._next(place)
            if job is None:
                if returned:  # whoever has nothing to do waits for what may come back
                    heapq.heappush(self.free, (max(now, returned[0][0]), place, number))
                elif not self.free:
                    raise RuntimeError("no runner is left that holds a waiting job")
                continue
            self._work(now, place, number, job, returned)

    def _next(self, place: int) -> Job | None:
        """The longest job that this runner holds; large runners keep to large jobs as long as there are some."""
        for size in range(place, -1, -1):
            if self.waiting[size]:
                return self.waiting[size].pop()
        return None

    def _work(self, now: float, place: int, number: int, job: Job, returned: list[tuple[float, int, Job]]) -> None:
        kind, dice = self.kinds[place], self.dice
        takes = job.minutes * dice.lognormvariate(-SPREAD * SPREAD / 2, SPREAD) / kind.speed
        takes *= SLOWER if dice.random() < STRAGGLERS else 1.0
        lost_after = dice.expovariate(LOST_AN_HOUR / 60)
        spent = min(takes, lost_after)
        self.work[self._smallest(job)] += spent * kind.speed
        self.dollars += spent / 60 * kind.dollars_an_hour
        if lost_after < takes:
            self.gone.append((now + spent, place))
            heapq.heappush(returned, (now + spent, len(self.gone), job))
            return
        self.end = max(self.end, now + takes)
        heapq.heappush(self.free, (now + takes, place, number))

    def bound(self) -> float:
        """The minutes that the work takes when no runner that holds it ever waits."""
        return max(self._bound(place) for place in range(len(self.kinds)))

    def _bound(self, smallest: int) -> float:
        work = sum(self.work[smallest:])
        whole = sum(kind.count * kind.speed for kind in self.kinds[smallest:])
        gone = [(at, self.kinds[place].speed) for at, place in self.gone if place >= smallest]
        low, high = 0.0, self.end
        for _ in range(60):
            middle = (low + high) / 2
            done = whole * middle - sum(speed * max(0.0, middle - at) for at, speed in gone)
            low, high = (middle, high) if done < work else (low, middle)
        return high


def simulate(models: int, seed: int) -> Outcome:
    """Certify `models` models once; return what it took."""
    dice = random.Random(seed)
    jobs = jobs_of(models, dice)
    world = _Simulation(jobs, dice)
    world.run()
    return Outcome(
        makespan_h=world.end / 60,
        bound_h=world.bound() / 60,
        dollars=world.dollars,
        lost_runners=len(world.gone),
        jobs=len(jobs),
    )


def fleet(models: int, runs: int) -> list[Figure]:
    """Return makespan over the lower bound, and the cost of a certification."""
    found = [simulate(models, seed) for seed in range(runs)]
    first = found[0]
    runners = sum(kind.count for kind in FLEET)
    return [
        Figure(
            name=f"fleet: makespan, {models:,} models, {first.jobs:,} shards, {runners} runners",
            unit="h",
            values=[one.makespan_h for one in found],
            target="within 10 % of the bound",
            bare=median(one.bound_h for one in found),
            bare_is="the lower bound",
        ),
        Figure(name="  runners lost", unit="", values=[one.lost_runners for one in found]),
        Figure(
            name="  cost of a certification, at the prices assumed",
            unit="USD",
            values=[one.dollars / models for one in found],
        ),
    ]


def main() -> None:
    """Simulate what the command line asks for."""
    from bench.figures import show

    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--models", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=5)
    asked = parser.parse_args()
    print(show(fleet(asked.models, asked.runs)))


if __name__ == "__main__":
    main()
