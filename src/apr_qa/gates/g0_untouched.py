"""No engine writes to the model that it is given: the next user would get another model under the same name."""

from __future__ import annotations

from apr_qa.gates._draw import claim
from apr_qa.text import one_line
from apr_qa.vocab.axes import Category, Gateway, Severity
from apr_qa.vocab.gates import Brief, Drawn, Exhibits, Gate, GateSpec
from apr_qa.vocab.plan import Claim, Subject
from apr_qa.vocab.verdict import Outcome, Verdict


def _draw(spec: GateSpec, brief: Brief) -> Drawn:
    if not brief.cells:
        return Drawn()
    return Drawn(claims=(claim(spec, Subject(), params={"last": True}),))


def _judge(_claim: Claim, exhibits: Exhibits) -> Verdict:
    if exhibits.files is None:
        return Verdict(outcome=Outcome.UNJUDGED, reason="the model's files are not at hand")
    if not exhibits.changed:
        return Verdict(outcome=Outcome.CORROBORATED, reason="every file of the model is as it was before the run")
    what = "; ".join(exhibits.changed[:3])
    return Verdict(
        outcome=Outcome.FALSIFIED,
        reason=f"the engine changed the model that it was given: {one_line(what, 300)}",
        detail={"changed": list(exhibits.changed[:20])},
    )


GATE = Gate(
    spec=GateSpec(
        id="G0-INTEGRITY-UNTOUCHED",
        claim="No file of the model is changed, removed or added while engines have it.",
        category=Category.STAB,
        gateway=Gateway.G0,
        severity=Severity.P0,
        weight=2.0,
        remedy="Fetch the model again, and report the engine: it writes where it should only read.",
    ),
    draw=_draw,
    judge=_judge,
)
