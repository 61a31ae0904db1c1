"""The environment that chat templates are run in: nothing to reach for, and nothing that grows without bound."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, NoReturn

from jinja2 import TemplateError, filters, nodes, pass_eval_context
from jinja2.compiler import CodeGenerator, Frame
from jinja2.ext import Extension, loopcontrols
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

from apr_qa.templates.budget import Budget, small_product

LIMIT_CHARACTERS = 1 << 18
"""Of a template's text, of every text it makes, and of what it renders."""
DAY = datetime(2026, 1, 1, tzinfo=UTC)
_LONGEST_FORM = 200
LIMIT_STEPS = 10_000
"""Longest `range`."""


class TemplateRefusedError(Exception):
    """Raised by the template itself (`raise_exception`): it does not take these messages."""


class _Generator(CodeGenerator):
    """Joins texts (`~`), makes lists and walks loops by methods of the environment, which can say no."""

    def visit_For(self, node: nodes.For, frame: Frame) -> None:  # noqa: N802  (jinja2 names it so)
        node.iter = nodes.Call(nodes.EnvironmentAttribute("counted"), [node.iter], [], None, None)
        super().visit_For(node, frame)

    def visit_List(self, node: nodes.List, frame: Frame) -> None:  # noqa: N802
        self.write("environment.made(")
        super().visit_List(node, frame)
        self.write(")")

    def visit_Dict(self, node: nodes.Dict, frame: Frame) -> None:  # noqa: N802
        self.write("environment.made(")
        super().visit_Dict(node, frame)
        self.write(")")

    def visit_Tuple(self, node: nodes.Tuple, frame: Frame) -> None:  # noqa: N802
        is_made = node.ctx == "load"
        self.write("environment.made(" if is_made else "")
        super().visit_Tuple(node, frame)
        self.write(")" if is_made else "")

    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> None:  # noqa: N802  (jinja2 names it so)
        self.write("environment.joined((")
        for part in node.nodes:
            self.visit(part, frame)
            self.write(", ")
        self.write("))")


class Sandbox(ImmutableSandboxedEnvironment):
    """jinja2's sandbox, in which what is made stays small and the work of one template is counted."""

    code_generator_class = _Generator
    intercepted_binops = frozenset({"*", "**", "%", "+"})

    def __init__(self) -> None:
        self.budget = Budget()
        extensions = [loopcontrols, _Generation]
        super().__init__(trim_blocks=True, lstrip_blocks=True, extensions=extensions, finalize=self.made)

    def made(self, value: Any) -> Any:
        """Return a value that the template made or shows. Raises TemplateError when it is too much."""
        self.budget.charge(value)
        return value

    def counted(self, values: Iterable[Any]) -> Iterator[Any]:
        """Return what a loop walks. Raises TemplateError when all loops together take too many steps."""
        return self.budget.counted(values)

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Compute `left operator right`. Raises TemplateError when that would be very large."""
        if operator == "**" or (operator == "%" and isinstance(left, str)):
            raise TemplateError(f"the operator {operator} can make something very large")
        sized = [value for value in (left, right) if isinstance(value, str | list | tuple)]
        numbers = [value for value in (left, right) if isinstance(value, int)]
        self.budget.charge(left, right)
        if operator == "*" and len(numbers) == 2:
            small_product(*numbers)
        if operator == "*" and sized and numbers:
            _bounded(len(sized[0]) * numbers[0])
        if operator == "+" and sized:
            _bounded(sum(len(value) for value in sized))
        return super().call_binop(context, operator, left, right)

    def call(self, context: Any, called: Any, *args: Any, **kwargs: Any) -> Any:
        """Call a function or method of the template. Raises TemplateError when a text would get very large."""
        owner, name = getattr(called, "__self__", None), getattr(called, "__name__", "")
        self.budget.charge(owner, args, kwargs)
        if isinstance(owner, str) and name == "replace":
            _replacement(owner, *args)
        if isinstance(owner, str) and name == "join" and args:
            _joined_size(args[0], owner)
        return self.made(super().call(context, called, *args, **kwargs))

    def joined(self, parts: Sequence[Any]) -> str:
        """Return the parts of a `~` as one text."""
        self.budget.charge(parts)
        texts = [str(part) for part in parts]
        _bounded(sum(len(text) for text in texts))
        return "".join(texts)


class _Generation(Extension):
    """`{% generation %}`, which marks the assistant's words for training and changes nothing."""

    tags = {"generation"}  # noqa: RUF012  (jinja2 declares it so)

    def parse(self, parser: Parser) -> nodes.Node | list[nodes.Node]:
        parser.stream.skip(1)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


def environment(today: datetime = DAY) -> Sandbox:
    """Return a fresh environment with what Hugging Face gives to chat templates."""
    made = Sandbox()
    made.filters |= {"tojson": _to_json, "replace": _replace, "join": _join, "indent": _indent}
    made.filters = {name: _charged(filter_, made) for name, filter_ in made.filters.items()}
    made.globals["raise_exception"] = _refuse
    made.globals["strftime_now"] = lambda form: made.made(today.strftime(str(form)[:_LONGEST_FORM]))
    made.globals["range"] = _range
    return made


def _charged(filter_: Callable[..., Any], sandbox: Sandbox) -> Callable[..., Any]:
    """Return a filter that pays for what it gets and for what it gives."""

    @functools.wraps(filter_)
    def charged(*args: Any, **kwargs: Any) -> Any:
        sandbox.budget.charge(args, kwargs)
        return sandbox.made(filter_(*args, **kwargs))

    return charged


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
