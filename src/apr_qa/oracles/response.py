"""Does the answer answer the question? Demands drawn from the prompt, and those that the playbook states."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apr_qa.errors import InputError
from apr_qa.oracles._demands import demands_of, items_in, met
from apr_qa.oracles._text import PROMPT_KEPT, answer_in, is_echo, shown, without_banners
from apr_qa.vocab.plugs import Oracle
from apr_qa.vocab.verdict import Outcome, Verdict

_MIN_RELEVANCE = 0.75
_TEXTS = ("must_contain", "must_not_contain")


def expect(prompt: str, config: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the demands of `prompt`; every prompt demands at least an answer of its own.

    Raises InputError when `min_relevance` is not between 0 and 1 or a stated demand is no text.
    """
    least = config.get("min_relevance", _MIN_RELEVANCE)
    if isinstance(least, bool) or not isinstance(least, int | float) or not 0 <= least <= 1:
        raise InputError(f"`min_relevance` is {least!r}", remedy="give a number from 0 to 1")
    for key in _TEXTS:
        if not all(isinstance(text, str) for text in _texts(config.get(key, ()))):
            raise InputError(f"`{key}` must be a text or a list of texts")
    return {"demands": demands_of(prompt), "prompt": prompt[:PROMPT_KEPT]}


def _texts(value: Any) -> tuple[Any, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def judge(answer: str, expected: Mapping[str, Any], config: Mapping[str, Any]) -> Verdict:
    """Falsify an empty answer, an echo, a stated demand not met, and a relevance below `min_relevance` (default 0.75).

    Relevance is the share of the prompt's demands that are met; an answer to a prompt that demands nothing has 1.
    """
    prompt = str(expected.get("prompt", ""))
    if not without_banners(answer).strip():
        return _falsified("the answer is empty", {})
    if is_echo(without_banners(answer), prompt):
        return _falsified("the answer only repeats the prompt", {})
    said = answer_in(answer, prompt) or answer.strip()
    if problem := _stated_problem(said, config):
        return _falsified(problem, {})
    # A greeting may mirror the prompt: demands are looked for in the whole answer, not only behind an echo.
    whole = without_banners(answer)
    missed = [demand["what"] for demand in expected.get("demands", ()) if not met(demand, whole)]
    number = len(expected.get("demands", ()))
    relevance = 1 - len(missed) / number if number else 1.0
    detail = {"relevance": round(relevance, 3), "missed": missed}
    if missed and relevance < config.get("min_relevance", _MIN_RELEVANCE):
        return _falsified(f"the answer {shown(said)} lacks {missed[0]}", detail)
    return Verdict(
        outcome=Outcome.CORROBORATED,
        reason=f"the answer meets {number - len(missed)} of {number} demands",
        detail=detail,
    )


def _stated_problem(said: str, config: Mapping[str, Any]) -> str:
    """Return which demand stated by the playbook is not met; case does not count."""
    plain = said.casefold()
    for text in _texts(config.get("must_contain", ())):
        if text.casefold() not in plain:
            return f"the answer {shown(said)} does not contain {shown(text)}"
    for text in _texts(config.get("must_not_contain", ())):
        if text.casefold() in plain:
            return f"the answer {shown(said)} contains {shown(text)}"
    prefix = str(config.get("expected_prefix", ""))
    if not plain.startswith(prefix.casefold()):
        return f"the answer {shown(said)} does not start with {shown(prefix)}"
    wanted = int(config.get("items", 0))
    if wanted and len(set(items_in(said))) < wanted:
        return f"the answer {shown(said)} has fewer than {wanted} items"
    return ""


def _falsified(reason: str, detail: Mapping[str, Any]) -> Verdict:
    return Verdict(outcome=Outcome.FALSIFIED, reason=reason, detail=detail)


ORACLE = Oracle(
    name="response",
    claim="The answer gives what the prompt demands.",
    expect=expect,
    judge=judge,
)
