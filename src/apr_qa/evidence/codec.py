"""Records to lines of JSON and back. Law: decoding what was encoded gives the same record, and never a NaN."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from functools import cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from apr_qa.errors import InputError
from apr_qa.evidence.lines import (
    ClaimLine,
    Decided,
    Line,
    NoteLine,
    ObservationLine,
    RunLine,
    ScenarioLine,
    VerdictLine,
)
from apr_qa.vocab.evidence import Judged, Record, RunRecord
from apr_qa.vocab.observation import Observation
from apr_qa.vocab.plan import Claim
from apr_qa.vocab.scenario import Scenario

if TYPE_CHECKING:
    from pydantic import TypeAdapter, ValidationError

STREAMED = ("scenarios", "claims")
"""Fields of the run record that have lines of their own."""

_MAY_BE_NOT_FINITE = re.compile(rb"[:,\[]\s*-?(?:NaN|Infinity|[0-9.]+[eE]\+?[0-9]{3}|[0-9]{300})")
_SURROGATES = re.compile(r"(\\\\|\\ud[89ab]\w\w\\ud[c-f]\w\w)|\\ud[89a-f]\w\w")
"""An escaped backslash or a whole pair, which stay; or half a pair, which no strict reader takes."""
_FAULTS_SHOWN = 3


def encode(record: Record, prev: str) -> bytes:
    """Return the line of `record`, plain ASCII without a line end, after the line whose hash is `prev`.

    Half a surrogate pair, which is no character, becomes U+FFFD. Raises ValueError for a number that is not finite:
    what was not measured is null.
    """
    line = _ENCODE(_line(record, prev))
    if "\\ud" in line:
        line = _SURROGATES.sub(lambda found: found[1] or "\\ufffd", line)
    return line.encode("ascii")


def to_json(value: Any) -> Any:
    """Return a record, or anything made of records, as JSON values. Raises ValueError for NaN and infinity."""
    return json.loads(_ENCODE(value))


def decode(line: bytes, where: str) -> Line:
    """Return the record of one line, with its kind and the hash it names.

    Raises InputError naming `where` and the field: unknown and missing fields, wrong types, numbers not finite.
    """
    from pydantic import ValidationError

    try:
        decoded = _adapter().validate_json(line)
        if not isinstance(decoded, ObservationLine) and _MAY_BE_NOT_FINITE.search(line):
            _ENCODE(decoded)  # these records hold free JSON values, which no field's own type has looked at
    except ValidationError as error:
        raise InputError(f"this is no record of evidence: {_faults(error)}", where=where) from None
    except ValueError:
        raise InputError("a number is not finite; what was not measured is null", where=where) from None
    return decoded


def decode_again(line: bytes) -> Any:
    """Return the record of a line that `decode` took before; it is not searched for numbers again."""
    return _adapter().validate_json(line).record


def _line(record: Record, prev: str) -> Line:
    match record:
        case RunRecord():
            return RunLine(record=record)
        case Scenario():
            return ScenarioLine(prev=prev, record=record)
        case Claim():
            return ClaimLine(prev=prev, record=record)
        case Observation():
            return ObservationLine(prev=prev, record=record)
        case Judged():
            return VerdictLine(prev=prev, record=Decided(claim=record.claim.id, verdict=record.verdict))
    return NoteLine(prev=prev, record=record)


_READERS: dict[type, Callable[[Any], dict[str, Any]]] = {}


def _fields(value: Any) -> dict[str, Any] | list[Any]:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Sequence):
        return list(value)
    kind = type(value)
    if kind not in _READERS:
        _READERS[kind] = _reader_of(kind)
    return _READERS[kind](value)


def _reader_of(kind: type) -> Callable[[Any], dict[str, Any]]:
    names = [field.name for field in fields(kind) if kind is not RunRecord or field.name not in STREAMED]
    values = attrgetter(*names)
    return lambda record: dict(zip(names, values(record), strict=True))


_ENCODE = json.JSONEncoder(allow_nan=False, separators=(",", ":"), default=_fields).encode


@cache
def _adapter() -> TypeAdapter[Line]:
    from typing import Annotated

    from pydantic import ConfigDict, Field, TypeAdapter

    config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)
    return TypeAdapter(Annotated[Line, Field(discriminator="kind")], config=config)


def _faults(error: ValidationError) -> str:
    faults = error.errors(include_url=False, include_input=False, include_context=False)
    told = [f"{'.'.join(str(part) for part in fault['loc'][1:]) or 'line'}: {fault['msg']}" for fault in faults]
    more = f" and {len(told) - _FAULTS_SHOWN} more" if len(told) > _FAULTS_SHOWN else ""
    return "; ".join(told[:_FAULTS_SHOWN]) + more
