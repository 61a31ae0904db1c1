"""Small expressions over the numbers of a config: what a family file says of shapes and conditions."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from apr_qa.errors import InputError

_ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
}
_COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Lt: operator.lt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
}


def evaluate(text: str, names: Mapping[str, Any]) -> Any:
    """Return the value of `text`: names, whole numbers, `+ - * //`, `< >= ==`, `and`, `or`, `not`, parentheses.

    A name that `names` lacks is None, and arithmetic with None is None. Raises InputError for anything else.
    """
    return _value(_parsed(text), names)


@lru_cache(maxsize=1024)
def _parsed(text: str) -> ast.expr:
    try:
        return ast.parse(text, mode="eval").body
    except SyntaxError as error:
        raise InputError(f"{text!r} is no expression: {error.msg}") from None


def _value(node: ast.expr, names: Mapping[str, Any]) -> Any:
    match node:
        case ast.Name(id=name):
            return names.get(name)
        case ast.Constant(value=int() as number):
            return number
        case ast.BoolOp(op=op, values=parts):
            return _first(parts, names, stop=isinstance(op, ast.Or))
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return not _value(operand, names)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _ARITHMETIC:
            return _apply(_ARITHMETIC[type(op)], left, right, names)
        case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _COMPARISONS:
            return _apply(_COMPARISONS[type(op)], left, right, names)
        case _:
            raise InputError(f"{ast.unparse(node)!r} is more than an expression of a family file may say")


def _first(parts: list[ast.expr], names: Mapping[str, Any], *, stop: bool) -> Any:
    value: Any = None
    for part in parts:
        value = _value(part, names)
        if bool(value) is stop:
            break
    return value


def _apply(compute: Callable[[Any, Any], Any], left: ast.expr, right: ast.expr, names: Mapping[str, Any]) -> Any:
    a, b = _value(left, names), _value(right, names)
    if not (isinstance(a, int) and isinstance(b, int)) or (compute is operator.floordiv and b == 0):
        return None
    return compute(a, b)
