"""The ways in which a prompt asks for a number, each turned into an expression."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from fractions import Fraction

from apr_qa.oracles._expression import NotAnExpression, value_of
from apr_qa.oracles._numbers import WORDS

_N = r"(-?(?:\d+(?:,\d{3})+|\d+)(?:\.\d+)?)"
_ASKING = re.compile(
    r"(?:(?:please|now|and|then|so|quick|question|q)[,:]?\s+)*"
    r"(?:what(?:'s|’s|\s+is|\s+are|\s+does)|calculate|compute|evaluate|solve|work out|how much is|find|tell me|answer"
    r"|can you calculate|give me)\b\s*(?:the\s+(?:result|value|answer)\s+(?:of|to)\s+)?:?\s*",
    re.IGNORECASE,
)
_AND = re.compile(r"and\s+", re.IGNORECASE)
_INFIX = (
    (re.compile(r"\bto the power of\b|\braised to\b", re.IGNORECASE), "^"),
    (re.compile(r"\bsquared\b", re.IGNORECASE), "^2"),
    (re.compile(r"\bcubed\b", re.IGNORECASE), "^3"),
    (re.compile(r"\b(?:multiplied by|times)\b", re.IGNORECASE), "*"),
    (re.compile(r"\b(?:divided by|over)\b", re.IGNORECASE), "/"),
    (re.compile(r"\b(?:plus|added to)\b", re.IGNORECASE), "+"),
    (re.compile(r"\bminus\b", re.IGNORECASE), "-"),
)
_NUMBER_WORD = re.compile(rf"\b(?:{'|'.join(sorted(WORDS, key=len, reverse=True))})\b", re.IGNORECASE)
_ARITHMETIC = re.compile(r"[\d\s.,+\-*/()^×÷−x]+", re.IGNORECASE)
_OPERATOR = re.compile(r"[-+*/^×÷−]|\dx\d|\d x \d", re.IGNORECASE)
_DATE_OR_PHONE = re.compile(r"\d{4}-\d{1,2}(?:-\d{1,2})?|\d{1,2}/\d{1,2}/\d{2,4}|[-+(\d) ]*\d{3}[- ]\d{3}[- ]\d{4}")


def _root(n: str) -> Fraction:
    value = Fraction(n)
    if value < 0:
        raise NotAnExpression("a negative number has no real root")
    top, bottom = math.isqrt(value.numerator), math.isqrt(value.denominator)
    if top * top != value.numerator or bottom * bottom != value.denominator:
        raise NotAnExpression("its root is not rational")
    return Fraction(top, bottom)


def _total(first: str, last: str) -> Fraction:
    low, high = Fraction(first), Fraction(last)
    if low.denominator != 1 or high.denominator != 1 or low > high:
        raise NotAnExpression("the range is not one of whole numbers, smaller first")
    return (low + high) * (high - low + 1) / 2


_Rule = tuple[re.Pattern[str], Callable[..., str | Fraction]]


def _rule(pattern: str, form: Callable[..., str | Fraction]) -> _Rule:
    return re.compile(pattern.replace("N", _N), re.IGNORECASE), form


_PHRASES: tuple[_Rule, ...] = (
    _rule(r"add N (?:and|to) N", "({0})+({1})".format),
    _rule(r"(?:the )?sum of N and N", "({0})+({1})".format),
    _rule(r"(?:the )?sum of (?:the |all )?(?:whole |natural |integer )?(?:numbers|integers) from N to N", _total),
    _rule(r"multiply N (?:by|and|with) N", "({0})*({1})".format),
    _rule(r"(?:the )?product of N and N", "({0})*({1})".format),
    _rule(r"subtract N from N", "({1})-({0})".format),
    _rule(r"(?:the )?difference (?:between|of) N and N", "({0})-({1})".format),
    _rule(r"divide N by N", "({0})/({1})".format),
    _rule(r"(?:the )?quotient of N and N", "({0})/({1})".format),
    _rule(r"N ?(?:%|percent) of N", "({0})*({1})/100".format),
    _rule(r"(?:the )?square root of N", _root),
    _rule(r"(?:half|one half) of N", "({0})/2".format),
)


def asked_in(sentence: str) -> Fraction | None:
    """Return the number that `sentence` asks for, None when it asks for none.

    Raises NotAnExpression when it is arithmetic by its form but cannot be computed (`What is 2+?`, `5/0`).
    """
    text = sentence.strip().strip("\"'`").strip()
    opening = _ASKING.match(text)
    asks = opening is not None
    text = text[opening.end() :] if opening else _AND.sub("", text, count=1) if _AND.match(text) else text
    body = re.sub(r"\s*(?:=\s*\??|equals?\s*\??|[?.!:]+)\s*$", "", text).strip()
    body = re.sub(r"(?:\s*=\s*\??|\s+equals?)$", "", body)
    body = _NUMBER_WORD.sub(lambda word: str(WORDS[word[0].lower()]), body)
    for pattern, form in _PHRASES:
        if match := pattern.fullmatch(body):
            found = form(*(n.replace(",", "") for n in match.groups()))
            return found if isinstance(found, Fraction) else value_of(found)
    for pattern, sign in _INFIX:
        body = pattern.sub(sign, body)
    return value_of(body) if _is_arithmetic(body, asks=asks or "=" in sentence) else None


def _is_arithmetic(body: str, *, asks: bool) -> bool:
    """Tell an expression from a date, a telephone number, a list of figures or a lone number."""
    if not _ARITHMETIC.fullmatch(body) or not re.search(r"\d", body) or not _OPERATOR.search(body):
        return False
    if "x" in body.lower() and not re.search(r"\d\s*x\s*\d", body, re.IGNORECASE):
        return False  # the unknown, not the sign
    if _DATE_OR_PHONE.fullmatch(body.strip()):
        return False
    return asks or re.fullmatch(r"[-+]?[\d.,]+", body.strip()) is None
