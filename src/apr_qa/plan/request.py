"""What a plan is made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from apr_qa.vocab.artefacts import ModelFiles
from apr_qa.vocab.axes import Backend, Format, Modality
from apr_qa.vocab.catalog import TierSpec
from apr_qa.vocab.engines import Equipped
from apr_qa.vocab.evidence import Evidence
from apr_qa.vocab.gates import Gate, Oracle
from apr_qa.vocab.machine import Machine
from apr_qa.vocab.playbook import Playbook


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowing:
    """What the user kept of each axis; an empty axis is not narrowed."""

    formats: tuple[Format, ...] = ()
    backends: tuple[Backend, ...] = ()
    modalities: tuple[Modality, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRequest:
    """Everything that the plan depends on."""

    playbook: Playbook
    tier: TierSpec
    files: ModelFiles
    equipment: Mapping[Format, Equipped]
    """The engine that is asked about each format."""
    machine: Machine
    gates: Sequence[Gate]
    oracles: Sequence[Oracle]
    unequipped: Mapping[Format, str] = field(default_factory=dict)
    """Why there is no engine for a format."""
    narrowing: Narrowing = Narrowing()
    seed: int | None = None
    """None: the playbook's."""
    timeout_s: float | None = None
    """None: the playbook's."""
    context: int | None = None
    has_template: bool = True
    reference: str = ""
    """Empty when the reference engine can read the ground truth; else the reason why not."""
    ollama: str = "no Ollama was looked for"
    """Empty when there is an Ollama to compare with; else the reason why not."""
    forward: str = ""
    """Empty when it can compute the fixed texts, a layer at a time; else the reason why not."""
    passes: Mapping[Format, float] = field(default_factory=dict)
    """Predicted minutes of computing the fixed texts from the files of each format."""
    earlier: Evidence | None = None
    """That of the last certificate of this model at this tier."""
    no_earlier: str = ""
    """Why the evidence of a certificate that is there cannot be had; empty when it can or there is none."""
    sequential: bool = False
    """Let the run stop early by the tier's rule."""
    sizes: Mapping[Format, int] = field(default_factory=dict)
    """Bytes of the weights, for the prediction; nominal ones when not known."""

    @property
    def effective(self) -> Playbook:
        """The playbook with the user's seed and time limit in place of its own."""
        matrix = self.playbook.matrix
        seed = matrix.seed if self.seed is None else self.seed
        timeout_ms = matrix.timeout_ms if self.timeout_s is None else round(self.timeout_s * 1000)
        return replace(self.playbook, matrix=replace(matrix, seed=seed, timeout_ms=timeout_ms))
