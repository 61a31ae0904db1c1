"""GraphQL of the fake, executed by graphql-core against GitHub's own schema."""

from __future__ import annotations

import base64
from functools import cache
from typing import Any

from gh_spec import DATA
from gh_state import FakeRepo, State
from graphql import DocumentNode, GraphQLError, GraphQLSchema, build_schema, execute_sync, parse, validate

_PAGE_SIZES = range(1, 101)


@cache
def _schema() -> GraphQLSchema:
    return build_schema((DATA / "schema.graphql").read_text(encoding="utf-8"))


@cache
def _document(text: str) -> DocumentNode:
    return parse(text, no_location=True)


@cache
def graph_faults(text: str) -> tuple[str, ...]:
    """Return what is wrong with a query."""
    try:
        return tuple(error.message for error in validate(_schema(), _document(text)))
    except GraphQLError as error:
        return (error.message,)


def answer(state: State, body: Any, login: str) -> dict[str, Any]:
    """Return what GitHub would answer."""
    root = _Root(state, login)
    document = _document(body["query"])
    done = execute_sync(_schema(), document, root_value=root, variable_values=body.get("variables"))
    if not done.errors:
        return {"data": done.data}
    errors = [{"message": e.message, "type": (e.extensions or {}).get("type")} for e in done.errors]
    return {"data": done.data, "errors": errors}


def _refuse(kind: str, message: str) -> GraphQLError:
    return GraphQLError(message, extensions={"type": kind})


class _Root:
    """Resolvers of the root fields."""

    def __init__(self, state: State, login: str) -> None:
        self._state, self._login = state, login

    def viewer(self, _info: Any) -> dict[str, Any]:
        return {"login": self._login}

    def repository(self, _info: Any, owner: str, name: str, **_more: Any) -> dict[str, Any]:
        repo = self._state.repos.get(f"{owner}/{name}")
        if repo is None:
            raise _refuse("NOT_FOUND", f"Could not resolve to a Repository with the name '{owner}/{name}'.")
        return {"issueOrPullRequest": lambda _i, number: self._subject(repo, number)}

    def _subject(self, repo: FakeRepo, number: int) -> dict[str, Any]:
        if number not in repo.issues:
            raise _refuse("NOT_FOUND", f"Could not resolve to an issue or pull request with the number of {number}.")
        kind = "PullRequest" if repo.issues[number].pull else "Issue"
        return {"__typename": kind, "comments": lambda _i, **page: self._comments(repo, number, **page)}

    def _comments(self, repo: FakeRepo, number: int, first: int, after: str | None = None) -> dict[str, Any]:
        if first not in _PAGE_SIZES:
            raise _refuse("EXCESSIVE_PAGINATION", "first has to be between 1 and 100")
        there = self._state.fresh_enough([c for c in repo.comments.values() if c.issue == number])
        start = int(after or 0)
        nodes = [
            {
                "id": f"{repo.name}#{c.id}", "fullDatabaseId": str(c.id), "body": c.body,
                "viewerDidAuthor": c.author == self._login, "isMinimized": c.hidden,
            }
            for c in there[start : start + first]
        ]  # fmt: skip
        end = start + len(nodes)
        return {"nodes": nodes, "pageInfo": {"hasNextPage": end < len(there), "endCursor": str(end)}}

    def minimizeComment(self, _info: Any, input: dict[str, Any]) -> dict[str, Any]:  # noqa: A002, N802
        repo, _, number = input["subjectId"].partition("#")
        self._state.repos[repo].comments[int(number)].hidden = True
        return {"minimizedComment": {"__typename": "IssueComment", "isMinimized": True}}

    def createCommitOnBranch(self, _info: Any, input: dict[str, Any]) -> dict[str, Any]:  # noqa: A002, N802
        repo = self._state.repos[input["branch"]["repositoryNameWithOwner"]]
        branch, message = input["branch"]["branchName"], input["message"]
        head = repo.git.head(branch)
        if not head:
            raise _refuse("NOT_FOUND", f"No branch named '{branch}' was found")
        if branch in repo.protected or repo.read_only:
            raise _refuse("UNPROCESSABLE", "Changes must be made through a pull request.")
        if head != input["expectedHeadOid"]:
            wanted = input["expectedHeadOid"]
            raise _refuse("STALE_DATA", f'Expected branch to point to "{wanted}" but it did not. Pull and try again.')
        changes = input["fileChanges"]
        additions = {a["path"]: base64.b64decode(a["contents"], validate=True) for a in changes["additions"]}
        deletions = [d["path"] for d in changes["deletions"]]
        text = f"{message['headline']}\n\n{message.get('body') or ''}"
        made = repo.git.commit(branch, additions, deletions, text)
        return {"commit": {"oid": made, "url": f"http://127.0.0.1/commit/{made}"}}
