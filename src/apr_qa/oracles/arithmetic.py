"""Is the number right? The prompt is computed exactly, and the answer must state the result free-standing."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from apr_qa.errors import InputError
from apr_qa.oracles._expression import NotAnExpression, value_of
from apr_qa.oracles._numbers import Stated, as_text, numbers_in
from apr_qa.oracles._questions import asked_in
from apr_qa.oracles._text import PROMPT_KEPT, answer_in, is_echo, shown
from apr_qa.vocab.plugs import Oracle
from apr_qa.vocab.verdict import Outcome, Verdict

_SENTENCE = re.compile(r"(?<=[.!?:;])\s+|\n+")
_REMEDY = "correct the prompt, or give it the oracle `exact` or `response` with what to expect"
# A sign that the number after it is the result, and one that the number after it is denied.
_RESULT = re.compile(
    r"(?:=|≈|\b(?:is|equals|equal to|gives|makes|answer:?|result:?|are|get))[\s:*_$`\\{(\[]*$", re.IGNORECASE
)
_EQUATION = re.compile(r"([\d(][\d .,+\-*/×÷x()^]*[-+*/×÷x^][\d .,+\-*/×÷x()^]*?) *= *$")
_EMPHASIS = re.compile(r"(\*\*|__|`)(?=\S)([^\n*_`]+?)(?<=\S)\1")
_DENIED = re.compile(r"\b(?:not|n't|isn't|never|instead of|rather than)\b[\s\w:*_`]{0,12}$", re.IGNORECASE)
_DENIED_AFTER = re.compile(r"\s*(?:is|was|would be)\s+(?:wrong|incorrect|false|not\b)", re.IGNORECASE)
_OPERAND_AFTER = re.compile(
    r"\s*(?:[-+*/×÷^=≈]|x\s?\d|plus\b|minus\b|times\b|divided\b|and\s+\d+\s+(?:is|equals|makes))"
)
_OPERAND_BEFORE = re.compile(
    r"(?:[+*/×÷^]|\d\s?[-x]|\d\s+-|\b(?:plus|minus|times|by|of|from|add|multiply))\s*$", re.IGNORECASE
)


def expect(prompt: str, config: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return `number`, the exact result as text, when `prompt` asks for one sum; None when it asks for none.

    Sentences that ask for nothing may stand before and after. Raises InputError when a sentence is arithmetic by
    its form but cannot be computed, and when two different results are asked for.
    """
    if not _is_tolerance(config.get("tolerance", 0)):
        raise InputError(f"the tolerance {config['tolerance']!r} is no number", remedy="give a number, such as 0.01")
    found: set[Fraction] = set()
    for sentence in (prompt, *_SENTENCE.split(prompt)):
        try:
            number = asked_in(sentence)
        except NotAnExpression as error:
            if sentence is prompt and _SENTENCE.search(prompt.strip()):
                continue  # judged sentence by sentence below
            raise InputError(
                f"cannot compute what the prompt asks, {shown(sentence)}: {error}", remedy=_REMEDY
            ) from None
        found |= {number} if number is not None else set()
    if len(found) > 1:
        raise InputError(f"the prompt {shown(prompt)} asks for more than one number", remedy=_REMEDY)
    return {"number": as_text(found.pop()), "prompt": prompt[-PROMPT_KEPT:]} if found else None


def judge(answer: str, expected: Mapping[str, Any], config: Mapping[str, Any]) -> Verdict:
    """Decide by the last number that is a result.

    `tolerance` of the config is an absolute difference: by default 0, or 0.005 when the right decimals do not end.

    Operands ("2 + 2") and numbers denied ("not 4") are no results. A number after a sign of a result ("=", "is")
    outranks one without. So `2+2=4` and `The sum of 2 and 2 is 4.` hold, `2 + 2 = 5, not 4` and `2+2` do not.
    """
    wanted = Fraction(str(expected["number"]))
    said = _EMPHASIS.sub(r"\2", answer_in(answer, str(expected.get("prompt", ""))))
    detail = {"expected": as_text(wanted), "answer": said[:200]}
    if is_echo(answer_in(answer), str(expected.get("prompt", ""))):
        return _falsified("the answer only repeats the question", detail)
    decisive = _decisive(said, wanted)
    if decisive is None:
        return _falsified(f"the answer {shown(said)} states no result; {as_text(wanted)} is right", detail)
    detail["stated"] = as_text(decisive)
    if abs(decisive - wanted) > _tolerance(config, wanted):
        return _falsified(f"the answer is {as_text(decisive)}; {as_text(wanted)} is right", detail)
    return Verdict(
        outcome=Outcome.CORROBORATED, reason=f"the answer states {as_text(decisive)}, which is right", detail=detail
    )


def _decisive(said: str, wanted: Fraction) -> Fraction | None:
    """Return the last stated result, the last bare number without one, or None.

    A fraction as text ("1/3") is read whole when a fraction is what is wanted.
    """
    if wanted.denominator != 1 and re.search(
        rf"(?<![\w./]){wanted.numerator}\s*/\s*{wanted.denominator}(?![\w/])", said
    ):
        return wanted
    free = [number for number in numbers_in(said) if not _denied(said, number)]
    results = [n for n in free if _RESULT.search(said[: n.start]) and not _OPERAND_AFTER.match(said[n.end :])]
    bare = [n for n in free if not _is_operand(said, n)]
    for chosen in (results, bare):
        if ours := [n for n in chosen if not _is_aside(said, n, wanted)]:
            return ours[-1].value
    return None


def _is_aside(said: str, number: Stated, wanted: Fraction) -> bool:
    """Say whether `number` ends a true equation about something else: a step, or the next question asked by itself."""
    equation = _EQUATION.search(said[: number.start])
    if not equation or number.value == wanted:
        return False
    try:
        return value_of(equation[1]) == number.value
    except NotAnExpression:
        return False


def _is_operand(said: str, number: Stated) -> bool:
    before, after = said[: number.start], said[number.end :]
    return bool(_OPERAND_BEFORE.search(before[-20:]) or _OPERAND_AFTER.match(after))


def _denied(said: str, number: Stated) -> bool:
    return bool(_DENIED.search(said[: number.start][-30:]) or _DENIED_AFTER.match(said[number.end :]))


def _tolerance(config: Mapping[str, Any], wanted: Fraction) -> Fraction:
    endless = "/" in as_text(wanted)
    return abs(Fraction(str(config.get("tolerance", "0.005" if endless else 0))))


def _is_tolerance(value: Any) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def _falsified(reason: str, detail: Mapping[str, Any]) -> Verdict:
    return Verdict(outcome=Outcome.FALSIFIED, reason=reason, detail=detail)


ORACLE = Oracle(
    name="arithmetic",
    claim="The answer states the right number, free-standing.",
    expect=expect,
    judge=judge,
)
