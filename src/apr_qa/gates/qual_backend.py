"""F-QUAL-BACKEND: it ran where it was told to run."""

from __future__ import annotations

from apr_qa.gates import _draw, _judging, _probes
from apr_qa.vocab.axes import Backend, Category, Severity
from apr_qa.vocab.gates import Brief, Drawn, Exhibits, Gate, GateSpec
from apr_qa.vocab.plan import Claim
from apr_qa.vocab.verdict import Verdict


def _draw_claims(spec: GateSpec, brief: Brief) -> Drawn:
    return _draw.grouped(spec, brief, _probes.ordinary)


def _judge(claim: Claim, exhibits: Exhibits) -> Verdict:
    answers = _judging.answered(claim, exhibits)
    if not answers:
        return _judging.nothing_answered(claim, exhibits)
    wanted = claim.subject.backend
    other = [name for name, o in answers.items() if o.reply.backend_ran not in (None, wanted)]
    if other:
        ran = answers[other[0]].reply.backend_ran
        return _judging.fell(f"{len(other)} of {len(answers)} answers were computed on {ran}, not {wanted}", ran=ran)
    proven = [name for name, o in answers.items() if o.reply.backend_ran == wanted]
    if wanted is Backend.GPU and len(proven) < len(answers):
        return _judging.fell(
            f"{len(answers) - len(proven)} of {len(answers)} answers come without proof that the gpu computed them",
            proven=len(proven),
        )
    if not proven:
        return _judging.skipped("the engine does not say what it computed on")
    said = f"{len(proven)} of {len(answers)} answers say so"
    return _judging.held(f"computed on {wanted}: {said}", proven=len(proven), answers=len(answers))


GATE = Gate(
    spec=GateSpec(
        id="F-QUAL-BACKEND-001",
        claim="Answers are computed on the backend that was asked for; the gpu has to be proven.",
        category=Category.QUAL,
        severity=Severity.P0,
        weight=2.0,
        remedy="Look for a silent fall-back to the cpu: a build without gpu support, too little memory, a driver.",
    ),
    draw=_draw_claims,
    judge=_judge,
)
