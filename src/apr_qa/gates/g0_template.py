"""G0-INTEGRITY-TEMPLATE: the chat template is safe and takes ordinary conversations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jinja2 import TemplateError

from apr_qa.gates import _draw, _judging, _model_files
from apr_qa.templates.child import render_apart
from apr_qa.templates.reading import faults
from apr_qa.templates.sandbox import TemplateRefusedError
from apr_qa.vocab.artefacts import Artefact
from apr_qa.vocab.axes import Category, Format, Gateway, Severity
from apr_qa.vocab.gates import Gate, GateSpec
from apr_qa.vocab.plan import Claim
from apr_qa.vocab.verdict import Verdict
from apr_qa.weights import Header

_SYSTEM, _QUESTION, _ANSWER, _MORE = "Be brief.", "What is 2+2?", "It is four.", "And 3+3?"


def _said(*turns: tuple[str, str]) -> list[dict[str, str]]:
    return [{"role": role, "content": content} for role, content in turns]


SHAPES: dict[str, tuple[list[dict[str, str]], bool]] = {
    "one question": (_said(("user", _QUESTION)), True),
    "system and question": (_said(("system", _SYSTEM), ("user", _QUESTION)), True),
    "two turns": (_said(("user", _QUESTION), ("assistant", _ANSWER), ("user", _MORE)), True),
    "closed conversation": (_said(("user", _QUESTION), ("assistant", _ANSWER)), False),
}
"""Name to (messages, is the assistant's turn opened); only the system text may be refused by a template."""


def _judge(artefact: Artefact, header: Header, _claim: Claim) -> Verdict:
    text = _model_files.template_of(artefact, header)
    if text is None:
        return _judging.held("the file carries no chat template, so there is none to fear", template=False)
    found = faults(text)
    if found:
        return _judging.fell(f"the chat template {found[0]}", faults=found[:20])
    refused = []
    for name in SHAPES:
        problem, was_refused = _problem(text, name, _tokens(artefact))
        if problem:
            return _judging.fell(f"the chat template {problem}", shape=name)
        refused += [name] if was_refused else []
    note = f"; it refuses {', '.join(refused)}" if refused else ""
    return _judging.held(f"the chat template is safe and takes {len(SHAPES) - len(refused)} conversations{note}")


def _problem(text: str, name: str, tokens: Mapping[str, str]) -> tuple[str, bool]:
    """Return what is wrong with how a conversation is written down (empty: nothing), and whether it may be refused."""
    messages, open_turn = SHAPES[name]
    try:
        shown = render_apart(text, messages, tokens, open_turn=open_turn)
    except TemplateRefusedError as error:
        may = messages[0]["role"] == "system"
        return ("" if may else f"refuses {name}: {_judging.quoted(str(error))}"), may
    except TemplateError as error:
        return f"fails on {name}: {_judging.quoted(str(error))}", False
    lost = [m["content"] for m in messages if m["role"] == "user" and m["content"] not in shown]
    if lost:
        return f"drops {lost[0]!r} from {name}", False
    if _system_turns(shown) > 1:
        return "writes a system turn of its own beside the one that it is given", False
    return "", False


def _system_turns(shown: str) -> int:
    """Return how often the turn of the given system text is opened; 0 when the text is not there.

    A default system text is usual where none is given, and a preface within the turn, too; a second turn is neither.
    """
    before = shown[: shown.find(_SYSTEM)] if _SYSTEM in shown else ""
    start = before.lower().rfind("system")
    return shown.count(before[start:]) if start >= 0 else 0


def _tokens(artefact: Artefact) -> Mapping[str, str]:
    """Return the special tokens that templates write by name."""
    settings: Mapping[str, Any] = {}
    if artefact.format is Format.SAFETENSORS:
        settings = _model_files.optional_json(artefact.folder / _model_files.TOKENIZER_CONFIG)
    named = {name: settings.get(name) for name in ("bos_token", "eos_token", "pad_token", "unk_token")}
    return {name: str(t.get("content", "") if isinstance(t, dict) else t or "") for name, t in named.items()}


GATE = Gate(
    spec=GateSpec(
        id="G0-INTEGRITY-TEMPLATE",
        claim="The chat template, where there is one, is a harmless program that writes ordinary conversations.",
        category=Category.COMP,
        gateway=Gateway.G0,
        severity=Severity.P0,
        weight=0.25,
        remedy="Take the template of the model's makers at a pinned revision; one that reaches for attributes, imports"
        " or odd filters should be read by a person.",
    ),
    draw=_draw.per_format,
    judge=_model_files.on_header(_judge),
)
