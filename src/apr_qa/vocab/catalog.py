"""What the catalogues say: tiers, known models and prompts. Data, not code."""

from __future__ import annotations

from dataclasses import dataclass

from apr_qa.vocab.axes import Backend, Cell, Format, Modality, SizeClass, Tier
from apr_qa.vocab.playbook import Prompt
from apr_qa.vocab.score import Status
from apr_qa.vocab.sequential import SequentialRule


@dataclass(frozen=True, slots=True, kw_only=True)
class TierSpec:
    """How hard a tier tries, and the most it may claim."""

    tier: Tier
    summary: str
    minutes: str
    """What to expect on a laptop with a small model, as text: `5-10 min`."""
    formats: tuple[Format, ...]
    backends: tuple[Backend, ...]
    modalities: tuple[Modality, ...]
    scenario_count: int
    """Matrix scenarios in each cell."""
    repeats: int
    """How often the repeat probes ask the same question."""
    certified_at: int
    """Raw MQS from which the status is CERTIFIED."""
    best_status: Status
    """The tier caps the claim."""
    sequential: SequentialRule | None = None
    """How a run may stop early when the user lets it; None: it asks everything."""
    prompts: tuple[Prompt, ...] = ()
    """What is asked when a playbook lists no prompts of its own."""

    @property
    def cells(self) -> tuple[Cell, ...]:
        """The cells that the tier requires, formats outermost."""
        return tuple(
            Cell(format=f, backend=b, modality=m) for f in self.formats for b in self.backends for m in self.modalities
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownModel:
    """A model of the registry: facts only, no verdict."""

    model: str
    """`org/name`."""
    family: str
    parameters: str
    """As its makers write it: `1.5B`, `135M`."""
    size: SizeClass
    local: str = ""
    """Where it lies in a checkout, relative to its root; empty for models of the Hub."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptSet:
    """Questions of one kind, and when they are asked."""

    name: str
    summary: str
    prompts: tuple[Prompt, ...]
    kernel_op: str = ""
    """The kernel that these prompts exercise, as kernel profiles name it; empty for universal sets."""
