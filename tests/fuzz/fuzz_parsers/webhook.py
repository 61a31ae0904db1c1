"""Payloads of GitHub's events."""

from __future__ import annotations

import json
from typing import Any

from fuzz_target import Target

from apr_qa.errors import InputError
from apr_qa.vocab.events import parse_event

_EVENTS = ("issue_comment", "push", "schedule", "workflow_dispatch", "other")
_REPOSITORY = {"full_name": "o/r", "default_branch": "main"}
_WHO = {"login": "ann", "type": "User"}
_PAYLOADS: tuple[dict[str, Any], ...] = (
    {
        "action": "created",
        "issue": {"number": 7, "state": "open", "pull_request": {"url": "u"}},
        "comment": {"id": 5, "body": "/certify tiny", "user": _WHO},
        "repository": _REPOSITORY,
    },
    {
        "ref": "refs/heads/main",
        "before": "a",
        "after": "b",
        "sender": _WHO,
        "repository": _REPOSITORY,
        "commits": [{"added": ["playbooks/x.yaml"], "modified": [], "message": "m"}],
    },
    {"schedule": "1 2 * * *", "repository": _REPOSITORY},
    {"ref": "refs/heads/main", "sender": _WHO, "repository": _REPOSITORY, "inputs": {"models": "tiny", "tier": "mvp"}},
)


def _read(data: bytes) -> None:
    """The first byte names the event, the rest is the payload; what is no JSON never reaches the parser."""
    try:
        payload = json.loads(data[1:])
    except (ValueError, RecursionError):
        return
    parse_event(_EVENTS[data[0] % len(_EVENTS)], payload)


TARGET = Target(
    name="webhook",
    read=_read,
    refusals=(InputError,),
    seeds=tuple(bytes([n]) + json.dumps(payload).encode() for n, payload in enumerate(_PAYLOADS)),
    words=(b"null", b"[]", b"{}", b'""', b"1e999", b"true", b'"deleted":', b'"inputs":', b'"commits":', b"[null]"),
)
