"""The shape of one line of a journal: a record, its kind, and the hash of the line before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from apr_qa.vocab.evidence import RunRecord
from apr_qa.vocab.observation import Observation
from apr_qa.vocab.plan import Claim
from apr_qa.vocab.scenario import Scenario
from apr_qa.vocab.verdict import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLine:
    """The first line. Scenarios and claims follow one a line, so that a big plan streams as well."""

    kind: Literal["run"] = "run"
    prev: str = ""
    schema_version: Literal[1] = 1
    record: RunRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioLine:
    """One question of the plan."""

    kind: Literal["scenario"] = "scenario"
    prev: str
    record: Scenario


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimLine:
    """One claim of the plan."""

    kind: Literal["claim"] = "claim"
    prev: str
    record: Claim


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservationLine:
    """One question asked."""

    kind: Literal["observation"] = "observation"
    prev: str
    record: Observation


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """The verdict on a claim that an earlier line holds."""

    claim: str
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictLine:
    """One claim judged."""

    kind: Literal["verdict"] = "verdict"
    prev: str
    record: Decided


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteLine:
    """Something a reader should know."""

    kind: Literal["note"] = "note"
    prev: str
    record: str


Line: TypeAlias = RunLine | ScenarioLine | ClaimLine | ObservationLine | VerdictLine | NoteLine


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedFile:
    """A sealed `evidence.json`: what JSON Schema describes. It is written and read as a stream, never held whole."""

    schema_version: Literal[1]
    run: RunRecord
    records: tuple[ScenarioLine | ClaimLine | ObservationLine | VerdictLine | NoteLine, ...]
    seal: str
