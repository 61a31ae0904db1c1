"""REST operations of the fake about code: git data, pull requests, check runs, workflow runs, Apps."""

from __future__ import annotations

import base64
from typing import Any

import jwt
from gh_rest import _REPO, Answer, Call, invalid, missing, route, user
from gh_spec import NOW
from gh_state import FakeIssue


@route("get", f"{_REPO}/git/ref/{{ref}}")
def _ref(call: Call) -> Answer:
    name = call.args["ref"]
    sha = call.repo.git.head(name.removeprefix("heads/"))
    return (200, {"ref": f"refs/{name}", "object": {"sha": sha, "type": "commit"}}) if sha else missing()


@route("post", f"{_REPO}/git/refs")
def _new_ref(call: Call) -> Answer:
    name = call.body["ref"].removeprefix("refs/heads/")
    if call.repo.git.head(name):
        return invalid("Reference already exists")
    call.repo.git.git("update-ref", call.body["ref"], call.body["sha"], "")
    return 201, {"ref": call.body["ref"], "object": {"sha": call.body["sha"], "type": "commit"}}


@route("get", f"{_REPO}/git/trees/{{tree_sha}}")
def _tree(call: Call) -> Answer:
    lines = call.repo.git.git("ls-tree", "-r", "-z", call.args["tree_sha"]).split("\0")
    entries = [line.split(None, 3) for line in lines if line]
    tree = [{"mode": m, "type": kind, "sha": sha, "path": path} for m, kind, sha, path in entries]
    return 200, {"sha": call.args["tree_sha"], "truncated": False, "tree": tree}


@route("get", f"{_REPO}/git/blobs/{{file_sha}}")
def _blob(call: Call) -> Answer:
    raw = call.repo.git.git("cat-file", "blob", call.args["file_sha"]).encode()
    content = base64.encodebytes(raw).decode()
    return 200, {"sha": call.args["file_sha"], "content": content, "encoding": "base64", "size": len(raw)}


def _pull_body(call: Call, issue: FakeIssue) -> dict[str, Any]:
    assert issue.pull is not None
    side = {"ref": issue.pull["head"], "sha": call.repo.git.head(issue.pull["head"]), "label": "x"}
    home = {"full_name": issue.pull["head_repo"]}
    base = {"ref": issue.pull["base"], "sha": call.repo.git.head(issue.pull["base"]), "label": "x"}
    return {
        "number": issue.number, "state": issue.state, "user": user(issue.author), "title": issue.title,
        "head": {**side, "repo": home, "user": user(issue.author)},
        "base": {**base, "repo": {"full_name": call.repo.name}, "user": user("owner")},
    }  # fmt: skip


@route("get", f"{_REPO}/pulls/{{pull_number}}")
def _pull(call: Call) -> Answer:
    issue = call.repo.issues.get(int(call.args["pull_number"]))
    return (200, _pull_body(call, issue)) if issue and issue.pull else missing()


@route("get", f"{_REPO}/pulls/{{pull_number}}/files")
def _files(call: Call) -> Answer:
    pull = call.repo.issues[int(call.args["pull_number"])].pull
    assert pull is not None
    return 200, call.page([{"filename": path, "status": "added"} for path in pull["files"]])


@route("get", f"{_REPO}/pulls")
def _pulls(call: Call) -> Answer:
    owner = call.args["owner"]
    found = [
        i
        for i in call.repo.issues.values()
        if i.pull and i.state == "open" and call.query.get("head") in (None, f"{owner}:{i.pull['head']}")
    ]
    return 200, call.page([_pull_body(call, issue) for issue in found])


@route("post", f"{_REPO}/pulls")
def _new_pull(call: Call) -> Answer:
    if not call.repo.git.head(call.body["head"]):
        return invalid("Validation Failed")
    number = max(call.repo.issues, default=0) + 1
    pull = {"head": call.body["head"], "base": call.body["base"], "head_repo": call.repo.name, "files": []}
    call.repo.issues[number] = FakeIssue(number, call.body["title"], call.body["body"], call.login, pull=pull)
    return 201, _pull_body(call, call.repo.issues[number])


def _check_body(number: int, check: dict[str, Any]) -> dict[str, Any]:
    output = {"title": None, "summary": None, "text": None, **check.get("output", {})}
    output |= {"annotations_count": len(check["annotations"]), "annotations_url": "http://127.0.0.1/x"}
    output.pop("annotations", None)
    plain = {k: check.get(k) for k in ("name", "head_sha", "external_id", "status", "conclusion")}
    return {"id": number, "node_id": "C", "output": output, "html_url": "http://127.0.0.1/check", **plain}


def _take(check: dict[str, Any], body: dict[str, Any]) -> None:
    output = dict(body.get("output", {}))
    check["annotations"] = [*check.get("annotations", []), *output.pop("annotations", [])]
    check |= {**body, "output": {**check.get("output", {}), **output}}
    if "conclusion" in body:
        check["status"] = "completed"


@route("post", f"{_REPO}/check-runs")
def _new_check(call: Call) -> Answer:
    number = next(call.state.ids)
    check: dict[str, Any] = {}
    _take(check, call.body)
    call.repo.checks[number] = check
    return 201, _check_body(number, check)


@route("patch", f"{_REPO}/check-runs/{{check_run_id}}")
def _edit_check(call: Call) -> Answer:
    number = int(call.args["check_run_id"])
    _take(call.repo.checks[number], call.body)
    return 200, _check_body(number, call.repo.checks[number])


@route("get", f"{_REPO}/commits/{{ref}}/check-runs")
def _checks(call: Call) -> Answer:
    found = [_check_body(n, c) for n, c in call.repo.checks.items() if c["head_sha"] == call.args["ref"]]
    return 200, {"total_count": len(found), "check_runs": call.page(found)}


@route("post", f"{_REPO}/actions/runs/{{run_id}}/cancel")
def _cancel(call: Call) -> Answer:
    run = int(call.args["run_id"])
    if call.repo.runs.get(run) != "running":
        return 409, {"message": "Cannot cancel a workflow run that is completed.", "documentation_url": "d"}
    call.repo.runs[run] = "cancelled"
    return 202, {}


@route("get", f"{_REPO}/actions/runs/{{run_id}}/jobs")
def _jobs(call: Call) -> Answer:
    found = call.repo.jobs.get(int(call.args["run_id"]), [])
    return 200, {"total_count": len(found), "jobs": call.page(found)}


@route("post", "/app/installations/{installation_id}/access_tokens")
def _installation_token(call: Call) -> Answer:
    try:
        jwt.decode(call.query.get("jwt", ""), call.state.app_key, algorithms=["RS256"], options={"verify_aud": False})
    except jwt.InvalidTokenError:
        return 401, {"message": "A JSON web token could not be decoded", "documentation_url": "d"}
    token, asked = f"ghs_{next(call.state.ids)}", call.body or {}
    call.state.tokens[token] = "apr-qa[bot]"
    if "repositories" in asked:
        call.state.scopes[token] = tuple(asked["repositories"])
    return 201, {"token": token, "expires_at": NOW.replace("2026", "2099"), "permissions": asked["permissions"]}
