"""F-REGR-REFERENCE: the judge's own eye reads the same weights and says the same."""

from __future__ import annotations

from apr_qa.gates import _comparing, _draw, _probes, _quantized
from apr_qa.vocab.axes import Category
from apr_qa.vocab.gates import Brief, Drawn, Gate, GateSpec


def _draw_claims(spec: GateSpec, brief: Brief) -> Drawn:
    if brief.reference:
        return _draw.not_drawn(spec, f"the reference engine cannot be asked: {brief.reference}", required=True)
    claims = []
    asked = []
    for cell in _draw.cells_of(spec, brief):
        ours, theirs = _probes.by_reference(brief, cell), _probes.basic(brief, cell)
        asked += [ours, theirs]
        exact = not _quantized.is_quantized(brief, cell.format)
        twins = [_comparing.Twins(model=a.id, other=b.id, by_text=exact) for a, b in zip(ours, theirs, strict=True)]
        needs = [s.id for s in ours + theirs]
        claims.append(_draw.claim(spec, _draw.whole(cell), needs, params=_comparing.params(twins)))
    return Drawn(claims=tuple(claims), scenarios=_draw.probes_among(asked))


GATE = Gate(
    spec=GateSpec(
        id="F-REGR-REFERENCE-001",
        claim="The engine answers as the reference engine does on the ground truth.",
        category=Category.REGR,
        weight=2.0,
        remedy="Where the reference engine is right and the engine on trial is not, report the reproducing command to"
        " its makers.",
    ),
    draw=_draw_claims,
    judge=_comparing.judge,
)
