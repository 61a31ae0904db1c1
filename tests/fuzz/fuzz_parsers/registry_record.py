"""Records of the registry, as a pull request can change them."""

from __future__ import annotations

import sample_records
from fuzz_target import Target, text

from apr_qa.errors import InputError
from apr_qa.registry.record import Record, check_name, text_of
from apr_qa.registry.store import parse_record

_MADE = (sample_records.certified, sample_records.blocked, sample_records.no_verdict)


def _read(data: bytes) -> None:
    record = parse_record(text(data), "r.json")
    check_name(record.model)
    again: Record = parse_record(text_of(record), "r.json")
    assert again == record, "a record that was read and written is another one"


TARGET = Target(
    name="registry_record",
    read=_read,
    refusals=(InputError,),
    seeds=(*(text_of(make("2026-11-21")).encode() for make in _MADE), b"{}"),
    words=(b"null", b"1e999", b"NaN", b'"../', b"\\ud800", b"[]", b"{}", b"-1"),
)
