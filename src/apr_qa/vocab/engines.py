"""The contract of the engines room: questions to commands, output to replies. An engine spawns nothing itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from apr_qa.vocab.artefacts import Artefact
from apr_qa.vocab.axes import Backend, Cell, Format
from apr_qa.vocab.command import Command, Completed, HttpRequest, HttpResponse
from apr_qa.vocab.conversions import Step
from apr_qa.vocab.evidence import EngineFacts
from apr_qa.vocab.observation import Reply
from apr_qa.vocab.scenario import Scenario


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
    first: Scenario | None = None
    """The first question of the session, for what a program fixes when it starts (see `alike`)."""


def _all_alike(_scenario: Scenario) -> tuple[object, ...]:
    return ()


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
    alike: Callable[[Scenario], tuple[object, ...]] = _all_alike
    """Questions may share a process when this is equal: what is fixed when it starts, such as the seed."""


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
    """From a program that ended when it should have answered, with all that it printed since its start."""
    reset: bytes = b""
    """Written between two conversations, answered like a turn; empty when turns carry all context."""
    alike: Callable[[Scenario], tuple[object, ...]] = _all_alike
    """As `Batch.alike`: what is fixed when the program starts, such as the token limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A program that answers HTTP: modality serve. One session, many requests, several at once."""

    command: Callable[[Setting], Command]
    port: Callable[[Setting, bytes], int | None]
    """The port it listens on, from all it printed so far; None: not yet known."""
    health: HttpRequest
    healthy: Callable[[HttpResponse], bool]
    request: Callable[[Setting, Scenario], HttpRequest]
    read: Callable[[Scenario, HttpResponse], Reply]
    failed: Callable[[Completed], Reply]


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """How an engine turns one format into another."""

    command: Callable[[Setting, Path, Format], Command]
    """From `setting.artefact` to the file given, in the format given."""
    steps: tuple[Step, ...]
    """What it makes of what in one command."""
    failed: Callable[[Completed], Reply]
    """From a program that ended without the file it owed."""


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
    refuses: Callable[[Scenario], str] = lambda _scenario: ""
    """Empty when this question can be asked word for word, else the reason why not: no question is ever bent."""
    feature_args: tuple[str, ...] = ()
    """A second probe, for what the version does not tell; empty: none."""
    features: Callable[[Completed], tuple[str, ...]] = lambda _completed: ()
    """More `EngineFacts.features`, from the output of `feature_args`. Never raises."""
    one_shot: OneShot | None = None
    batch: Batch | None = None
    conversation: Conversation | None = None
    server: Server | None = None
    conversion: Conversion | None = None
    diagnose: Callable[[Setting, Scenario], tuple[Command, ...]] = lambda _setting, _scenario: ()
    """What to run after a question was lost, so that its makers see why; `setting.scratch` may be written into."""
    remote: bool = False
    """Answers at a URL that somebody else runs; `program` is then the URL, only `server` is used, and what `identify`
    gets is the answer to `server.health`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Equipped:
    """An engine found on this machine, probed and ready to be asked."""

    engine: Engine
    facts: EngineFacts
    program: tuple[str, ...]
    """As `Setting.program`."""
