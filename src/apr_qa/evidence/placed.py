"""Evidence as it lies in its file: where each record begins, and which record stands for what was said twice."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from apr_qa.evidence.codec import decode_again
from apr_qa.evidence.lines import Decided
from apr_qa.evidence.stored import Source, Stored
from apr_qa.vocab.evidence import Evidence, Judged, RunRecord
from apr_qa.vocab.observation import Observation
from apr_qa.vocab.plan import Claim
from apr_qa.vocab.scenario import Scenario

T = TypeVar("T")
_NONE = -1


class Held:
    """Lines in memory; a place is a number in their order."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []

    def reader(self) -> Callable[[int], bytes]:
        """Return a function from place to line."""
        return self.lines.__getitem__


class Placed:
    """What was found in one pass: numbers only, besides the run record and the notes."""

    def __init__(self) -> None:
        self.run: RunRecord | None = None
        self.notes: list[str] = []
        self.lines = 0
        self._scenarios, self._claims = array("Q"), array("Q")
        self._observations, self._verdicts, self._decided = array("Q"), array("Q"), array("Q")
        self._claim_numbers: dict[str, int] = {}
        self._observed: dict[str, int] = {}
        self._verdict_of = array("q")
        """By the number of a claim: that of its verdict, or `_NONE`."""

    def take(self, record: object, place: int) -> bool:
        """Note where `record` lies; False for a verdict on a claim that was not planned."""
        self.lines += 1
        match record:
            case RunRecord():
                self.run = record
            case Scenario():
                self._scenarios.append(place)
            case Claim():
                self._take_claim(record.id, place)
            case Observation():
                self._take_observation(record.scenario, place)
            case Decided():
                return self._take_verdict(record, place)
            case str():
                self.notes.append(record)
        return True

    def _take_claim(self, name: str, place: int) -> None:
        before = self._claim_numbers.get(name)
        self._verdict_of.append(_NONE if before is None else self._verdict_of[before])
        self._claim_numbers[name] = len(self._claims)
        self._claims.append(place)

    def _take_verdict(self, decided: Decided, place: int) -> bool:
        number = self._claim_numbers.get(decided.claim)
        if number is None:
            return False
        before = self._verdict_of[number]
        if before != _NONE:
            self._verdicts[before] = place
            return True
        self._verdict_of[number] = len(self._verdicts)
        self._verdicts.append(place)
        self._decided.append(self._claims[number])
        return True

    def _take_observation(self, scenario: str, place: int) -> None:
        number = self._observed.setdefault(scenario, len(self._observations))
        if number < len(self._observations):
            self._observations[number] = place
        else:
            self._observations.append(place)

    def evidence(self, run: RunRecord, source: Source, *, held: bool) -> Evidence:
        """Return the evidence, `held` in memory, or left where it lies."""

        def some(make: Callable[..., T], *places: array[int]) -> Sequence[T]:
            stored = Stored(source, places, make)
            return tuple(stored) if held else stored

        claims = some(_record, self._claims)
        return Evidence(
            run=replace(run, scenarios=some(_record, self._scenarios), claims=claims),
            observations=some(_record, self._observations),
            judged=some(_judged, self._decided, self._verdicts),
            notes=tuple(self.notes),
        )


def _record(line: bytes) -> Any:
    return decode_again(line)


def _judged(claim: bytes, verdict: bytes) -> Judged:
    return Judged(claim=decode_again(claim), verdict=decode_again(verdict).verdict)
