"""The contracts of the rooms: what one plug-in file must hold. A plug-in is a frozen record of data and functions.

Engines map questions to commands and replies to records; they spawn nothing. Oracles judge one answer's text.
Gates draw claims (and the questions that these need) while planning, and judge them when the answers are in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from apr_qa.vocab.engines import Batch, Conversation, Conversion, Engine, Equipped, OneShot, Server, Setting
from apr_qa.vocab.evidence import Evidence
from apr_qa.vocab.gates import Brief, Drawn, Exhibits, Gate, GateSpec, Oracle
from apr_qa.vocab.score import Scorecard


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One rendering of evidence and its scorecard."""

    name: str
    file_name: str
    summary: str
    render: Callable[[Evidence, Scorecard], str | Iterable[str]]
    """The text, whole or in pieces as they are made."""

    def text(self, evidence: Evidence, card: Scorecard) -> str:
        """Return the whole text."""
        made = self.render(evidence, card)
        return made if isinstance(made, str) else "".join(made)


__all__ = [
    "Batch",
    "Brief",
    "Conversation",
    "Conversion",
    "Drawn",
    "Engine",
    "Equipped",
    "Exhibits",
    "Gate",
    "GateSpec",
    "OneShot",
    "Oracle",
    "Report",
    "Server",
    "Setting",
]
