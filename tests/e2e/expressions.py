"""The expressions of GitHub's workflows, as far as ours use them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

_TOKEN = re.compile(r"\s*('(?:[^']|'')*'|[\w.\-]+|==|!=|&&|\|\||[!()\[\],])")
_INSIDE = re.compile(r"\${{(.*?)}}", re.DOTALL)
_STATUS = re.compile(r"\b(always|success|failure|cancelled)\(\)")


def evaluate(text: str, context: Mapping[str, Any]) -> Any:
    """Return the value of an expression without its braces."""
    tokens = _TOKEN.findall(text)
    assert "".join(tokens).replace(" ", "") == re.sub(r"\s+", "", text), text
    parser = _Parser([t if t.startswith("'") else t.strip() for t in tokens], context)
    value = parser.either()
    assert not parser.rest, text
    return value


def filled(value: Any, context: Mapping[str, Any]) -> Any:
    """Return a value of a workflow with every expression in it replaced; one alone keeps its type."""
    if isinstance(value, dict):
        return {key: filled(item, context) for key, item in value.items()}
    if isinstance(value, list):
        return [filled(item, context) for item in value]
    if not isinstance(value, str):
        return value
    if whole := re.fullmatch(r"\${{((?:(?!}}).)*)}}", value.strip(), re.DOTALL):
        return evaluate(whole[1], context)
    return _INSIDE.sub(lambda found: as_text(evaluate(found[1], context)), value)


def holds(condition: Any, context: Mapping[str, Any]) -> bool:
    """Return whether an `if` is fulfilled; one that asks for no status wants success."""
    text = str(condition).strip().removeprefix("${{").removesuffix("}}")
    met = bool(evaluate(text, context))
    return met if _STATUS.search(text) else met and context["success"]


def as_text(value: Any) -> str:
    """Return a value as GitHub writes it into a text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value) if isinstance(value, dict | list) else str(value)


class _Parser:
    def __init__(self, tokens: list[str], context: Mapping[str, Any]) -> None:
        self.rest, self._context = tokens, context

    def either(self) -> Any:
        value = self._both()
        while self._take("||"):
            other = self._both()
            value = value or other
        return value

    def _both(self) -> Any:
        value = self._compared()
        while self._take("&&"):
            other = self._compared()
            value = value and other
        return value

    def _compared(self) -> Any:
        value = self._one()
        if self._take("=="):
            return (value or "") == (self._one() or "")
        if self._take("!="):
            return (value or "") != (self._one() or "")
        return value

    def _one(self) -> Any:
        if self._take("!"):
            return not self._one()
        if self._take("("):
            value = self.either()
            assert self._take(")")
        else:
            word = self.rest.pop(0)
            value = self._called(word) if self._take("(") else self._named(word)
        while self.rest and self.rest[0].startswith("."):
            value = _member(value, self.rest.pop(0)[1:])
        return value

    def _called(self, name: str) -> Any:
        given = []
        while not self._take(")"):
            given.append(self.either())
            self._take(",")
        functions: dict[str, Callable[..., Any]] = {
            "fromJSON": json.loads,
            "contains": lambda where, what: as_text(what).lower() in as_text(where).lower(),
            "always": lambda: True,
            "success": lambda: self._context["success"],
        }
        return functions[name](*given)

    def _named(self, word: str) -> Any:
        if word.startswith("'"):
            return word[1:-1].replace("''", "'")
        if word in ("true", "false"):
            return word == "true"
        if word.isdigit():
            return int(word)
        value: Any = self._context
        for name in word.split("."):
            value = _member(value, name)
        return value

    def _take(self, token: str) -> bool:
        if self.rest and self.rest[0] == token:
            self.rest.pop(0)
            return True
        return False


def _member(value: Any, name: str) -> Any:
    """A part of a value; what is not there is nothing."""
    return value.get(name) if isinstance(value, Mapping) else None
