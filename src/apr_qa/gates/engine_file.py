"""F-ENGINE-FILE-001: the verdict on the engine, kept apart from that on the file.

The reference engine is asked the same questions on the very file that the engine on trial was given. Where the two
part, the engine is at fault; where both are wrong, the file is (or the model, when its ground truth is wrong already).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from apr_qa.gates import _comparing, _draw, _judging, _probes, _quantized
from apr_qa.truth.culprit import Culprit, culprit, main_culprit
from apr_qa.vocab.axes import Backend, Category, Cell, Format, Modality
from apr_qa.vocab.gates import Brief, Drawn, Exhibits, Gate, GateSpec
from apr_qa.vocab.plan import Claim
from apr_qa.vocab.scenario import Scenario
from apr_qa.vocab.verdict import Verdict

_WORDS = {
    Culprit.FILE: "the engine repeats what its file says, and the file is wrong",
    Culprit.MODEL: "the engine repeats what its file says; the ground truth is wrong already",
}


def _draw_claims(spec: GateSpec, brief: Brief) -> Drawn:
    if brief.reference:
        return _draw.not_drawn(spec, f"the reference engine cannot be asked: {brief.reference}", required=True)
    claims, asked = [], []
    for cell in _draw.cells_of(spec, brief):
        engine, on_file, on_truth = _probes.basic(brief, cell), _on_file(brief, cell), _probes.by_reference(brief, cell)
        exact = not _quantized.is_quantized(brief, cell.format)
        twins = [_comparing.Twins(model=a.id, other=b.id, by_text=exact) for a, b in zip(on_file, engine, strict=True)]
        needs = dict.fromkeys(s.id for s in (*on_file, *engine, *on_truth))
        params = {**_comparing.params(twins), "truth": [s.id for s in on_truth]}
        claims.append(_draw.claim(spec, _draw.whole(cell), needs, params=params))
        asked += [on_file, engine, on_truth]
    return Drawn(claims=tuple(claims), scenarios=_draw.probes_among(asked))


def _on_file(brief: Brief, cell: Cell) -> tuple[Scenario, ...]:
    """Return the basic questions as put to the reference engine on the file of this cell."""
    here = Cell(format=cell.format, backend=Backend.CPU, modality=Modality.RUN)
    alone = replace(brief.files, artefacts={f: a for f, a in brief.files.artefacts.items() if f is cell.format})
    return _probes.by_reference(replace(brief, files=alone, matrix=()), here)


def _judge(claim: Claim, exhibits: Exhibits) -> Verdict:
    if _is_itself(claim, exhibits):
        return _judging.skipped("the engine on trial is the reference engine, and agreeing with itself shows nothing")
    verdict = _comparing.judge(claim, exhibits)
    if verdict.outcome.is_lost:
        return replace(
            verdict,
            reason=f"the engine does not say what its own file says: {verdict.reason}",
            detail={**verdict.detail, "culprit": str(Culprit.ENGINE)},
        )
    blamed = _blamed(claim, exhibits)
    counts = Counter(blamed)
    who = main_culprit(blamed)
    detail = {**verdict.detail, "culprit": str(who), "culprits": {str(name): n for name, n in counts.items()}}
    reason = verdict.reason if who not in _WORDS else f"{verdict.reason}; {_WORDS[who]} in {counts[who]} of them"
    return replace(verdict, reason=reason, detail=detail)


def _is_itself(claim: Claim, exhibits: Exhibits) -> bool:
    """Return whether all answers came from one program, told by how it was started."""
    names = [name for pair in claim.params["twins"] for name in pair[:2]]
    starts = {exhibits.observations[name].argv[:4] for name in names if name in exhibits.observations}
    return len(starts) == 1 and starts != {()}


def _blamed(claim: Claim, exhibits: Exhibits) -> list[Culprit]:
    """Return who is to blame for each answer of the engine."""
    found = []
    for (on_file, engine, _), on_truth in zip(claim.params["twins"], claim.params["truth"], strict=True):
        is_truth = claim.subject.format is Format.SAFETENSORS
        truth = None if is_truth else exhibits.answers.get(on_truth)
        found.append(culprit(exhibits.answers.get(engine), exhibits.answers.get(on_file), truth))
    return found


GATE = Gate(
    spec=GateSpec(
        id="F-ENGINE-FILE-001",
        claim="From one and the same file, the engine answers as the reference engine does.",
        category=Category.QUAL,
        weight=2.0,
        remedy="The file is right and the engine reads or computes it wrongly: report the reproducing command to the"
        " engine's makers.",
    ),
    draw=_draw_claims,
    judge=_judge,
)
