"""The original's table can be read, whatever state it is in."""

from __future__ import annotations

from apr_qa.registry.legacy import read_legacy_csv
from apr_qa.registry.rows import COLUMNS
from apr_qa.vocab.axes import Tier
from apr_qa.vocab.score import Status

HEAD = ",".join(COLUMNS)


def _line(**cells: str) -> str:
    return ",".join(({"model_id": "a/b", "status": "PENDING"} | cells).get(column, "") for column in COLUMNS)


def test_the_tables_of_the_original_are_read() -> None:
    """CRLF, nanoseconds, offsets, zero speeds, all six statuses."""
    lines = [
        _line(
            model_id=f"m/{status.lower()}", status=status, last_certified=moment, mqs_score="925", g1="true", g4="false"
        )
        for status, moment in zip(
            ("CERTIFIED", "PROVISIONAL", "BLOCKED", "PENDING", "PARTIAL", "FAIL"),
            (
                "2026-02-01T10:00:00.123456789Z",
                "2026-02-01T12:00:00+02:00",
                "2026-02-01",
                "",
                "never",
                "2026-02-01 10:00:00",
            ),
            strict=True,
        )
    ]
    rows = read_legacy_csv("\r\n".join([HEAD, *lines]) + "\r\n")
    assert [row.status for row in rows] == [
        Status.CERTIFIED,
        Status.PROVISIONAL,
        Status.BLOCKED,
        Status.PENDING,
        Status.PARTIAL,
        Status.FAIL,
    ]
    ten, midnight = "2026-02-01T10:00:00Z", "2026-02-01T00:00:00Z"
    assert [row.last_certified for row in rows] == [ten, ten, midnight, "", "", ten]
    assert rows[0].mqs == 925
    assert rows[0].gateways == {"g1": True, "g2": None, "g3": None, "g4": False}


def test_what_cannot_be_read_is_none_and_never_invented() -> None:
    """A broken cell costs that cell."""
    line = _line(
        status="GREAT", mqs_score="n/a", certified_tier="none", tps_gguf_cpu="0.0", tps_st_cpu="12.5", grade="-"
    )
    (row,) = read_legacy_csv(f"{HEAD}\n{line}\n")
    assert (row.status, row.mqs, row.tier, row.grade, row.provenance_verified) == (None, None, None, "", None)
    assert row.tps == {"tps_st_cpu": 12.5}


def test_short_long_and_empty_tables() -> None:
    """Missing columns are empty, further ones are kept, and rows without a model are passed over."""
    assert read_legacy_csv("") == ()
    assert read_legacy_csv(HEAD) == ()
    (row,) = read_legacy_csv('model_id,certified_tier,note\na/b,MVP,"x, y"\n,mvp,\n')
    assert (row.tier, row.extra) == (Tier.MVP, {"note": "x, y"})
