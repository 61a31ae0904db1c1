"""An exact calculator: a small grammar over fractions, because a judge must not round and must not run code.

Other signs for times and divided by are read as `*` and `/`.

sum     = product {("+" | "-") product}
product = factor {("*" | "/") factor}
factor  = ["-" | "+"] (number | "(" sum ")") [("^" | "**") whole number]
"""

from __future__ import annotations

import re
from fractions import Fraction

_TOKEN = re.compile(r"\s*(\d+(?:,\d{3})+(?:\.\d+)?|\d*\.\d+|\d+\.?|\*\*|[-+*/()^×÷x−])", re.IGNORECASE)
_SAME = {"×": "*", "x": "*", "÷": "/", "−": "-", "**": "^"}
_MAX_LENGTH = 200
_MAX_EXPONENT = 64


class NotAnExpression(Exception):
    """The text is no expression of this grammar; the message says why."""


def value_of(text: str) -> Fraction:
    """Return the exact value of an arithmetic expression. Raises NotAnExpression, for a division by zero too."""
    if len(text) > _MAX_LENGTH:
        raise NotAnExpression(f"it is longer than {_MAX_LENGTH} characters")
    parser = _Parser(_tokens(text))
    result = parser.sum()
    if parser.left:
        raise NotAnExpression(f"'{parser.left[-1]}' is not expected there")
    return result


def _tokens(text: str) -> list[str]:
    found: list[str] = []
    rest = text.rstrip()
    while rest:
        match = _TOKEN.match(rest)
        if not match:
            raise NotAnExpression(f"'{rest.strip()[0]}' is no part of it")
        token = match[1].lower()
        found.append(_SAME.get(token, token))
        rest = rest[match.end() :]
    return found


class _Parser:
    """Recursive descent; `left` holds the tokens still to read, the next one last."""

    def __init__(self, tokens: list[str]) -> None:
        self.left = tokens[::-1]

    def sum(self) -> Fraction:
        total = self._product()
        while self._next() in ("+", "-"):
            sign = 1 if self.left.pop() == "+" else -1
            total += sign * self._product()
        return total

    def _product(self) -> Fraction:
        total = self._factor()
        while self._next() in ("*", "/"):
            if self.left.pop() == "*":
                total *= self._factor()
            elif divisor := self._factor():
                total /= divisor
            else:
                raise NotAnExpression("it divides by zero")
        return total

    def _factor(self) -> Fraction:
        sign = 1
        while self._next() in ("+", "-"):
            sign = -sign if self.left.pop() == "-" else sign
        base = self._atom()
        if self._next() == "^":
            self.left.pop()
            base = self._power(base, self._atom())
        return sign * base

    def _power(self, base: Fraction, exponent: Fraction) -> Fraction:
        if exponent.denominator != 1 or not 0 <= exponent <= _MAX_EXPONENT:
            raise NotAnExpression(f"the exponent {exponent} is not a whole number up to {_MAX_EXPONENT}")
        return base ** int(exponent)

    def _atom(self) -> Fraction:
        if not self.left:
            raise NotAnExpression("it ends too early")
        word = self.left.pop()
        if word == "(":
            inner = self.sum()
            if not self.left or self.left.pop() != ")":
                raise NotAnExpression("a bracket is not closed")
            return inner
        if not word[0].isdigit() and word[0] != ".":
            raise NotAnExpression(f"'{word}' stands where a number should")
        return Fraction(word.replace(",", "").rstrip("."))

    def _next(self) -> str:
        return self.left[-1] if self.left else ""
