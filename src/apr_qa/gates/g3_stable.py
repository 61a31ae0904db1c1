"""G3: the engine neither crashes again and again nor hangs for good."""

from __future__ import annotations

from apr_qa.gates import _draw, _judging, _probes
from apr_qa.vocab.axes import Category, Gateway, Severity
from apr_qa.vocab.gates import Brief, Drawn, Exhibits, Gate, GateSpec
from apr_qa.vocab.observation import Ending
from apr_qa.vocab.plan import Claim
from apr_qa.vocab.verdict import Verdict

_NOT_TRIED = (Ending.UNSTARTED, Ending.REFUSED)


def _draw_claims(spec: GateSpec, brief: Brief) -> Drawn:
    return _draw.grouped(spec, brief, _probes.every, _draw.pair)


def _judge(claim: Claim, exhibits: Exhibits) -> Verdict:
    observations = _judging.asked(claim, exhibits)
    for name, o in observations.items():
        if o.survived_kill:
            return _judging.fell(f"{name} hung and could not be ended", scenario=name)
        if o.reply.ending is Ending.CRASHED and o.attempts > 1:
            return _judging.fell(
                f"the engine crashed on {_judging.prompt_of(name, exhibits)} and again when asked a second time",
                scenario=name,
                signal=o.signal,
                exit_status=o.exit_status,
            )
    crashed = [name for name, o in observations.items() if o.reply.ending is Ending.CRASHED]
    if crashed:
        return _judging.unjudged(f"{crashed[0]} crashed and was not asked a second time", scenario=crashed[0])
    ran = [name for name, o in observations.items() if o.reply.ending not in _NOT_TRIED]
    if not ran:
        return _judging.nothing_answered(claim, exhibits)
    once = [name for name, o in observations.items() if o.first_ending is Ending.CRASHED]
    note = f"; {len(once)} crashed once and not again" if once else ""
    return _judging.held(f"{len(ran)} questions without a crash that repeats{note}", ran=len(ran), crashed_once=once)


GATE = Gate(
    spec=GateSpec(
        id="G3-STABLE-001",
        claim="No question makes the engine crash twice or hang beyond being ended, on this format and backend.",
        category=Category.STAB,
        gateway=Gateway.G3,
        severity=Severity.P0,
        weight=0.5,
        remedy="Report the reproducing command to the makers of the engine: no input should bring it down.",
    ),
    draw=_draw_claims,
    judge=_judge,
)
