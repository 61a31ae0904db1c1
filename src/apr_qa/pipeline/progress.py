"""What a run tells whoever watches it. The pipeline calls; a terminal, a log or nobody listens."""

from __future__ import annotations

from typing import Protocol

from apr_qa.vocab.evidence import Judged
from apr_qa.vocab.observation import Observation
from apr_qa.vocab.plan import Plan
from apr_qa.vocab.scenario import Scenario
from apr_qa.vocab.verdict import Verdict


class Progress(Protocol):
    """A watcher of one run. Called from one thread, except `started`, which workers call."""

    def begun(self, plan: Plan, resumed: int) -> None:
        """The run begins; `resumed` claims of an earlier run of the same command are judged already."""

    def busy(self, doing: str) -> None:
        """Something that takes a while begins: `hashing model.safetensors`."""

    def started(self, scenario: Scenario) -> None:
        """A question is put to an engine."""

    def observed(self, scenario: Scenario, observation: Observation, verdict: Verdict) -> None:
        """An answer is in, judged by itself."""

    def judged(self, judged: Judged) -> None:
        """A claim is decided."""

    def ended(self, note: str) -> None:
        """The run is over; `note` says why when it ended early."""


class Silent:
    """Nobody watches."""

    def begun(self, plan: Plan, resumed: int) -> None:
        """Say nothing."""

    def busy(self, doing: str) -> None:
        """Say nothing."""

    def started(self, scenario: Scenario) -> None:
        """Say nothing."""

    def observed(self, scenario: Scenario, observation: Observation, verdict: Verdict) -> None:
        """Say nothing."""

    def judged(self, judged: Judged) -> None:
        """Say nothing."""

    def ended(self, note: str) -> None:
        """Say nothing."""
