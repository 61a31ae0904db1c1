"""F-QUAL-STOP: the model ends its answers."""

from __future__ import annotations

from apr_qa.gates import _draw, _judging, _probes
from apr_qa.vocab.axes import Category
from apr_qa.vocab.gates import Brief, Drawn, Exhibits, Gate, GateSpec
from apr_qa.vocab.observation import Reply
from apr_qa.vocab.plan import Claim
from apr_qa.vocab.scenario import Scenario
from apr_qa.vocab.verdict import Verdict


def _draw_claims(spec: GateSpec, brief: Brief) -> Drawn:
    if not brief.has_template:
        return _draw.not_drawn(spec, "the model has no chat template, so nothing tells it where an answer ends")
    return _draw.grouped(spec, brief, _probes.basic)


def _ended(scenario: Scenario, reply: Reply) -> bool | None:
    """Return whether the answer ended by itself; None when the engine tells neither reason nor length."""
    count = reply.completion_tokens if reply.tokens is None else len(reply.tokens)
    if reply.finish_reason == "length" or (count is not None and count >= scenario.max_tokens):
        return False
    return True if reply.finish_reason == "stop" or count is not None else None


def _judge(claim: Claim, exhibits: Exhibits) -> Verdict:
    answers = _judging.answered(claim, exhibits)
    if not answers:
        return _judging.nothing_answered(claim, exhibits)
    told = {n: e for n, o in answers.items() if (e := _ended(exhibits.scenarios[n], o.reply)) is not None}
    if not told:
        return _judging.unjudged("the engine says neither why nor after how many tokens its answers end")
    ended = [name for name, by_itself in told.items() if by_itself]
    numbers = {"judged": len(told), "ended": len(ended)}
    if 2 * len(ended) < len(told):
        first = next(name for name in told if name not in ended)
        return _judging.fell(
            f"{len(told) - len(ended)} of {len(told)} answers run on until the token limit:"
            f" {_judging.prompt_of(first, exhibits)} got {_judging.quoted(answers[first].reply.text)}",
            scenario=first,
            **numbers,
        )
    return _judging.held(f"{len(ended)} of {len(told)} answers end by themselves", **numbers)


GATE = Gate(
    spec=GateSpec(
        id="F-QUAL-STOP-001",
        claim="Short answers end by themselves, at the end-of-turn token, before the token limit.",
        category=Category.QUAL,
        remedy="Check that the engine stops at the eos_token_id of generation_config.json, all of them if it lists"
        " several.",
    ),
    draw=_draw_claims,
    judge=_judge,
)
