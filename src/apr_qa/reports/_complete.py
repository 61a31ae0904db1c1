"""Evidence as it is counted: every planned claim once, with its last verdict or the remark that it has none."""

from __future__ import annotations

import dataclasses
from array import array
from collections.abc import Iterator, Sequence
from typing import overload

from apr_qa.vocab.evidence import Evidence, Judged
from apr_qa.vocab.lookup import for_the_same
from apr_qa.vocab.plan import Claim
from apr_qa.vocab.verdict import Outcome, Verdict

_NEVER = Verdict(outcome=Outcome.UNJUDGED, reason="Planned but never judged: the run ended before.")
_NONE = -1


def complete(evidence: Evidence) -> Evidence:
    """Return the same evidence with one verdict for each claim, in the order of the plan, as the score counts them."""
    return evidence if evidence.complete else _completed(evidence)


@for_the_same
def _completed(evidence: Evidence) -> Evidence:
    places = {judged.claim.id: place for place, judged in enumerate(evidence.judged)}
    order = array("q", (places.pop(claim.id, _NONE) for claim in evidence.run.claims))
    order.extend(sorted(places.values()))  # of claims that no plan holds
    every = _Every(evidence.judged, evidence.run.claims, order)
    judged = tuple(every) if isinstance(evidence.judged, tuple) else every
    return dataclasses.replace(evidence, judged=judged, complete=True)


class _Every(Sequence[Judged]):
    """Verdicts that stay where they are, in the order of the plan."""

    def __init__(self, judged: Sequence[Judged], claims: Sequence[Claim], order: array[int]) -> None:
        self._judged, self._claims, self._order = judged, claims, order

    def __len__(self) -> int:
        return len(self._order)

    @overload
    def __getitem__(self, which: int) -> Judged: ...
    @overload
    def __getitem__(self, which: slice) -> Sequence[Judged]: ...
    def __getitem__(self, which: int | slice) -> Judged | Sequence[Judged]:
        if isinstance(which, slice):
            return tuple(self[place] for place in range(len(self))[which])
        place = self._order[which]
        if place == _NONE:
            return Judged(claim=self._claims[which], verdict=_NEVER)
        return self._judged[place]

    def __iter__(self) -> Iterator[Judged]:
        return (self[place] for place in range(len(self)))
