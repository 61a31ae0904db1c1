"""The environment that chat templates are run in: nothing to reach for, and nothing that grows without bound."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NoReturn

from jinja2 import TemplateError, filters, nodes, pass_eval_context
from jinja2.compiler import CodeGenerator, Frame
from jinja2.ext import Extension, loopcontrols
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

LIMIT_CHARACTERS = 1 << 20
"""Of a template's text, of every text it makes, and of what it renders."""
LIMIT_STEPS = 10_000
"""Longest `range`."""


class TemplateRefusedError(Exception):
    """Raised by the template itself (`raise_exception`): it does not take these messages."""


class _Generator(CodeGenerator):
    """Joins texts (`~`) by a method of the environment, which can say no."""

    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> None:  # noqa: N802  (jinja2 names it so)
        self.write("environment.joined((")
        for part in node.nodes:
            self.visit(part, frame)
            self.write(", ")
        self.write("))")


class Sandbox(ImmutableSandboxedEnvironment):
    """jinja2's sandbox, in which products, sums, joins and replacements of texts stay small."""

    code_generator_class = _Generator
    intercepted_binops = frozenset({"*", "**", "%", "+"})

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Compute `left operator right`. Raises TemplateError when that would be very large."""
        if operator == "**" or (operator == "%" and isinstance(left, str)):
            raise TemplateError(f"the operator {operator} can make something very large")
        sized = [value for value in (left, right) if isinstance(value, str | list | tuple)]
        numbers = [value for value in (left, right) if isinstance(value, int)]
        if operator == "*" and sized and numbers:
            _bounded(len(sized[0]) * numbers[0])
        if operator == "+" and sized:
            _bounded(sum(len(value) for value in sized))
        return super().call_binop(context, operator, left, right)

    def call(self, context: Any, called: Any, *args: Any, **kwargs: Any) -> Any:
        """Call a function or method of the template. Raises TemplateError when a text would get very large."""
        owner, name = getattr(called, "__self__", None), getattr(called, "__name__", "")
        if isinstance(owner, str) and name == "replace":
            _replacement(owner, *args)
        if isinstance(owner, str) and name == "join" and args:
            _joined_size(args[0], owner)
        return super().call(context, called, *args, **kwargs)

    def joined(self, parts: Sequence[Any]) -> str:
        """Return the parts of a `~` as one text."""
        texts = [str(part) for part in parts]
        _bounded(sum(len(text) for text in texts))
        return "".join(texts)


class _Generation(Extension):
    """`{% generation %}`, which marks the assistant's words for training and changes nothing."""

    tags = {"generation"}  # noqa: RUF012  (jinja2 declares it so)

    def parse(self, parser: Parser) -> nodes.Node | list[nodes.Node]:
        parser.stream.skip(1)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


def environment() -> Sandbox:
    """Return a fresh environment with what Hugging Face gives to chat templates."""
    made = Sandbox(trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols, _Generation])
    made.filters |= {"tojson": _to_json, "replace": _replace, "join": _join, "indent": _indent}
    made.globals["raise_exception"] = _refuse
    made.globals["strftime_now"] = lambda _form: "01 Jan 2026"  # a verdict must not depend on the day
    made.globals["range"] = _range
    return made


def _bounded(size: int) -> None:
    if size > LIMIT_CHARACTERS:
        raise TemplateError(f"makes a text of {size} characters")


def _replacement(text: str, old: object = "", new: object = "", *_count: object) -> None:
    _bounded(len(text) + (text.count(str(old)) * len(str(new))))


def _joined_size(values: object, separator: str) -> None:
    if isinstance(values, list | tuple):
        _bounded(sum(len(str(value)) + len(separator) for value in values))


def _replace(text: object, old: str, new: str, count: int | None = None) -> str:
    _replacement(str(text), old, new)
    return str(text).replace(old, new, -1 if count is None else count)


@pass_eval_context
def _join(context: nodes.EvalContext, values: Any, separator: str = "", attribute: str | None = None) -> str:
    listed = list(values)
    _joined_size(listed, separator)
    return str(filters.sync_do_join(context, listed, separator, attribute))


def _indent(text: str, width: int | str = 4, first: bool = False, blank: bool = False) -> str:
    _bounded((text.count("\n") + 1) * (len(width) if isinstance(width, str) else width))
    return str(filters.do_indent(text, width, first, blank))


def _range(*numbers: int) -> range:
    found = range(*numbers)
    if len(found) > LIMIT_STEPS:
        raise TemplateError(f"counts over {LIMIT_STEPS} steps")
    return found


def _refuse(message: str) -> NoReturn:
    raise TemplateRefusedError(message)


def _to_json(value: object, indent: int | None = None, **_options: object) -> str:
    """Return JSON as Hugging Face's filter writes it."""
    _bounded(0 if indent is None else 100 * indent)
    return json.dumps(value, ensure_ascii=False, indent=indent)
