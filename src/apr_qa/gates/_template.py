"""Chat templates are foreign programs: read before they are run, then run in a sandbox with little to reach for.

What a hostile template can still do here is waste time and memory; callers who take templates from strangers should
judge in a process with limits.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

from jinja2 import TemplateError, nodes
from jinja2.exceptions import TemplateSyntaxError
from jinja2.ext import Extension, loopcontrols
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

LIMIT_CHARACTERS = 1 << 20
"""Of a template's text, and of what it renders."""
LIMIT_STEPS = 10_000
"""Longest `range`, and longest repetition of a text."""
FILTERS = frozenset(
    {"abs", "capitalize", "count", "d", "default", "dictsort", "e", "escape", "first", "float", "format", "groupby"}
    | {"indent", "int", "items", "join", "last", "length", "list", "lower", "map", "max", "min", "reject", "rejectattr"}
    | {"replace", "reverse", "round", "safe", "select", "selectattr", "sort", "string", "strip", "sum", "title"}
    | {"tojson", "trim", "unique", "upper", "wordcount"}
)
"""Filters that templates need; `attr` is the one that opens what the sandbox closes."""
_FORBIDDEN: dict[type[nodes.Node], str] = {
    nodes.Include: "includes another template",
    nodes.Import: "imports another template",
    nodes.FromImport: "imports from another template",
    nodes.Extends: "extends another template",
}
_TRICKS = frozenset({"lipsum", "cycler", "joiner", "self", "caller", "varargs", "kwargs", "environment"})


class TemplateRefusedError(Exception):
    """Raised by the template itself (`raise_exception`): it does not take these messages."""


class _Sandbox(ImmutableSandboxedEnvironment):
    """The sandbox, with products, powers and sums of texts kept small."""

    intercepted_binops = frozenset({"*", "**", "%", "+"})

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        sized = [v for v in (left, right) if isinstance(v, (str, list, tuple))]
        if operator == "**" or (operator == "*" and sized and _times(left, right) > LIMIT_STEPS):
            raise TemplateError(f"the operator {operator} would make something very large")
        if operator == "%" and isinstance(left, str):
            raise TemplateError("the operator % formats text, which can make something very large")
        if operator == "+" and sum(len(v) for v in sized) > LIMIT_CHARACTERS:
            raise TemplateError("the text grows beyond the limit")
        return super().call_binop(context, operator, left, right)


class _Generation(Extension):
    """`{% generation %}`, which marks the assistant's words for training and changes nothing."""

    tags = {"generation"}  # noqa: RUF012  (jinja2 declares it so)

    def parse(self, parser: Parser) -> nodes.Node | list[nodes.Node]:
        parser.stream.skip(1)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


def faults(text: str) -> list[str]:
    """Return what a chat template must not do, as far as its text shows; empty for a template to be run."""
    if len(text) > LIMIT_CHARACTERS:
        return [f"is over {LIMIT_CHARACTERS} characters"]
    try:
        tree = _environment().parse(text)
    except TemplateSyntaxError as error:
        return [f"does not parse: {error.message} (line {error.lineno})"]
    except RecursionError:
        return ["is nested too deep"]
    return list(dict.fromkeys(_walk(tree)))


def _walk(tree: nodes.Node) -> Iterator[str]:
    for kind, what in _FORBIDDEN.items():
        if next(tree.find_all(kind), None) is not None:
            yield what
    for node in tree.find_all((nodes.Getattr, nodes.Getitem, nodes.Filter, nodes.Name)):
        yield from _node_faults(node)


def _node_faults(node: nodes.Node) -> Iterator[str]:
    if isinstance(node, nodes.Getattr) and node.attr.startswith("_"):
        yield f"reaches for the attribute {node.attr}"
    if isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const) and str(node.arg.value).startswith("__"):
        yield f"reaches for the item {node.arg.value}"
    if isinstance(node, nodes.Filter) and node.name not in FILTERS:
        yield f"uses the filter {node.name}, which chat templates have no need of"
    if isinstance(node, nodes.Name) and node.ctx == "load" and (node.name in _TRICKS or node.name.startswith("__")):
        yield f"uses {node.name}, which chat templates have no need of"


def render(text: str, messages: list[dict[str, str]], tokens: Mapping[str, str], *, open_turn: bool) -> str:
    """Return the conversation as the template writes it; `open_turn` asks for the opening of the assistant's turn.

    Raises TemplateRefusedError when the template itself refuses the messages, and TemplateError when it fails.
    """
    environment = _environment()
    try:
        parts = environment.from_string(text).generate(messages=messages, add_generation_prompt=open_turn, **tokens)
        return _collect(parts)
    except (TemplateError, TemplateRefusedError):
        raise
    except Exception as error:  # noqa: BLE001  (a template can raise anything)
        raise TemplateError(f"{type(error).__name__}: {error}") from None


def _collect(parts: Iterator[str]) -> str:
    found: list[str] = []
    size = 0
    for part in parts:
        size += len(part)
        if size > LIMIT_CHARACTERS:
            raise TemplateError(f"renders more than {LIMIT_CHARACTERS} characters")
        found.append(part)
    return "".join(found)


def _environment() -> ImmutableSandboxedEnvironment:
    environment = _Sandbox(trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols, _Generation])
    environment.filters["tojson"] = _to_json
    environment.globals["raise_exception"] = _refuse
    environment.globals["strftime_now"] = lambda _form: "01 Jan 2026"  # a verdict must not depend on the day
    environment.globals["range"] = _range
    return environment


def _times(left: Any, right: Any) -> int:
    """Return how long `left * right` gets when one of them is a text or a list."""
    sized, count = (left, right) if isinstance(left, (str, list, tuple)) else (right, left)
    return len(sized) * count if isinstance(count, int) else 0


def _range(*numbers: int) -> range:
    found = range(*numbers)
    if len(found) > LIMIT_STEPS:
        raise TemplateError(f"counts over {LIMIT_STEPS} steps")
    return found


def _refuse(message: str) -> NoReturn:
    raise TemplateRefusedError(message)


def _to_json(value: object, indent: int | None = None, **_options: object) -> str:
    """Return JSON as Hugging Face's filter writes it."""
    return json.dumps(value, ensure_ascii=False, indent=indent)
