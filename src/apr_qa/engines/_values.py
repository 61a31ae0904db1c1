"""Values out of JSON that a stranger wrote: of the right type, or None. Never NaN, never an exception."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

_DECODER = json.JSONDecoder(parse_constant=lambda _name: None)


def decode(output: bytes) -> str:
    """Return `output` as text; what is no UTF-8 becomes U+FFFD, which the garbage oracle sees."""
    return output.decode("utf-8", "replace")


def first_object(output: bytes) -> dict[str, Any] | None:
    """Return the JSON object that begins at the first `{` of `output`, else None; text may surround it."""
    text = decode(output)
    start = text.find("{")
    if start < 0:
        return None
    try:
        value, _ = _DECODER.raw_decode(text, start)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def objects(output: bytes) -> list[dict[str, Any] | None]:
    """Return each line of `output` that begins with `{` as an object, or None where it is broken."""
    lines = (line for line in output.split(b"\n") if line.lstrip().startswith(b"{"))
    return [first_object(line) for line in lines]


def mapping(value: Any) -> Mapping[str, Any]:
    """Return `value` when it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def words(value: Any) -> str | None:
    """Return `value` when it is a string; half surrogate pairs become U+FFFD, so that it can be stored."""
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace") if isinstance(value, str) else None


def whole(value: Any) -> int | None:
    """Return `value` when it is a whole number that is not negative."""
    return value if type(value) is int and 0 <= value < 1 << 63 else None


def real(value: Any) -> float | None:
    """Return `value` when it is a finite number that is not negative."""
    if type(value) is int:
        return float(value) if 0 <= value < 1 << 63 else None
    return value if type(value) is float and math.isfinite(value) and value >= 0 else None


def token_ids(value: Any) -> tuple[int, ...] | None:
    """Return `value` when it is a list of token ids."""
    if not isinstance(value, list) or any(whole(item) is None for item in value):
        return None
    return tuple(value)


def finish(value: Any) -> str | None:
    """Return `stop`, `length` or None: a constraint that completed is a stop."""
    names = {"stop": "stop", "eos": "stop", "constraint_complete": "stop", "length": "length"}
    return names.get(value) if isinstance(value, str) else None
