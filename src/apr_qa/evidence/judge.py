"""Judging: how asking ended, then what was answered. Our own fault is `unjudged`, never the model's loss."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from numbers import Integral, Real
from typing import Any

from apr_qa.errors import AprQaError
from apr_qa.oracles import expectation, verdict_on
from apr_qa.text import one_line, strip_terminal_codes
from apr_qa.vocab.gates import Exhibits, Gate, Oracle
from apr_qa.vocab.observation import Ending, Observation
from apr_qa.vocab.plan import Claim
from apr_qa.vocab.scenario import OracleSpec, Scenario
from apr_qa.vocab.verdict import Outcome, Verdict

GARBAGE = "garbage"
_PATH = re.compile(r"/(?:[\w.+-]+/)+[\w.+-]+")
"""Folders of this machine are nobody's business: evidence is published."""

_ENDED: dict[Ending, tuple[Outcome, str]] = {
    Ending.CRASHED: (Outcome.CRASHED, "the engine crashed"),
    Ending.TIMEOUT: (Outcome.TIMEOUT, "no answer in the time limit"),
    Ending.UNSTARTED: (Outcome.UNJUDGED, "it could not be asked"),
    Ending.REFUSED: (Outcome.SKIPPED, "the engine says that it does not do this"),
    Ending.FAILED: (Outcome.FALSIFIED, "the engine reported an error"),
}


def judge_answer(scenario: Scenario, observation: Observation, oracles: Mapping[str, Oracle]) -> Verdict:
    """Return the verdict on one answer by itself; `detail["oracle"]` names the oracle that decided.

    How asking ended comes first; then the answer, stripped of terminal codes, goes to the garbage oracle and, when
    that lets it pass, to the scenario's own. An oracle that is unknown or raises leaves the answer unjudged.
    """
    reply = observation.reply
    if reply.ending in _ENDED:
        outcome, words = _ENDED[reply.ending]
        said = one_line(reply.message or observation.stderr_tail)
        return Verdict(outcome=outcome, reason=f"{words}: {said}" if said else words)
    if reply.text is None:
        return Verdict(outcome=Outcome.FALSIFIED, reason="the engine claims success and gave no text")
    answer = strip_terminal_codes(reply.text)
    first = _ask(answer, _garbage_spec(scenario), scenario.prompt, oracles)
    if scenario.oracle.name == GARBAGE or first.outcome is not Outcome.CORROBORATED:
        return first
    return _ask(answer, scenario.oracle, scenario.prompt, oracles)


def judge_claim(claim: Claim, gate: Gate, exhibits: Exhibits) -> Verdict:
    """Return the gate's verdict on one claim; unjudged when a question it needs was not asked, or the gate raises."""
    for name in claim.needs:
        if name not in exhibits.observations:
            return Verdict(outcome=Outcome.UNJUDGED, reason=f"{name} was not asked")
    try:
        verdict = gate.judge(claim, exhibits)
    except Exception as fault:  # noqa: BLE001  (whatever a gate raises is our bug, never the model's loss)
        return _our_fault(f"gate {gate.spec.id}", fault)
    return _checked(verdict, f"gate {gate.spec.id}")


def _garbage_spec(scenario: Scenario) -> OracleSpec:
    if scenario.oracle.name == GARBAGE:
        return scenario.oracle
    return OracleSpec(name=GARBAGE, config=scenario.oracle.config.get(GARBAGE) or {})


def _ask(answer: str, spec: OracleSpec, prompt: str, oracles: Mapping[str, Oracle]) -> Verdict:
    room = tuple(oracles.values())
    try:
        if spec.name == GARBAGE and not spec.expected:
            spec = expectation(spec, prompt, room) or spec
        verdict = verdict_on(answer, spec, room)
    except Exception as fault:  # noqa: BLE001  (whatever an oracle raises is our bug, never the model's loss)
        return _our_fault(f"oracle {spec.name}", fault)
    return _checked(verdict, f"oracle {spec.name}", {"oracle": spec.name})


def _our_fault(who: str, fault: Exception) -> Verdict:
    kind = "" if isinstance(fault, AprQaError) else f"{type(fault).__name__}: "
    words = _PATH.sub(lambda path: path.group().rpartition("/")[2], one_line(str(fault)))
    return Verdict(outcome=Outcome.UNJUDGED, reason=f"{who} could not judge: {kind}{words}")


def _checked(verdict: Any, who: str, more: Mapping[str, Any] | None = None) -> Verdict:
    """Return the verdict with JSON values only, so that it can be kept whatever a plug-in put into it."""
    if not isinstance(verdict, Verdict):
        reason = f"{who} could not judge: it gave {type(verdict).__name__}, which is no verdict"
        return Verdict(outcome=Outcome.UNJUDGED, reason=reason)
    return Verdict(
        outcome=verdict.outcome, reason=verdict.reason, detail={**json_values(verdict.detail), **(more or {})}
    )


def json_values(value: Any) -> Any:
    """Return `value` as JSON values; a number that is not finite becomes null, what JSON does not know its text."""
    if isinstance(value, Mapping):
        return {str(key): json_values(item) for key, item in value.items()}
    if isinstance(value, tuple | list | set | frozenset):
        return [json_values(item) for item in value]
    return _number(value) if isinstance(value, Real) else None if value is None else str(value)


def _number(value: Real) -> float | None:
    if isinstance(value, bool):
        return value
    if isinstance(value, Integral):
        return int(value)
    return float(value) if math.isfinite(value) else None
