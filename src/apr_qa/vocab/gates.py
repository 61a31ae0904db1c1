"""The contracts of oracles, which judge one answer's text, and of gates, which draw claims and judge them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from apr_qa.vocab.artefacts import ModelFiles
from apr_qa.vocab.axes import Backend, Category, Cell, Format, Gateway, Modality, Severity, Tier
from apr_qa.vocab.catalog import TierSpec
from apr_qa.vocab.conversions import Made, Step
from apr_qa.vocab.evidence import Evidence
from apr_qa.vocab.observation import Observation
from apr_qa.vocab.plan import Claim, NotRun
from apr_qa.vocab.playbook import Playbook
from apr_qa.vocab.scenario import OracleSpec, Scenario
from apr_qa.vocab.verdict import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Oracle:
    """Judges the text of one answer."""

    name: str
    claim: str
    """What it asserts of an answer, in one sentence."""
    expect: Callable[[str, Mapping[str, Any]], Mapping[str, Any] | None]
    """(prompt, config) -> what to expect, as JSON values; None when the prompt is none of its kind.

    Raises InputError when the prompt is of its kind but cannot be parsed: a configuration error, never a pass.
    """
    judge: Callable[[str, Mapping[str, Any], Mapping[str, Any]], Verdict]
    """(answer stripped of terminal codes, expected, config) -> corroborated or falsified."""
    parts: Callable[[Mapping[str, Any]], tuple[OracleSpec, ...]] = lambda _config: ()
    """config -> the oracles it is made of."""
    combine: Callable[[Sequence[tuple[str, Verdict]], Mapping[str, Any]], Verdict] | None = None
    """(name and verdict of each part, config) -> one verdict. When set, the parts are asked instead of `judge`
    (`apr_qa.oracles.verdict_on` does so)."""
    version: int = 1


# --- gates ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class GateSpec:
    """A gate's catalogue entry: one falsifiable claim."""

    id: str
    claim: str
    """In one sentence, true of a healthy model."""
    category: Category
    gateway: Gateway | None = None
    severity: Severity = Severity.P1
    weight: float = 1.0
    formats: tuple[Format, ...] = tuple(Format)
    backends: tuple[Backend, ...] = tuple(Backend)
    modalities: tuple[Modality, ...] = tuple(Modality)
    tiers: tuple[Tier, ...] = tuple(Tier)
    """The tiers that plan it."""
    remedy: str = ""
    reads_files: bool = False
    """True when its answers alone do not decide a claim that needs some: shards then keep these answers together."""
    computes: bool = False
    """True when judging takes a forward pass over the file, which costs minutes."""
    version: int = 1
    """Raised when the same observation may get another verdict."""

    @property
    def anchor(self) -> str:
        """Anchor in the gate reference of the docs."""
        return self.id.lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """What a gate knows while claims are drawn."""

    playbook: Playbook
    tier: TierSpec
    seed: int
    cells: tuple[Cell, ...]
    """The cells that will run, in order."""
    matrix: tuple[Scenario, ...]
    """The matrix scenarios, planned already."""
    files: ModelFiles
    context: int | None = None
    """Context length in tokens, from config.json; None when unknown."""
    has_template: bool = True
    reference: str = ""
    """Empty when the reference engine can read the ground truth; else the reason why not."""
    forward: str = ""
    """Empty when the reference engine can compute the fixed texts, a layer at a time; else the reason why not."""
    earlier: Evidence | None = None
    """The last certified evidence of this model, if any."""
    no_earlier: str = ""
    """Why the evidence of a certificate that is there cannot be had; empty when it can or there is none."""
    conversions: frozenset[Step] = frozenset()
    """What the engine on trial makes of what in one command."""
    converter: str = "the engine"
    """Its name and version."""
    ollama: str = "no Ollama was looked for"
    """Empty when there is an Ollama to compare with; else the reason why not."""
    by_cell: Mapping[Cell, tuple[Scenario, ...]] = field(init=False, repr=False, compare=False)
    """`matrix` by cell, grouped once: every gate asks for it."""

    def __post_init__(self) -> None:
        found: dict[Cell, list[Scenario]] = {}
        for scenario in self.matrix:
            found.setdefault(scenario.cell, []).append(scenario)
        object.__setattr__(self, "by_cell", {cell: tuple(scenarios) for cell, scenarios in found.items()})


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """What a gate wants asked and judged."""

    claims: tuple[Claim, ...] = ()
    scenarios: tuple[Scenario, ...] = ()
    """Probes besides the matrix. Gates share them: equal records of one id are asked once; unequal ones are a bug."""
    not_run: tuple[NotRun, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Exhibits:
    """What lies before a gate when it judges one claim."""

    scenarios: Mapping[str, Scenario] = field(default_factory=dict)
    """Those named by `claim.needs`."""
    observations: Mapping[str, Observation] = field(default_factory=dict)
    answers: Mapping[str, Verdict] = field(default_factory=dict)
    """The verdict on each answer by itself: how asking ended, then garbage, then the scenario's oracle."""
    files: ModelFiles | None = None
    """None when evidence is judged again without the model at hand."""
    made: Mapping[str, Made] = field(default_factory=dict)
    """Converted files by `route_name`: those on the routes in `claim.params["routes"]`, with every step before them."""
    changed: tuple[str, ...] = ()
    """What engines did to the model's own files, a sentence each; known to claims with `params["last"]` only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """One falsifiable claim with its id: catalogue entry, drawing, judging."""

    spec: GateSpec
    draw: Callable[[GateSpec, Brief], Drawn]
    judge: Callable[[Claim, Exhibits], Verdict]
    """Never raises on bad answers or files: those are verdicts. What it raises is our bug and becomes `unjudged`."""
