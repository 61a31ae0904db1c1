"""An outcome with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Outcome(StrEnum):
    """What became of a claim (design, section 4)."""

    CORROBORATED = "corroborated"
    FALSIFIED = "falsified"
    TIMEOUT = "timeout"
    CRASHED = "crashed"
    SKIPPED = "skipped"
    UNJUDGED = "unjudged"

    @property
    def is_lost(self) -> bool:
        """True when the claim was tested and did not survive."""
        return self in (Outcome.FALSIFIED, Outcome.TIMEOUT, Outcome.CRASHED)

    @property
    def is_judged(self) -> bool:
        """True when the claim was tested at all."""
        return self is Outcome.CORROBORATED or self.is_lost


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What was decided and why, in one sentence a newcomer understands."""

    outcome: Outcome
    reason: str
    detail: Mapping[str, Any] = field(default_factory=dict)
    """Numbers behind the reason: JSON values only, never NaN."""
