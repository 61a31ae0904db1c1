"""REST operations of the fake, each under the template that GitHub's description has for it."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from gh_git import GitError
from gh_state import FakeComment, FakeIssue, FakeRepo, State

Answer = tuple[int, Any]
_REPO = "/repos/{owner}/{repo}"
_WITH_SLASHES = ("path", "ref")


class Call:
    """One request, routed."""

    def __init__(self, state: State, args: dict[str, str], query: dict[str, str], body: Any, login: str) -> None:
        self.state, self.args, self.query, self.body, self.login = state, args, query, body, login

    @property
    def repo(self) -> FakeRepo:
        return self.state.repos[f"{self.args['owner']}/{self.args['repo']}"]

    def issue(self) -> FakeIssue:
        return self.repo.issues[int(self.args["issue_number"])]

    def page(self, items: list[Any]) -> list[Any]:
        size, page = int(self.query.get("per_page", 30)), int(self.query.get("page", 1))
        return items[(page - 1) * size : page * size]


Handler = Callable[[Call], Answer]
ROUTES: list[tuple[str, str, re.Pattern[str], Handler]] = []


def route(method: str, template: str) -> Callable[[Handler], Handler]:
    """Register a handler for an operation."""

    def part(found: re.Match[str]) -> str:
        return f"(?P<{found[1]}>{'.+' if found[1] in _WITH_SLASHES else '[^/]+'})"

    def register(handler: Handler) -> Handler:
        pattern = re.sub(r"{(\w+)}", part, template)
        ROUTES.append((method, template, re.compile(f"^{pattern}$"), handler))
        return handler

    return register


def missing() -> Answer:
    """The answer to what is not there."""
    return 404, {"message": "Not Found", "documentation_url": "d", "status": "404"}


def invalid(message: str, code: str = "invalid") -> Answer:
    """The answer to what will not be done."""
    return 422, {"message": message, "documentation_url": "d", "errors": [{"code": code, "message": message}]}


def user(login: str) -> dict[str, Any]:
    return {"login": login, "type": "Bot" if login.endswith("[bot]") else "User"}


def comment_body(comment: FakeComment) -> dict[str, Any]:
    return {"id": comment.id, "body": comment.body, "user": user(comment.author)}


def issue_body(issue: FakeIssue, repo: FakeRepo) -> dict[str, Any]:
    body = {
        "html_url": f"https://github.com/{repo.name}/issues/{issue.number}",
        "number": issue.number, "title": issue.title, "body": issue.body, "state": issue.state,
        "state_reason": issue.reason, "user": user(issue.author), "labels": [{"name": n} for n in issue.labels],
    }  # fmt: skip
    return body | ({"pull_request": {}} if issue.pull else {})


@route("get", _REPO)
def _repository(call: Call) -> Answer:
    return 200, {"full_name": call.repo.name, "default_branch": "main"}


@route("get", f"{_REPO}/collaborators/{{username}}/permission")
def _permission(call: Call) -> Answer:
    login = unquote(call.args["username"])
    role = call.repo.roles.get(login, "read")
    folded = {"maintain": "write", "triage": "read"}.get(role, role)
    return 200, {"permission": folded, "role_name": role, "user": {**user(login), "role_name": role}}


@route("get", f"{_REPO}/contents/{{path}}")
def _contents(call: Call) -> Answer:
    ref, path = call.query.get("ref", "main"), unquote(call.args["path"])
    try:
        raw = call.repo.git.text(ref, path).encode()
    except GitError:
        return missing()
    return 200, {
        "type": "file", "encoding": "base64", "size": len(raw), "name": path.rpartition("/")[2], "path": path,
        "content": base64.encodebytes(raw).decode(), "sha": call.repo.git.blob(raw),
        "_links": {"git": None, "html": None, "self": "http://127.0.0.1/x"},
    }  # fmt: skip


@route("post", f"{_REPO}/issues/{{issue_number}}/comments")
def _comment(call: Call) -> Answer:
    call.issue()
    made = call.state.comment(call.repo, int(call.args["issue_number"]), call.login, call.body["body"])
    return 201, comment_body(made)


@route("patch", f"{_REPO}/issues/comments/{{comment_id}}")
def _edit(call: Call) -> Answer:
    comment = call.repo.comments[int(call.args["comment_id"])]
    comment.history.append(comment.body)
    comment.body, comment.edits = call.body["body"], comment.edits + 1
    return 200, comment_body(comment)


@route("delete", f"{_REPO}/issues/comments/{{comment_id}}")
def _delete(call: Call) -> Answer:
    del call.repo.comments[int(call.args["comment_id"])]
    return 204, None


@route("get", f"{_REPO}/issues/comments/{{comment_id}}/reactions")
def _reactions(call: Call) -> Answer:
    found = call.repo.comments[int(call.args["comment_id"])].reactions
    return 200, call.page([{"id": i, "user": user(w), "content": c} for i, (w, c) in found.items()])


@route("post", f"{_REPO}/issues/comments/{{comment_id}}/reactions")
def _react(call: Call) -> Answer:
    found = call.repo.comments[int(call.args["comment_id"])].reactions
    wanted = (call.login, call.body["content"])
    there = next((i for i, reaction in found.items() if reaction == wanted), None)
    number = there or next(call.state.ids)
    found[number] = wanted
    return (200 if there else 201), {"id": number, "user": user(call.login), "content": call.body["content"]}


@route("delete", f"{_REPO}/issues/comments/{{comment_id}}/reactions/{{reaction_id}}")
def _unreact(call: Call) -> Answer:
    del call.repo.comments[int(call.args["comment_id"])].reactions[int(call.args["reaction_id"])]
    return 204, None


@route("get", f"{_REPO}/issues")
def _issues(call: Call) -> Answer:
    wanted, labels = call.query.get("state", "open"), set(filter(None, call.query.get("labels", "").split(",")))
    found = [i for i in call.repo.issues.values() if wanted in ("all", i.state) and labels <= set(i.labels)]
    return 200, call.page([issue_body(i, call.repo) for i in call.state.fresh_enough(found)])


@route("post", f"{_REPO}/issues")
def _new_issue(call: Call) -> Answer:
    number = max(call.repo.issues, default=0) + 1
    labels = call.body.get("labels", [])
    call.repo.labels |= set(labels)
    call.repo.issues[number] = FakeIssue(number, call.body["title"], call.body["body"], call.login, labels=labels)
    return 201, issue_body(call.repo.issues[number], call.repo)


@route("get", f"{_REPO}/issues/{{issue_number}}")
def _issue(call: Call) -> Answer:
    return 200, issue_body(call.issue(), call.repo)


@route("patch", f"{_REPO}/issues/{{issue_number}}")
def _edit_issue(call: Call) -> Answer:
    issue = call.issue()
    issue.body, issue.title = call.body.get("body", issue.body), call.body.get("title", issue.title)
    issue.state = call.body.get("state", issue.state)
    issue.reason = call.body.get("state_reason") if issue.state == "closed" else None
    return 200, issue_body(issue, call.repo)


@route("post", f"{_REPO}/issues/{{issue_number}}/labels")
def _add_labels(call: Call) -> Answer:
    issue = call.issue()
    issue.labels = list(dict.fromkeys([*issue.labels, *call.body["labels"]]))
    return 200, [{"name": name} for name in issue.labels]


@route("get", f"{_REPO}/labels/{{name}}")
def _label(call: Call) -> Answer:
    name = unquote(call.args["name"])
    return (200, {"name": name}) if name in call.repo.labels else missing()


@route("post", f"{_REPO}/labels")
def _new_label(call: Call) -> Answer:
    if call.body["name"] in call.repo.labels:
        return invalid("Validation Failed", "already_exists")
    call.repo.labels.add(call.body["name"])
    return 201, {"name": call.body["name"], "color": call.body["color"]}
