"""Laws of the workflows that no linter knows."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PULL_REQUEST_CODE = re.compile(
    r"refs/pull/|github\.head_ref|pull_request\.(head|merge_commit_sha)|workflow_run\.head|event\.issue\.number"
    r"|gh pr checkout|git fetch|git checkout"
)
PRIVILEGED = {"issue_comment", "pull_request_target", "workflow_run", "workflow_call", "schedule", "workflow_dispatch"}


def _loaded(path: Path) -> dict[str, Any]:
    text = yaml.safe_load(path.read_text(encoding="utf-8"))
    text["on"] = text.pop(True)  # YAML 1.1 reads `on` as yes
    return text


def _steps(workflow: dict[str, Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    for job in workflow["jobs"].values():
        for step in job.get("steps", ()):
            yield job, step


def takes_pull_request_code(workflow: dict[str, Any]) -> list[str]:
    """Return what in a privileged workflow fetches the files of a pull request."""
    events = workflow["on"] if isinstance(workflow["on"], dict) else {workflow["on"]: None}
    if not PRIVILEGED & set(events):
        return []
    found = []
    for job, step in _steps(workflow):
        given = (part.values() for part in (step.get("with", {}), step.get("env", {}), job.get("env", {})))
        told = [str(value) for value in (*itertools.chain(*given), step.get("run", ""))]
        found += [text for text in told if PULL_REQUEST_CODE.search(text)]
    return found


def test_there_are_the_promised_workflows() -> None:
    """Each part of the walk has its file."""
    assert {path.stem for path in WORKFLOWS} >= {
        "bot", "certify", "certify-command", "certify-push", "ci", "nightly", "pages", "release", "verify",
    }  # fmt: skip


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_no_privileged_workflow_takes_code_of_a_pull_request(path: Path) -> None:
    """What runs beside a token that writes, or on our own machines, comes from the default branch."""
    assert takes_pull_request_code(_loaded(path)) == []


@pytest.mark.parametrize(
    "ref", ["refs/pull/${{ github.event.issue.number }}/head", "${{ github.event.pull_request.head.sha }}"]
)
def test_the_law_sees_a_checkout_of_a_pull_request(ref: str) -> None:
    """The two usual ways to fetch it are found."""
    step = {"uses": "actions/checkout@v1", "with": {"ref": ref}}
    workflow = {"on": {"issue_comment": {}}, "jobs": {"x": {"steps": [step]}}}
    assert takes_pull_request_code(workflow) == [ref]
    by_hand = {"env": {"REF": ref}, "run": 'git init && git pull origin "$REF"'}
    assert takes_pull_request_code(workflow | {"jobs": {"x": {"steps": [by_hand]}}}) == [ref]
    assert takes_pull_request_code(workflow | {"on": "pull_request"}) == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_rights_are_given_job_by_job(path: Path) -> None:
    """Nothing at the top, everything named in the job; checkouts leave no token behind; jobs end."""
    workflow = _loaded(path)
    assert workflow["permissions"] == {}
    for name, job in workflow["jobs"].items():
        assert "permissions" in job, name
        assert "uses" in job or "timeout-minutes" in job, name
    for _, step in _steps(workflow):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_no_expression_becomes_part_of_a_script(path: Path) -> None:
    """`run:` reads variables; an expression in it would be pasted in before the shell sees it."""
    assert [step["run"] for _, step in _steps(_loaded(path)) if "${{" in step.get("run", "")] == []


def test_the_work_plane_cannot_write() -> None:
    """Jobs that run models hold no right to write and no secret but the Hub's."""
    jobs = _loaded(ROOT / ".github" / "workflows" / "certify.yml")["jobs"]
    for name in ("plan", "shard", "publish"):
        assert set(jobs[name]["permissions"].values()) == {"read"}, name
    text = (ROOT / ".github" / "workflows" / "certify.yml").read_text()
    assert set(re.findall(r"secrets\.([\w-]+)", text)) == {"hf-token"}
    assert "github.token" not in text


def lacking(rights: dict[str, str], called: str) -> list[str]:
    """Return the rights that a called workflow's jobs ask for, at any depth, and that its caller does not give.

    GitHub refuses such a workflow before any job starts.
    """
    found = []
    for name, job in _loaded(ROOT / ".github" / "workflows" / called)["jobs"].items():
        asked = job["permissions"]
        found += [f"{called} {name}: {key}" for key, level in asked.items() if rights.get(key) not in (level, "write")]
        if job.get("uses", "").startswith("./"):
            found += lacking(asked, job["uses"].rpartition("/")[2])
    return found


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_caller_gives_what_the_called_jobs_ask_for(path: Path) -> None:
    """A called workflow can be given less than it asks for only at the price of not starting."""
    for job in _loaded(path)["jobs"].values():
        if job.get("uses", "").startswith("./"):
            assert lacking(job["permissions"], job["uses"].rpartition("/")[2]) == []


def test_the_law_sees_a_right_that_is_missing() -> None:
    """Both the jobs of the called workflow and those that it calls itself count."""
    rights = {"contents": "write", "issues": "write", "checks": "write", "actions": "write", "pull-requests": "write"}
    assert lacking(rights, "bot.yml") == ["bot.yml certify: id-token", "bot.yml certify: attestations"]
    assert "certify.yml plan: contents" in lacking({}, "certify.yml")


def test_an_answer_waits_for_all_that_were_before_it() -> None:
    """Without a queue GitHub keeps one waiting job of a group and cancels it for a newer one: results would be lost."""
    group = _loaded(ROOT / ".github" / "workflows" / "bot.yml")["jobs"]["answer"]["concurrency"]
    assert group == {"group": "apr-qa-registry", "cancel-in-progress": False, "queue": "max"}


def test_every_action_is_pinned_and_its_pin_is_told() -> None:
    """A commit with its version beside it, and both in docs/pins.md with where they were read."""
    pins = (ROOT / "docs" / "pins.md").read_text(encoding="utf-8")
    for path in WORKFLOWS:
        for line in path.read_text(encoding="utf-8").splitlines():
            if (found := re.search(r"uses: ([^.\s]\S*?)@(\S+)(.*)", line)) is None:
                continue
            name, commit, comment = found.groups()
            version = comment.strip(" #")
            assert re.fullmatch(r"[0-9a-f]{40}", commit), line
            assert f"| {name} | {version} | `{commit}` |" in pins, line
