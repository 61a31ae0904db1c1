"""Chat templates are foreign programs: what one must not do is seen in its text, before it is run."""

from __future__ import annotations

from collections.abc import Iterator

from jinja2 import TemplateSyntaxError, nodes

from apr_qa.templates.sandbox import LIMIT_CHARACTERS, environment

FILTERS = frozenset(
    {"abs", "capitalize", "count", "d", "default", "dictsort", "e", "escape", "first", "float", "groupby", "indent"}
    | {"int", "items", "join", "last", "length", "list", "lower", "map", "max", "min", "reject", "rejectattr"}
    | {"replace", "reverse", "round", "safe", "select", "selectattr", "sort", "string", "sum", "title", "tojson"}
    | {"trim", "unique", "upper", "wordcount"}
)
"""Filters that templates need; `attr` is the one that opens what the sandbox closes."""
METHODS = frozenset(
    {"append", "capitalize", "count", "cycle", "endswith", "find", "get", "index", "isdigit", "items", "join", "keys"}
    | {"lower", "lstrip", "removeprefix", "removesuffix", "replace", "rsplit", "rstrip", "split", "splitlines"}
    | {"startswith", "strip", "title", "upper", "values"}
)
"""Methods that templates need; `format` and those that pad make large texts of small ones."""
LIMIT_NESTING = 200_000
"""A sum of a dozen texts costs about a thousand; a million would compile in a second."""
_FORBIDDEN: dict[type[nodes.Node], str] = {
    nodes.Include: "includes another template",
    nodes.Import: "imports another template",
    nodes.FromImport: "imports from another template",
    nodes.Extends: "extends another template",
}
_TRICKS = frozenset({"lipsum", "cycler", "joiner", "self", "caller", "varargs", "kwargs", "environment"})
_NO_NEED = "which chat templates have no need of"


def faults(text: str) -> list[str]:
    """Return what a chat template must not do, as far as its text shows; empty for a template to be run."""
    if len(text) > LIMIT_CHARACTERS:
        return [f"is over {LIMIT_CHARACTERS} characters"]
    try:
        tree = environment().parse(text)
    except TemplateSyntaxError as error:
        return [f"does not parse: {error.message} (line {error.lineno})"]
    except RecursionError:
        return ["is nested too deep"]
    if _nesting(tree) > LIMIT_NESTING:
        return ["is nested too deep"]
    return list(dict.fromkeys(_walk(tree)))


def _nesting(tree: nodes.Node) -> int:
    """Return the sum of the squared depths of all parts of expressions: what compiling them costs, not their length."""
    total = 0
    waiting: list[tuple[nodes.Node, int]] = [(tree, 0)]
    while waiting and total <= LIMIT_NESTING:
        node, depth = waiting.pop()
        total += depth * depth
        waiting.extend((child, depth + 1 if isinstance(child, nodes.Expr) else 0) for child in node.iter_child_nodes())
    return total


def _walk(tree: nodes.Node) -> Iterator[str]:
    for kind, what in _FORBIDDEN.items():
        if next(tree.find_all(kind), None) is not None:
            yield what
    macros = frozenset(macro.name for macro in tree.find_all(nodes.Macro))
    for node in tree.find_all((nodes.Getattr, nodes.Getitem, nodes.Call, nodes.Filter, nodes.Name)):
        what = _reach(node) or _unneeded(node, macros)
        if what:
            yield what


def _unneeded(node: nodes.Node, macros: frozenset[str]) -> str:
    """Return which method, filter or name a node uses that chat templates do without; empty when none."""
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Getattr):
        method = node.node.attr
        return "" if method in METHODS | macros else f"calls the method {method}, {_NO_NEED}"
    if isinstance(node, nodes.Filter):
        return "" if node.name in FILTERS else f"uses the filter {node.name}, {_NO_NEED}"
    if isinstance(node, nodes.Name) and node.ctx == "load" and (node.name in _TRICKS or node.name.startswith("__")):
        return f"uses {node.name}, {_NO_NEED}"
    return ""


def _reach(node: nodes.Node) -> str:
    """Return which inner attribute of an object a node reaches for; empty when none."""
    if isinstance(node, nodes.Getattr) and node.attr.startswith("_"):
        return f"reaches for the attribute {node.attr}"
    if isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const) and str(node.arg.value).startswith("__"):
        return f"reaches for the item {node.arg.value}"
    return ""
