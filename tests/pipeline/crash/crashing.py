"""The commands that are stopped at random points: a run, publishing and tickets; and what they have to come to."""

from __future__ import annotations

import hashlib
import random
import shutil
import traceback
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Self

from tracing import Fault, Kind, traced

from apr_qa.errors import AprQaError
from apr_qa.evidence.read import read_evidence
from apr_qa.pipeline import ready as ready_module
from apr_qa.pipeline.certify import hear
from apr_qa.pipeline.plan_files import read_plan
from apr_qa.pipeline.prepare import prepare
from apr_qa.pipeline.progress import Silent
from apr_qa.pipeline.publish import publish_shards
from apr_qa.pipeline.registry import note_certification
from apr_qa.pipeline.results import write_reports
from apr_qa.pipeline.targets import by_words
from apr_qa.pipeline.tickets import drafts_from, write_drafts
from apr_qa.pipeline.wishes import Wishes
from apr_qa.run.replay import replay
from apr_qa.score.mqs import score
from apr_qa.vocab.axes import Tier
from apr_qa.vocab.evidence import Evidence

KINDS = (Kind.KILL, Kind.POWER, Kind.FULL, Kind.EIO)
INDEX = "journal.index"
CLEAN, REFUSED, BROKEN = 0, 3, 70

Work = Callable[[Path], None]
"""A command that writes below a folder; the same again goes on where it stopped."""


class _Clock(datetime):
    """Stands still, since the time of a start is all that two undisturbed runs differ in."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        return cls(2026, 1, 2, 3, 4, 5, tzinfo=tz or UTC)


@dataclass(frozen=True, slots=True)
class Trial:
    """How one stopped command ended up."""

    fault: Fault
    first: int
    """Exit status of the stopped one."""
    problem: str
    """Empty when the same command again came to the undisturbed result."""


def run_of(recorded: Evidence, wishes: Wishes, folder: Path) -> Work:
    """A certification with recorded observations: journal, evidence, reports, registry; all below `folder`."""
    setattr(ready_module, "datetime", _Clock)  # noqa: B010  (the clock, and nothing of ours)
    (target,) = by_words(["tiny"], Tier.SMOKE)
    ready = prepare(target, replace(wishes, output=folder), lambda _doing: None)

    def work(_folder: Path) -> None:
        sealed = ready.folder / "evidence.json"
        hear(ready, Silent(), sealed, replay(recorded.observations))
        evidence = read_evidence(sealed)
        card = score(evidence.run, evidence.judged, evidence.observations)
        write_reports(evidence, card, ready.folder)
        note_certification(evidence, card, folder)

    return work


def publishing_of(plan: Path, shards: tuple[Path, ...]) -> Work:
    """Publishing the shards of a plan."""
    sharded = read_plan(plan)

    def work(folder: Path) -> None:
        publish_shards(sharded, shards, folder)

    return work


def tickets_of(evidence: Path) -> Work:
    """Drafting the tickets that evidence calls for."""

    def work(folder: Path) -> None:
        write_drafts(drafts_from([evidence]), "paiml/aprender", folder)

    return work


class Undisturbed:
    """A command's result when nothing happens to it, and the trial of it with faults."""

    def __init__(self, work: Work, folder: Path) -> None:
        self.work, self.folder = work, folder
        seen = traced(self._in_process, folder, Fault())
        if seen.status:
            raise AssertionError(f"the undisturbed command ended with {seen.status}")
        self.changes = seen.changes
        self.result = result_of(folder)
        self._empty()

    def trial(self, fault: Fault, chance: random.Random) -> Trial:
        """Stop the command with `fault`, give it again, and compare."""
        seen = traced(self._in_process, self.folder, fault)
        if fault.kind is Kind.POWER:
            seen.disk.cut(self.folder, chance)
        again = traced(self._in_process, self.folder, Fault()).status
        problem = ""
        if seen.status in (BROKEN, 1):
            problem = "it ended with a traceback"
        elif again:
            problem = f"the same command again ended with {again}"
        elif (result := result_of(self.folder)) != self.result:
            names = sorted(n for n in {*result, *self.result} if result.get(n) != self.result.get(n))
            problem = f"other files than undisturbed: {', '.join(names[:4])}"
        self._empty()
        return Trial(fault=fault, first=seen.status, problem=problem)

    def points(self, count: int, chance: random.Random) -> list[Fault]:
        """Return `count` random faults, all kinds in turn."""
        return [Fault(KINDS[n % len(KINDS)], chance.randint(1, self.changes)) for n in range(count)]

    def _in_process(self) -> int:
        try:
            self.work(self.folder)
        except AprQaError:
            return REFUSED
        except BaseException:  # noqa: BLE001  (a process of its own ends here, and must say how)
            traceback.print_exc()
            return BROKEN
        return CLEAN

    def _empty(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)


def result_of(folder: Path) -> dict[str, str]:
    """Return the digests of all files by name.

    Without unfinished ones, which no reader looks at, and the journal's index, a help for reading that may lag behind.
    """
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith(".") and path.name != INDEX
    }
