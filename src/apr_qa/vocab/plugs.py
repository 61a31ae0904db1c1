"""The contracts of the rooms: what one plug-in file must hold. A plug-in is a frozen record of data and functions.

Engines map questions to commands and replies to records; they spawn nothing. Oracles judge one answer's text.
Gates draw claims (and the questions that these need) while planning, and judge them when the answers are in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from apr_qa.vocab.artefacts import Artefact, ModelFiles
from apr_qa.vocab.axes import Backend, Category, Cell, Format, Gateway, Modality, Severity, Tier
from apr_qa.vocab.catalog import TierSpec
from apr_qa.vocab.command import Command, Completed, HttpRequest, HttpResponse
from apr_qa.vocab.evidence import EngineFacts, Evidence
from apr_qa.vocab.observation import Observation, Reply
from apr_qa.vocab.plan import Claim, NotRun
from apr_qa.vocab.playbook import Playbook
from apr_qa.vocab.scenario import Scenario
from apr_qa.vocab.score import Scorecard
from apr_qa.vocab.verdict import Verdict

# --- engines -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """Where an engine is asked to work."""

    artefact: Artefact
    backend: Backend
    facts: EngineFacts
    program: tuple[str, ...]
    """How the program starts: `("/abs/apr",)` or `("/abs/python", "-I", "-m", "apr_qa.reference")`."""
    scratch: Path
    """An empty folder of the session's own, removed afterwards; the working folder of the program."""
    port: int = 0
    """A free port for a server that cannot choose one itself."""
    timeout_s: float = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class OneShot:
    """One process a question: modality run."""

    command: Callable[[Setting, Scenario], Command]
    read: Callable[[Scenario, Completed], Reply]


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """One process, many questions of modality run; replies in the order of the scenarios."""

    command: Callable[[Setting, Sequence[Scenario]], Command]
    read: Callable[[Sequence[Scenario], Completed], tuple[Reply, ...]]
    files: Callable[[Setting, Sequence[Scenario]], Mapping[str, bytes]] = lambda _setting, _scenarios: {}
    """Input files to put into the scratch folder first, by name."""
    suits: Callable[[Setting], bool] = lambda _setting: True
    """False when this format has no batch; questions then go one by one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """A program that is talked to over its standard streams: modality chat. One session, many conversations."""

    command: Callable[[Setting], Command]
    """`stdin` of the command is not used."""
    ready: Callable[[bytes], bool]
    """Is the program ready for the first turn, given all it printed so far?"""
    turns: Callable[[Scenario], tuple[bytes, ...]]
    """What to write, one item a turn; the next is written when the one before is answered."""
    answered: Callable[[bytes], bool]
    """Do the bytes printed since the last write hold a whole answer?"""
    read: Callable[[Scenario, tuple[bytes, ...]], Reply]
    """From what was printed after each turn."""
    failed: Callable[[Completed], Reply]
    """From a program that ended when it should have answered."""
    reset: bytes = b""
    """Written between two conversations, answered like a turn; empty when turns carry all context."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A program that answers HTTP: modality serve. One session, many requests, several at once."""

    command: Callable[[Setting], Command]
    port: Callable[[Setting, bytes], int | None]
    """The port it listens on, from all it printed so far; None: not yet known."""
    health: HttpRequest
    healthy: Callable[[HttpResponse], bool]
    request: Callable[[Scenario], HttpRequest]
    read: Callable[[Scenario, HttpResponse], Reply]
    failed: Callable[[Completed], Reply]


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """How an engine turns ground truth into another format."""

    command: Callable[[Setting, Path, Format], Command]
    """From `setting.artefact` to the file given, in the format given."""
    formats: tuple[Format, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """An inference program under command."""

    name: str
    summary: str
    program: str = ""
    """Name on PATH of an outside program; empty for embedded engines."""
    module: str = ""
    """Module of an embedded engine, started as `python -I -m MODULE`."""
    get_it: str = ""
    """How a user installs it, one line."""
    version_args: tuple[str, ...] = ("--version",)
    identify: Callable[[Completed], EngineFacts]
    """Facts from the output of `version_args`. Raises EngineMissingError for a version it cannot drive."""
    supports: Callable[[EngineFacts, Cell], str]
    """Empty when the cell can run, else the reason why not."""
    one_shot: OneShot | None = None
    batch: Batch | None = None
    conversation: Conversation | None = None
    server: Server | None = None
    conversion: Conversion | None = None
    remote: bool = False
    """Answers at a URL that somebody else runs; `program` is then the URL, and only `server` is used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Equipped:
    """An engine found on this machine, probed and ready to be asked."""

    engine: Engine
    facts: EngineFacts
    program: tuple[str, ...]
    """As `Setting.program`."""


# --- oracles -------------------------------------------------------------------------------------------------------


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
    earlier: Evidence | None = None
    """The last certified evidence of this model, if any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """What a gate wants asked and judged."""

    claims: tuple[Claim, ...] = ()
    scenarios: tuple[Scenario, ...] = ()
    """Probes besides the matrix; ids unique in the plan."""
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """One falsifiable claim with its id: catalogue entry, drawing, judging."""

    spec: GateSpec
    draw: Callable[[GateSpec, Brief], Drawn]
    judge: Callable[[Claim, Exhibits], Verdict]
    """Never raises on bad answers or files: those are verdicts. What it raises is our bug and becomes `unjudged`."""


# --- reports -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One rendering of evidence and its scorecard."""

    name: str
    file_name: str
    summary: str
    render: Callable[[Evidence, Scorecard], str]


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
