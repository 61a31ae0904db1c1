"""What the stopped commands work on: the tiny model's plan, run once by the embedded engine, whole and in shards."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "shards"))

from crashing import Work, publishing_of, run_of, tickets_of
from sharding import NARROW, planned, replayed, silent

from apr_qa.evidence.read import read_evidence
from apr_qa.evidence.seal import seal_evidence
from apr_qa.pipeline.certify import certify
from apr_qa.pipeline.plan_files import write_plan
from apr_qa.pipeline.prepare import prepare
from apr_qa.pipeline.progress import Silent
from apr_qa.pipeline.rescore import rescore
from apr_qa.pipeline.targets import by_words
from apr_qa.vocab.axes import Tier
from apr_qa.vocab.evidence import Evidence
from apr_qa.vocab.observation import Observation


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """Made once, read by all."""

    recorded: Evidence
    plan: Path
    shards: tuple[Path, ...]
    lost: Path
    """Evidence with wrong answers, which calls for tickets."""

    def works(self, folder: Path) -> dict[str, tuple[Work, Path]]:
        """Return the commands by name, each with the folder below which it writes."""
        places = {name: folder / name for name in ("run", "publish", "tickets")}
        for place in places.values():
            place.mkdir(parents=True)
        return {
            "run": (run_of(self.recorded, NARROW, places["run"]), places["run"]),
            "publish": (publishing_of(self.plan, self.shards), places["publish"]),
            "tickets": (tickets_of(self.lost), places["tickets"]),
        }


def material(folder: Path) -> Material:
    """Ask the engine once; the rest is replayed."""
    (target,) = by_words(["tiny"], Tier.SMOKE)
    whole = certify(prepare(target, replace(NARROW, output=folder / "whole"), silent), Silent())
    sharded = planned(2)
    write_plan(folder / "plan.json", sharded)
    shards = tuple(replayed(sharded, whole.evidence.observations, folder))
    broken = [replace(o, reply=replace(o.reply, text="hhhhhhhh" * 9)) for o in whole.evidence.observations]
    return Material(
        recorded=read_evidence(whole.path),
        plan=folder / "plan.json",
        shards=shards,
        lost=_sealed(replace(whole.evidence, observations=tuple[Observation, ...](broken)), folder / "lost.json"),
    )


def _sealed(evidence: Evidence, path: Path) -> Path:
    """Its answers, judged again."""
    seal_evidence(evidence, path)
    seal_evidence(rescore(path, rejudge=True).evidence, path)
    return path
