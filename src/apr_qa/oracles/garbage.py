"""Is the answer language at all? Measures, weights and a threshold, calibrated and frozen: docs/oracles/garbage.md."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apr_qa.errors import InputError
from apr_qa.oracles._letters import frozen
from apr_qa.oracles._repeats import commonest_share
from apr_qa.oracles._statistics import measures
from apr_qa.oracles._text import PROMPT_KEPT, answer_in, is_echo, shown, without_banners
from apr_qa.vocab.plugs import Oracle
from apr_qa.vocab.verdict import Outcome, Verdict

_LONG_ENOUGH = 40
"""Characters from which `min_unique_chars` of a playbook is asked of an answer: `4` has one, and is right."""


def expect(prompt: str, config: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the prompt, to know its echo: this oracle applies to every answer. Raises InputError for a bad limit."""
    for key in ("max_repetition_ratio", "min_unique_chars"):
        if not isinstance(config.get(key, 0), int | float):
            raise InputError(f"`{key}` of the garbage oracle is {config[key]!r}", remedy="give a number")
    return {"prompt": prompt[:PROMPT_KEPT]}


def score(text: str, prompt: str) -> tuple[float, Mapping[str, float]]:
    """Return (score, measures above 0) of `text`, an answer less banners and echo.

    The score is 1 - product of (1 - weight x measure): one strong sign is enough, weak ones add up.
    """
    weights: Mapping[str, float] = frozen()["weights"]
    found = {name: value for name, value in measures(text, prompt).items() if value > 0}
    sound = 1.0
    for name, value in found.items():
        sound *= 1 - weights[name] * value
    return 1 - sound, found


def grade(answer: str, prompt: str) -> tuple[float, Mapping[str, float]]:
    """Return score and measures of an answer as given; an answer without text of its own scores 1."""
    text = without_banners(answer).strip()
    if not text:
        return 1.0, {"empty": 1.0} if not answer.strip() else {"banner only": 1.0}
    if is_echo(text, prompt):
        return 1.0, {"echo of the prompt": 1.0}
    return score(answer_in(answer, prompt), prompt)


def judge(answer: str, expected: Mapping[str, Any], config: Mapping[str, Any]) -> Verdict:
    """Falsify what scores at or above the frozen threshold; the detail names each sign with its measure."""
    total, found = grade(answer, str(expected.get("prompt", "")))
    threshold = float(frozen()["threshold"])
    detail = {"score": round(total, 4), "threshold": threshold, "signs": {k: round(v, 3) for k, v in found.items()}}
    if total >= threshold:
        weights = frozen()["weights"]
        main = max(found, key=lambda name: weights.get(name, 1.0) * found[name])
        reason = f"garbage ({main}, score {total:.2f}): {shown(answer)}"
        return Verdict(outcome=Outcome.FALSIFIED, reason=reason, detail=detail)
    if problem := _beyond(answer, config):
        return Verdict(outcome=Outcome.FALSIFIED, reason=problem, detail=detail)
    return Verdict(outcome=Outcome.CORROBORATED, reason=f"no garbage (score {total:.2f})", detail=detail)


def _beyond(answer: str, config: Mapping[str, Any]) -> str:
    """Return what passes the limits that a playbook sets besides, or nothing."""
    text = without_banners(answer).strip()
    share = commonest_share(text.lower().split())
    if share > config.get("max_repetition_ratio", 1.0):
        return f"one word makes {share:.0%} of the answer; the playbook allows {config['max_repetition_ratio']:.0%}"
    least = config.get("min_unique_chars", 0)
    if len(text) >= _LONG_ENOUGH and len(set(text)) < least:
        return f"the answer has {len(set(text))} different characters; the playbook asks for {least}"
    return ""


ORACLE = Oracle(
    name="garbage",
    claim="The answer is language, code or data, not empty, an echo, a banner or noise.",
    expect=expect,
    judge=judge,
)
