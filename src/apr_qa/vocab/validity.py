"""How long a certificate may be relied upon."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

VALID_DAYS = 90


def parse_time(text: str) -> datetime | None:
    """Return an RFC 3339 time (a bare date counts as midnight) in UTC, or None when it is neither."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:
        return None


def expiry(started_at: str) -> str:
    """Return the date (`2027-02-19`) until which a run that began at `started_at` counts; empty when unreadable."""
    moment = parse_time(started_at)
    try:
        return (moment + timedelta(days=VALID_DAYS)).date().isoformat() if moment else ""
    except OverflowError:
        return ""
