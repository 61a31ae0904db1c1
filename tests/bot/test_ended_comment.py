"""The comment about a finished run: whose fault, what stayed open, what changed, how to repeat it, which bytes."""

from __future__ import annotations

from dataclasses import replace

import sample_records

from apr_qa.bot.comments.ended import ended
from apr_qa.bot.comments.result import Ended, Result
from apr_qa.bot.state import RunState, Stage
from apr_qa.registry.record import LOST, LostClaims, Record
from apr_qa.vocab.axes import Gateway, Severity, Tier
from apr_qa.vocab.score import Status
from apr_qa.vocab.verdict import Outcome

STATE = RunState(
    stage=Stage.DONE, tier=Tier.MVP, sha="4f2c91a" + "0" * 33, job="8c1d40b7" + "0" * 56, asked_by="ann", asked_at=()
)
IMAGE = "example.org/apr-qa@sha256:" + "6e0b93d2" * 8


def _lost(gate: str, claims: int = 1) -> LostClaims:
    return LostClaims(
        gate=gate, outcome=Outcome.FALSIFIED, severity=Severity.P0, gateway=Gateway.G4, claims=claims, reason="rows"
    )


def _body(*results: Result, image: str = "") -> str:
    return ended(Ended(state=STATE, results=results, image=image))


def _after(now: tuple[LostClaims, ...], *before: Record) -> str:
    return _body(Result(record=replace(sample_records.certified(), lost=now), before=before[-1], earlier=before))


def test_whose_fault_it_is_stands_in_the_box_and_in_the_table() -> None:
    """The file or the engine; nobody is named where the evidence does not tell."""
    record = replace(sample_records.blocked(), lost=(_lost("F-X-001", 3),))
    told = _body(Result(record=record, culprits={"F-X-001": "file"}))
    assert "**The file is at fault, not the engine.**" in told
    assert "| 3 | file | none |" in told
    silent = _body(Result(record=record))
    assert "is at fault" not in silent
    assert "| 3 | open | none |" in silent


def test_no_verdict_is_not_the_models_fault() -> None:
    """A warning says so, and the reasons are told with their counts, the most frequent first."""
    record = replace(sample_records.certified(), status=Status.PARTIAL, outcomes={"corroborated": 5, "unjudged": 24})
    body = _body(Result(record=record, open=(("never started", 8), ("disk full", 16))))
    assert "> [!WARNING]\n> **No verdict, and that is not the model's fault.** Nothing failed among what ran." in body
    assert "Why 24 claims could not be judged" in body
    assert body.index("disk full") < body.index("never started")
    assert "[!WARNING]" not in _body(Result(record=sample_records.certified()))


def test_what_changed_is_told_gate_by_gate() -> None:
    """Claims won back and claims newly lost; without an earlier certificate there is no such part."""
    before = replace(sample_records.provisional(mqs=871), lost=(_lost("F-OLD-001", 2), _lost("F-SAME-001")))
    body = _after((_lost("F-NEW-001"), _lost("F-SAME-001")), before)
    assert "| `F-OLD-001` 2 claims | `F-NEW-001` 1 claim | 871, **" in body
    assert "What changed" not in _body(Result(record=sample_records.certified()))


def test_a_cut_list_of_causes_proves_nothing_better() -> None:
    """When a record holds as many causes as fit, a gate that is not among them may still have lost claims."""
    full = tuple(_lost(f"F-FULL-{n:03}") for n in range(LOST))
    body = _after(full, replace(sample_records.provisional(mqs=871), lost=(_lost("F-OLD-001"),)))
    assert "F-OLD-001" not in body


def test_three_certificates_make_a_chart() -> None:
    """A Mermaid chart, which GitHub draws for light and dark readers; two points are told in words alone."""
    past = [replace(sample_records.provisional(mqs=mqs), lost=()) for mqs in (812, 840)]
    body = _after((), *past)
    assert "```mermaid\nxychart-beta\n" in body
    assert f"line [812, 840, {sample_records.certified().mqs}]" in body
    assert "mermaid" not in _after((), past[0])


def test_it_can_be_repeated_and_its_bytes_are_named() -> None:
    """Commands, the cheapest first, and the digests of plan, evidence and image."""
    record = sample_records.certified()
    body = _body(Result(record=record), image=IMAGE)
    assert body.index("score evidence.json --rejudge") < body.index(f"\n{record.recheck}") < body.index("docker run")
    assert f"{IMAGE} {record.recheck.removeprefix('apr-qa ')}" in body
    for digest in (record.plan_digest, record.evidence, "6e0b93d2"):
        assert f"`sha256:{digest[:8]}`" in body
    assert "docker run" not in _body(Result(record=record))


def test_the_judges_own_figures_stand_beside_the_verdict() -> None:
    """How many planted faults it finds at this tier, how often it cried wolf, and what was left out."""
    body = _body(Result(record=replace(sample_records.certified(), narrowed=("backends: cpu",))))
    assert "**Not proved:** backends: cpu." in body
    assert "planted faults found" in body
    assert "false alarms on" in body
