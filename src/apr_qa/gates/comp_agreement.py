"""F-COMP: one model, one answer, whatever the format and however it is asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from apr_qa.gates import _answers, _comparing, _draw, _judging, _probes, _quantized
from apr_qa.vocab.axes import Category, Cell, Format, Modality
from apr_qa.vocab.gates import Brief, Drawn, Exhibits, Gate, GateSpec
from apr_qa.vocab.plan import Claim, Subject
from apr_qa.vocab.verdict import Outcome, Verdict


def _draw_formats(spec: GateSpec, brief: Brief) -> Drawn:
    groups: dict[Subject, list[Cell]] = {}
    for cell in _draw.cells_of(spec, brief):
        groups.setdefault(Subject(backend=cell.backend, modality=cell.modality), []).append(cell)
    if not any(len(cells) > 1 for cells in groups.values()):
        return _draw.not_drawn(spec, "only one format is planned, so there is nothing to compare it with")
    return _compared(spec, brief, groups, lambda cell: cell.format is Format.SAFETENSORS)


def _draw_modalities(spec: GateSpec, brief: Brief) -> Drawn:
    groups: dict[Subject, list[Cell]] = {}
    for cell in _draw.cells_of(spec, brief):
        groups.setdefault(_draw.pair(cell), []).append(cell)
    if not any(len(cells) > 1 for cells in groups.values()):
        return _draw.not_drawn(spec, "only one modality is planned, so there is nothing to compare it with")
    return _compared(spec, brief, groups, lambda cell: cell.modality is Modality.RUN)


def _compared(spec: GateSpec, brief: Brief, groups: dict[Subject, list[Cell]], leads: _draw.Picks) -> Drawn:
    """Draw a claim for each group of two cells or more: each answers as the leading one does."""
    claims: list[Claim] = []
    asked = []
    for subject, cells in groups.items():
        if len(cells) < 2:
            continue
        first, *others = sorted(cells, key=lambda cell: not leads(cell))
        twins = [t for other in others for t in _twins(brief, first, other)]
        again = [_probes.repeated(brief, cell) for cell in cells]
        floor = [[s.id for s in scenarios] for scenarios in again]
        needs = dict.fromkeys([*(n for t in twins for n in (t.model, t.other)), *(n for ids in floor for n in ids)])
        claims.append(_draw.claim(spec, subject, needs, params={**_comparing.params(twins), "floor": floor}))
        asked += [*again, *(_probes.basic(brief, cell) for cell in cells)]
    return Drawn(claims=tuple(claims), scenarios=_draw.probes_among(asked))


def _twins(brief: Brief, one: Cell, other: Cell) -> Sequence[_comparing.Twins]:
    exact = one.format is other.format or not any(_quantized.is_quantized(brief, c.format) for c in (one, other))
    pairs = zip(_probes.basic(brief, one), _probes.basic(brief, other), strict=True)
    return [_comparing.Twins(model=a.id, other=b.id, by_text=exact) for a, b in pairs]


def _judge(claim: Claim, exhibits: Exhibits) -> Verdict:
    """Judge the pairs, above the floor: an engine that differs from itself says nothing of two formats by differing."""
    repeats = [[_text(name, exhibits) for name in ids] for ids in claim.params.get("floor", ())]
    unsteady = [texts for texts in repeats if len(set(texts)) > 1]
    verdict = _comparing.judge(claim, exhibits)
    floor = {"cells": len(repeats), "unsteady": len(unsteady)}
    if verdict.outcome is Outcome.FALSIFIED and unsteady:
        one, other = list(dict.fromkeys(unsteady[0]))[:2]
        return _judging.unjudged(
            "the engine does not agree with itself, so that a difference says nothing here: asked again,"
            f" {_judging.quoted(one)} became {_judging.quoted(other)}",
            floor=floor,
        )
    return replace(verdict, detail={**verdict.detail, "floor": floor})


def _text(name: str, exhibits: Exhibits) -> str:
    return _answers.plain(exhibits.observations[name].reply.text)


GATES = (
    Gate(
        spec=GateSpec(
            id="F-COMP-FORMATS-001",
            claim="Asked the same way, every format gives the answer that the ground truth gives.",
            category=Category.COMP,
            weight=3.0,
            version=2,
            remedy="Convert again from the SafeTensors files; if that does not help, the engine reads the two formats"
            " differently (layout, rope, tokenizer, template).",
        ),
        draw=_draw_formats,
        judge=_judge,
    ),
    Gate(
        spec=GateSpec(
            id="F-COMP-MODALITIES-001",
            claim="In one format, run, chat and serve give the same greedy answer to the same question.",
            category=Category.COMP,
            weight=3.0,
            version=2,
            remedy="Compare template, tokenizer, sampling defaults and stop tokens of the two ways of asking.",
        ),
        draw=_draw_modalities,
        judge=_judge,
    ),
)
