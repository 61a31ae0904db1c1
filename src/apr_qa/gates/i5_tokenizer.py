"""F-CONTRACT-I5-001: text becomes the same tokens, and comes back, whatever the format.

Five tests from the bytes of the files, none of them put to an engine: exact ids on a corpus, decode(encode(text)),
control tokens on and off, chat template text for eight message shapes, vocabulary against rows of the embedding.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from jinja2 import TemplateError

from apr_qa.gates import _draw, _judging, _model_files, _roles
from apr_qa.templates.child import render_apart
from apr_qa.templates.reading import faults
from apr_qa.templates.sandbox import TemplateRefusedError
from apr_qa.truth import tokenizing
from apr_qa.truth.corpus import message_shapes, strings
from apr_qa.truth.tokenizing import Carried, UnsupportedModel
from apr_qa.vocab.artefacts import Artefact, ModelFiles
from apr_qa.vocab.axes import Category, Format, Gateway, Severity
from apr_qa.vocab.gates import Gate, GateSpec
from apr_qa.vocab.plan import Claim
from apr_qa.vocab.verdict import Verdict
from apr_qa.weights import Header, MalformedWeights

_Sides = tuple[Artefact, Header]


def _judge(artefact: Artefact, _claim: Claim, files: ModelFiles) -> Verdict:
    truth = files.artefacts.get(Format.SAFETENSORS)
    try:
        side = (artefact, _model_files.header_of(artefact))
        ground = (truth, _model_files.header_of(truth)) if truth else None
    except (MalformedWeights, OSError) as error:
        return _judging.skipped(f"a header cannot be read ({error}); G0-INTEGRITY-HEADER judges that")
    beside = truth.folder / _model_files.TOKENIZER if truth else None
    try:
        own = _carried(side, beside)
        ours = own if beside is None or artefact is truth else tokenizing.from_json(beside)
    except UnsupportedModel as error:
        return _judging.fell(str(error)) if truth else _judging.unjudged(str(error))
    except OSError as error:
        why = f"a tokenizer cannot be read: {error.strerror}"
        return _judging.fell(why) if truth else _judging.unjudged(why)
    return _weighed(own, dict(_tests(own, ours, side, ground)), compared=ours is not own)


def _carried(side: _Sides, beside: Path | None) -> Carried:
    artefact, header = side
    if artefact.format is Format.GGUF:
        return tokenizing.from_gguf(header, beside)
    if artefact.format is Format.APR:
        return tokenizing.from_apr(header, beside or artefact.folder / _model_files.TOKENIZER)
    return tokenizing.from_json(artefact.folder / _model_files.TOKENIZER)


def _tests(own: Carried, ours: Carried, side: _Sides, ground: _Sides | None) -> Iterator[tuple[str, list[str]]]:
    """Yield each test's name with what it found wrong."""
    rows = next((t.info.shape[0] for t in _roles.placed(side[1]) if t.role == "embedding" and t.info.shape), None)
    yield "ids", list(tokenizing.id_faults(ours, own, strings()))
    yield "decode", list(tokenizing.loss_faults(ours, own))
    yield "control tokens", list(tokenizing.special_faults(ours, own))
    yield "template", list(_template_faults(side, ground)) if ground else []
    yield "rows", list(tokenizing.row_faults(own, rows))


def _weighed(own: Carried, tests: Mapping[str, list[str]], *, compared: bool) -> Verdict:
    changed = tokenizing.normalised_away(own)
    counts = {name: len(faults) for name, faults in tests.items()}
    detail: dict[str, Any] = {
        "tests": counts,
        "notes": list(own.notes),
        "normalised": list(changed),
        "compared": compared,
    }
    detail["lost"] = len(tokenizing.lost(own))
    faults = [f"{name}: {fault}" for name, found in tests.items() for fault in found]
    if faults:
        more = f" ({len(faults) - 1} more)" if len(faults) > 1 else ""
        return _judging.fell(f"{faults[0]}{more}", culprit="file", faults=faults[:20], count=len(faults), **detail)
    with_truth = "as in the ground truth" if compared else "within itself"
    return _judging.held(
        f"{len(strings())} strings and {len(message_shapes())} conversations are right {with_truth}", **detail
    )


def _template_faults(side: _Sides, ground: _Sides) -> Iterator[str]:
    """Yield conversations that the format's own template writes otherwise than that of the ground truth."""
    texts = [_model_files.template_of(*s) for s in (ground, side)]
    if None in texts or side[0].format is Format.SAFETENSORS or any(faults(text or "") for text in texts):
        return  # nothing carried, nothing to compare with, or unsafe, which G0-INTEGRITY-TEMPLATE judges
    for name, messages in message_shapes().items():
        ours, theirs = (
            _written(text or "", s, [dict(message) for message in messages])
            for text, s in zip(texts, (ground, side), strict=True)
        )
        if ours != theirs:
            yield f"{name} is written {_judging.quoted(theirs)}, by the ground truth {_judging.quoted(ours)}"


def _written(text: str, side: _Sides, messages: list[dict[str, str]]) -> str:
    try:
        return render_apart(text, messages, _tokens(side), open_turn=True)
    except (TemplateError, TemplateRefusedError) as error:
        return f"refused: {error}"


def _tokens(side: _Sides) -> Mapping[str, str]:
    """Return the texts of the begin and end tokens, which templates write by name."""
    artefact, header = side
    if artefact.format is Format.GGUF:
        return {f"{name}_token": tokenizing.token_text(header.metadata, name) for name in ("bos", "eos")}
    settings = _model_files.optional_json(artefact.folder / _model_files.TOKENIZER_CONFIG)
    named = {name: settings.get(name) for name in ("bos_token", "eos_token")}
    return {name: str(t.get("content", "") if isinstance(t, dict) else t or "") for name, t in named.items()}


GATE = Gate(
    spec=GateSpec(
        id="F-CONTRACT-I5-001",
        claim="In every format text becomes the tokens of the ground truth's tokenizer, and comes back unharmed.",
        category=Category.COMP,
        gateway=Gateway.G0,
        severity=Severity.P0,
        weight=1.0,
        version=2,
        remedy="Convert again with the tokenizer of the same revision; look at merges, split rule, control tokens and"
        " the chat template.",
    ),
    draw=_draw.per_format,
    judge=_model_files.on_artefact(_judge),
)
