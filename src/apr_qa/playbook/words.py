"""Types of playbook fields that accept the spellings found in real files."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints, WithJsonSchema

from apr_qa.vocab.axes import FailurePolicy, SizeClass

REPO_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,95}/[A-Za-z0-9][A-Za-z0-9_.-]{0,95}$"
_TRUE = ("true", "yes", "on")
_FALSE = ("false", "no", "off")
AUTO = "auto"


class Section(BaseModel):
    """A mapping of a playbook: no key goes unnoticed."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def _truth(value: Any) -> Any:
    word = value.lower() if isinstance(value, str) else None
    return True if word in _TRUE else False if word in _FALSE else value


def _policy(value: Any) -> Any:
    return value.replace("_", "-") if isinstance(value, str) else value


def _size(value: Any) -> Any:
    return None if value == AUTO else value


def _repo(value: str) -> str:
    if ".." in value or "--" in value or value.endswith((".", ".git")):
        raise ValueError("is no model id: `..`, `--` and endings `.` or `.git` are not allowed")
    return value


_POLICIES = sorted({str(p) for p in FailurePolicy} | {str(p).replace("-", "_") for p in FailurePolicy})

_SPELLINGS = [form for word in (*_TRUE, *_FALSE) for form in (word, word.capitalize(), word.upper())]

Truth = Annotated[
    bool,
    BeforeValidator(_truth),
    WithJsonSchema({"anyOf": [{"type": "boolean"}, {"type": "string", "enum": _SPELLINGS}]}),
]
"""A truth value, or its word in quotes: `"true"`, `"off"`."""
Policy = Annotated[FailurePolicy, BeforeValidator(_policy), WithJsonSchema({"type": "string", "enum": _POLICIES})]
"""A failure policy, with hyphens or underscores."""
Size = Annotated[
    SizeClass | None,
    BeforeValidator(_size),
    WithJsonSchema({"anyOf": [{"type": "string", "enum": [*map(str, SizeClass), AUTO]}, {"type": "null"}]}),
]
"""A size class; `auto` leaves it to the number of parameters."""
Repo = Annotated[
    str, StringConstraints(pattern=REPO_PATTERN), BeforeValidator(lambda v: _repo(v) if isinstance(v, str) else v)
]
"""`org/name`, in the letters that the Hub allows."""
Text = Annotated[str, StringConstraints(max_length=100_000)]
Label = Annotated[str, StringConstraints(min_length=1, max_length=500)]
