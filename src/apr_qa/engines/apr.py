"""`apr` of aprender (crate apr-cli): the first engine on trial, driven as 0.72.3 was found to behave."""

from __future__ import annotations

import re

from apr_qa.engines._apr_batch import BATCH
from apr_qa.engines._apr_chat import CONVERSATION, chat_refusal
from apr_qa.engines._apr_convert import CONVERSION
from apr_qa.engines._apr_diagnose import diagnose
from apr_qa.engines._apr_run import ONE_SHOT, run_refusal
from apr_qa.engines._apr_serve import SERVER
from apr_qa.engines._endings import last_line
from apr_qa.engines._questions import plain_refusal
from apr_qa.engines._values import decode, first_object, mapping, words
from apr_qa.errors import EngineMissingError
from apr_qa.text import one_line
from apr_qa.vocab.axes import Backend, Cell, Modality
from apr_qa.vocab.command import Completed
from apr_qa.vocab.engines import Engine
from apr_qa.vocab.evidence import EngineFacts
from apr_qa.vocab.scenario import Scenario

OLDEST = (0, 72)
GET_IT = "cargo install apr-cli --locked"
_VERSION = re.compile(r"apr (\d{1,6})\.(\d{1,6})\.(\d{1,6})(?:[-+]\S+)? *(?:\(([0-9a-f]+)\))?\s*")


def _identify(completed: Completed) -> EngineFacts:
    """Raises EngineMissingError at once: an older `apr` has other commands, and would let us wait in vain."""
    said = _VERSION.fullmatch(decode(completed.stdout))
    if said is None or completed.exit_status != 0:
        answer = one_line(decode(completed.stdout)) or last_line(completed) or completed.note or "nothing"
        raise EngineMissingError(f"`apr --version` is not the apr of aprender; it says: {answer}", remedy=GET_IT)
    version = ".".join(said.group(1, 2, 3))
    if (int(said[1]), int(said[2])) < OLDEST:
        raise EngineMissingError(
            f"apr {version} is too old: apr-qa drives {OLDEST[0]}.{OLDEST[1]} and later", remedy=GET_IT
        )
    return EngineFacts(name="apr", version=version, features=(f"commit:{said[4]}",) if said[4] else ())


def _features(completed: Completed) -> tuple[str, ...]:
    """Name each accelerator that is compiled in (`cuda`), and say which are ready to compute (`cuda:ready`)."""
    entries = (first_object(completed.stdout) or {}).get("entries")
    found = []
    for entry in map(mapping, entries if isinstance(entries, list) else ()):
        kind = words(entry.get("kind"))
        if not kind or kind == "cpu" or mapping(entry.get("source")).get("kind") != "compiled-in":
            continue
        found.append(kind)
        if mapping(entry.get("status")).get("state") == "ready":
            found.append(f"{kind}:ready")
    return tuple(dict.fromkeys(found))


def _supports(facts: EngineFacts, cell: Cell) -> str:
    built = [name for name in facts.features if ":" not in name]
    if cell.backend is Backend.CPU or any(name.endswith(":ready") for name in facts.features):
        return ""
    if built:
        return f"this apr finds no GPU that is ready (built for {', '.join(built)})"
    return "this apr has no GPU backend compiled in"


def _refuses(scenario: Scenario) -> str:
    refusal = plain_refusal(scenario)
    if refusal or scenario.cell.modality is Modality.SERVE:
        return refusal
    return run_refusal(scenario) if scenario.cell.modality is Modality.RUN else chat_refusal(scenario)


APR = Engine(
    name="apr",
    summary="The command line of aprender, an inference engine in Rust: the first engine on trial.",
    program="apr",
    get_it=GET_IT,
    identify=_identify,
    feature_args=("devices", "--json"),
    features=_features,
    supports=_supports,
    refuses=_refuses,
    one_shot=ONE_SHOT,
    batch=BATCH,
    conversation=CONVERSATION,
    server=SERVER,
    conversion=CONVERSION,
    diagnose=diagnose,
)
