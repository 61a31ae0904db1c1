"""G0-INTEGRITY-TEMPLATE: the chat template is safe and takes ordinary conversations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jinja2 import TemplateError

from apr_qa.gates import _draw, _judging, _model_files, _template
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
    found = _template.faults(text)
    if found:
        return _judging.fell(f"the chat template {found[0]}", faults=found[:20])
    refused = []
    for name, (messages, open_turn) in SHAPES.items():
        try:
            shown = _template.render(text, messages, _tokens(artefact), open_turn=open_turn)
        except _template.TemplateRefusedError as error:
            if messages[0]["role"] != "system":
                return _judging.fell(f"the chat template refuses {name}: {_judging.quoted(str(error))}", shape=name)
            refused.append(name)
            continue
        except TemplateError as error:
            return _judging.fell(f"the chat template fails on {name}: {_judging.quoted(str(error))}", shape=name)
        lost = [m["content"] for m in messages if m["role"] == "user" and m["content"] not in shown]
        if lost:
            return _judging.fell(f"the chat template drops {lost[0]!r} from {name}", shape=name)
    note = f"; it refuses {', '.join(refused)}" if refused else ""
    return _judging.held(f"the chat template is safe and takes {len(SHAPES) - len(refused)} conversations{note}")


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
