"""G1: the model loads."""

from __future__ import annotations

from apr_qa.gates import _draw, _judging, _probes
from apr_qa.vocab.axes import Category, Gateway, Severity
from apr_qa.vocab.gates import Brief, Drawn, Exhibits, Gate, GateSpec
from apr_qa.vocab.observation import Ending, Failing, Observation
from apr_qa.vocab.plan import Claim
from apr_qa.vocab.verdict import Verdict


def _draw_claims(spec: GateSpec, brief: Brief) -> Drawn:
    return _draw.grouped(spec, brief, _probes.ordinary, _draw.pair)


def _has_loaded(observation: Observation) -> bool:
    """An answer, or an error of a later step, proves a load."""
    reply = observation.reply
    late = reply.failing in (Failing.INFERENCE, Failing.CONTEXT)
    return reply.ending is Ending.ANSWERED or reply.load_s is not None or late


def _judge(claim: Claim, exhibits: Exhibits) -> Verdict:
    observations = _judging.asked(claim, exhibits)
    loaded = [name for name, o in observations.items() if _has_loaded(o)]
    if not loaded:
        return _judging.nothing_answered(claim, exhibits)
    failed = [name for name, o in observations.items() if o.reply.failing is Failing.LOAD]
    if failed:
        said = _judging.quoted(observations[failed[0]].reply.message, 120)
        return _judging.held(
            f"the model loads, but not everywhere: {failed[0]} failed with {said}",
            loaded=len(loaded),
            failed_to_load=len(failed),
        )
    return _judging.held(f"{len(loaded)} of {len(observations)} questions show a loaded model", loaded=len(loaded))


GATE = Gate(
    spec=GateSpec(
        id="G1-LOAD-001",
        claim="The engine loads the model in this format on this backend.",
        category=Category.STAB,
        gateway=Gateway.G1,
        severity=Severity.P0,
        weight=0.5,
        remedy="Run the reproducing command by hand and read its error: the file may be of a type or size that the"
        " engine cannot load.",
    ),
    draw=_draw_claims,
    judge=_judge,
)
