"""Check runs: one for each key and commit; annotations in portions, within GitHub's limits."""

from __future__ import annotations

from typing import Any

from apr_qa.github.door import Door
from apr_qa.vocab.effects import Annotation, CheckRun, Done

PORTION = 50
"""Annotations that GitHub takes in one request."""
_SUMMARY_LIMIT = 65_535
_MESSAGE_LIMIT = 16_000


def check(door: Door, effect: CheckRun) -> Done:
    """Make the check run say what `effect` says; annotations that are there already are not sent again."""
    base = f"/repos/{effect.repo}/check-runs"
    found = _find(door, effect)
    if found is None:
        found = door.write("POST", base, {"head_sha": effect.sha, "external_id": effect.key, **_body(effect, 0)})
        there = min(PORTION, len(effect.annotations))
    elif _same(found, effect):
        return Done(effect=effect, changed=False, url=found["html_url"] or "", number=found["id"])
    else:
        there = found["output"]["annotations_count"]
        door.write("PATCH", f"{base}/{found['id']}", _body(effect, there))
        there += PORTION
    while there < len(effect.annotations):
        door.write("PATCH", f"{base}/{found['id']}", _body(effect, there))
        there += PORTION
    return Done(effect=effect, changed=True, url=found["html_url"] or "", number=found["id"])


def _find(door: Door, effect: CheckRun) -> Any:
    path = f"/repos/{effect.repo}/commits/{effect.sha}/check-runs"
    runs = door.pages(path, key="check_runs", check_name=effect.name)
    ours = [run for run in runs if run["external_id"] == effect.key]
    return min(ours, key=lambda run: run["id"], default=None)


def _same(found: Any, effect: CheckRun) -> bool:
    output = found["output"]
    return (
        found["status"] == effect.status
        and found["conclusion"] == effect.conclusion
        and (output["title"], output["summary"]) == (effect.title, effect.summary)
        and (output["text"] or "") == effect.text
        and output["annotations_count"] >= len(effect.annotations)
    )


def _body(effect: CheckRun, sent: int) -> dict[str, Any]:
    output = {
        "title": effect.title,
        "summary": effect.summary[:_SUMMARY_LIMIT],
        "annotations": [_annotation(a) for a in effect.annotations[sent : sent + PORTION]],
    }
    if effect.text:
        output["text"] = effect.text[:_SUMMARY_LIMIT]
    body: dict[str, Any] = {"name": effect.name, "status": str(effect.status), "output": output}
    if effect.conclusion:
        body["conclusion"] = str(effect.conclusion)
    if effect.details_url:
        body["details_url"] = effect.details_url
    return body


def _annotation(remark: Annotation) -> dict[str, Any]:
    return {
        "path": remark.path,
        "start_line": remark.line,
        "end_line": remark.line,
        "annotation_level": remark.level,
        "title": remark.title[:255],
        "message": remark.message[:_MESSAGE_LIMIT],
    }
