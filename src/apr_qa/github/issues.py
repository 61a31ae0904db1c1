"""Tickets and labels: one issue for a fingerprint, found by its visible id line, never by search."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from apr_qa.github.comments import mark, own_comments
from apr_qa.github.door import Door
from apr_qa.github.errors import MissingError, RefusedError
from apr_qa.vocab.effects import Done, Label, TicketEffect, TicketState

TICKET_LABEL = "apr-qa"
_ID = "apr-qa-id: "
_QUIET, _PINNED, _DECLINED = "quiet", "pinned", "wontfix"
"""Labels by which people keep us out of a ticket, keep it open, keep it closed."""
REGRESSION = Label(repo="", name="regression", color="b60205", description="fixed before, seen again")


def id_line(fingerprint: str) -> str:
    """Return the line that makes an issue the ticket of a fingerprint."""
    return f"{_ID}{fingerprint}"


def label(door: Door, effect: Label) -> Done:
    """Create the label unless it exists."""
    try:
        door.get(f"/repos/{effect.repo}/labels/{quote(effect.name, safe='')}")
    except MissingError:
        body = {"name": effect.name, "color": effect.color, "description": effect.description}
        try:
            door.write("POST", f"/repos/{effect.repo}/labels", body)
        except RefusedError as error:
            if "already_exists" not in error.problem:
                raise
            return Done(effect=effect, changed=False)
        return Done(effect=effect, changed=True)
    return Done(effect=effect, changed=False)


def ticket(door: Door, effect: TicketEffect) -> Done:
    """Bring the ticket into the wanted state. Younger doubles are closed; what people declined stays closed."""
    found = _find(door, effect)
    for double in found[1:]:
        if double["state"] == "open":
            _patch(door, effect, double["number"], state="closed", state_reason="not_planned")
    if effect.state is TicketState.CLOSED:
        return _close(door, effect, found)
    if not found:
        return _create(door, effect)
    return _keep_open(door, effect, found[0])


def listed(door: Door, repo: str) -> dict[str, Any]:
    """Return the issues with our label by the fingerprint in their id line, the oldest of each."""
    found: dict[str, Any] = {}
    for issue in door.pages(f"/repos/{repo}/issues", labels=TICKET_LABEL, state="all", direction="asc"):
        for line in (issue["body"] or "").splitlines():
            if "pull_request" not in issue and line.strip().startswith(_ID):
                found.setdefault(line.strip().removeprefix(_ID), issue)
    return found


def _find(door: Door, effect: TicketEffect) -> list[Any]:
    """The issues of the fingerprint, the one that counts first: the known one, else the oldest."""
    if effect.number is not None:
        known = door.get(f"/repos/{effect.repo}/issues/{effect.number}")
        if _is_of(known, effect.fingerprint):
            return [known]
    listed = door.pages(f"/repos/{effect.repo}/issues", labels=TICKET_LABEL, state="all")
    ours = [issue for issue in listed if "pull_request" not in issue and _is_of(issue, effect.fingerprint)]
    return sorted(ours, key=lambda issue: int(issue["number"]))


def _is_of(issue: Any, fingerprint: str) -> bool:
    lines = (issue["body"] or "").splitlines()
    return any(line.strip() == id_line(fingerprint) for line in lines)


def _text(effect: TicketEffect) -> str:
    return f"{effect.body.strip()}\n\n{id_line(effect.fingerprint)}\n"


def _create(door: Door, effect: TicketEffect) -> Done:
    labels = list(dict.fromkeys([TICKET_LABEL, *effect.labels]))
    body = {"title": effect.title, "body": _text(effect), "labels": labels}
    made = door.write("POST", f"/repos/{effect.repo}/issues", body)
    return Done(effect=effect, changed=True, url=made["html_url"], number=made["number"])


def _keep_open(door: Door, effect: TicketEffect, issue: Any) -> Done:
    number, url = issue["number"], issue["html_url"]
    if _QUIET in _labels(issue):
        return Done(effect=effect, changed=False, url=url, number=number, note="people want it left alone")
    if issue["state"] == "closed":
        if issue.get("state_reason") == "not_planned" or _DECLINED in _labels(issue):
            return Done(effect=effect, changed=False, url=url, number=number, note="people declined it")
        label(door, Label(repo=effect.repo, name=REGRESSION.name, color=REGRESSION.color))
        door.write("POST", f"/repos/{effect.repo}/issues/{number}/labels", {"labels": [REGRESSION.name]})
        _say(door, effect, number)
        _patch(door, effect, number, state="open", body=_text(effect))
        return Done(effect=effect, changed=True, url=url, number=number)
    if (issue["body"] or "").strip() == _text(effect).strip():
        return Done(effect=effect, changed=False, url=url, number=number)
    _patch(door, effect, number, body=_text(effect))
    return Done(effect=effect, changed=True, url=url, number=number)


def _close(door: Door, effect: TicketEffect, found: list[Any]) -> Done:
    if not found or found[0]["state"] == "closed":
        return Done(effect=effect, changed=False, note="there is none open")
    if _labels(found[0]) & {_PINNED, _QUIET}:
        url, number = found[0]["html_url"], found[0]["number"]
        return Done(effect=effect, changed=False, url=url, number=number, note="people keep it open")
    _say(door, effect, found[0]["number"])
    _patch(door, effect, found[0]["number"], state="closed", state_reason="completed")
    return Done(effect=effect, changed=True, url=found[0]["html_url"], number=found[0]["number"])


def _labels(issue: Any) -> set[str]:
    return {entry if isinstance(entry, str) else str(entry["name"]) for entry in issue["labels"]}


def _say(door: Door, effect: TicketEffect, number: int) -> None:
    """Comment once: the mark holds the state and the note, so that a repeated attempt stays silent."""
    if not effect.note:
        return
    key = f"ticket:{effect.fingerprint}:{effect.state}"
    last = [c for c in own_comments(door, effect.repo, number) if c.key.startswith("ticket:")][-1:]
    if not (last and last[0].key == key and last[0].body.strip() == effect.note.strip()):
        body = {"body": f"{mark(key)}\n{effect.note}"}
        door.write("POST", f"/repos/{effect.repo}/issues/{number}/comments", body)


def _patch(door: Door, effect: TicketEffect, number: int, **changes: str) -> None:
    door.write("PATCH", f"/repos/{effect.repo}/issues/{number}", changes)
