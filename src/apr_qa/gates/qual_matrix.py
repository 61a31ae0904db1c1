"""F-A1 to F-A6: each matrix scenario is answered right. One gate for each modality on each backend."""

from __future__ import annotations

from apr_qa.gates import _draw, _judging, _probes
from apr_qa.vocab.axes import Backend, Category, Modality
from apr_qa.vocab.gates import Brief, Drawn, Gate, GateSpec

_BY_NUMBER = (
    (1, Modality.RUN, Backend.CPU),
    (2, Modality.RUN, Backend.GPU),
    (3, Modality.CHAT, Backend.CPU),
    (4, Modality.CHAT, Backend.GPU),
    (5, Modality.SERVE, Backend.CPU),
    (6, Modality.SERVE, Backend.GPU),
)


def _draw_claims(spec: GateSpec, brief: Brief) -> Drawn:
    claims = [
        _draw.claim(spec, _draw.whole(cell), (scenario.id,), number=number)
        for cell in _draw.cells_of(spec, brief)
        for number, scenario in enumerate(_probes.matrix(brief, cell), start=1)
    ]
    return Drawn(claims=tuple(claims))


GATES = tuple(
    Gate(
        spec=GateSpec(
            id=f"F-A{number}-001",
            claim=f"Asked by {modality} on {backend}, the model answers this question of the matrix right.",
            category=Category.QUAL,
            backends=(backend,),
            modalities=(modality,),
            remedy="Ask the same by the reproducing command and read the answer beside what the oracle expects.",
        ),
        draw=_draw_claims,
        judge=_judging.on_answer(_judging.own_verdict),
    )
    for number, modality, backend in _BY_NUMBER
)
