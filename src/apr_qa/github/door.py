"""The one way out to GitHub: paced requests, patience with limits, and honesty about writes whose answer got lost.

A request that only reads is repeated after a server's fault. A write is not: it may have happened, so whoever asked
for it has to look first (UnsureError). A write that was turned away by a rate limit did not happen and is repeated.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any

from github.Requester import Requester

from apr_qa.github.access import Access, AppKey
from apr_qa.github.errors import BusyError, ConflictError, GitHubError, MissingError, RefusedError, UnsureError
from apr_qa.text import one_line
from github import Auth, Github, GithubException

_PAGE = 100
_MOST_PAGES = 100
_SECONDARY_WAIT_S = 60.0
_VIEWER = "query { viewer { login } }"


class Door:
    """A connection to one GitHub. Not for several threads at once."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._requester = _requester(access, _auth(access))
        self._login = ""

    @property
    def login(self) -> str:
        """Whose credentials these are: `apr-qa[bot]`, `github-actions[bot]`, a person. Raises GitHubError."""
        if not self._login:
            self._login = str(self.ask(_VIEWER)["viewer"]["login"])
        return self._login

    def get(self, path: str, **query: Any) -> Any:
        """Return the JSON at `path`. Raises GitHubError."""
        return self._try("GET", path, query=query)

    def pages(self, path: str, key: str = "", **query: Any) -> Iterator[Any]:
        """Yield the items of a list, page by page; `key` names it where the answer is an object."""
        for page in range(1, _MOST_PAGES + 1):
            found = self.get(path, per_page=_PAGE, page=page, **query)
            items = found[key] if key else found
            yield from items
            if len(items) < _PAGE:
                return

    def write(self, verb: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Send a write and return its answer. Raises GitHubError; UnsureError when it may have happened."""
        return self._try(verb, path, body=body)

    def ask(self, query: str, **variables: Any) -> Any:
        """Return the `data` of a GraphQL query. Raises GitHubError."""
        return self._graphql("GET", query, variables)

    def change(self, mutation: str, **variables: Any) -> Any:
        """Send a GraphQL mutation. Raises GitHubError; UnsureError when it may have happened."""
        return self._graphql("POST", mutation, variables)

    def close(self) -> None:
        """Close the connections."""
        self._requester.close()

    def _graphql(self, kind: str, text: str, variables: Mapping[str, Any]) -> Any:
        path = self._requester.graphql_url
        answer = self._try(kind, path, body={"query": text, "variables": dict(variables)}, sent_as="POST")
        if errors := answer.get("errors"):
            raise _of_graphql(errors[0])
        return answer["data"]

    def _try(self, verb: str, path: str, *, query: Any = None, body: Any = None, sent_as: str = "") -> Any:
        problem: GitHubError = GitHubError("never tried")
        for attempt in range(self._access.attempts):
            try:
                return self._once(sent_as or verb, path, query, body)
            except GithubException as error:
                problem, pause = self._consider(error, verb, path, attempt)
            except (OSError, AssertionError) as error:
                if isinstance(error, AssertionError):
                    raise RefusedError("this address is not of that GitHub", where=_where(verb, path)) from None
                if "CERTIFICATE_VERIFY_FAILED" in str(error):
                    raise RefusedError("its certificate is of no known authority", **_unknown(verb, path)) from None
                problem, pause = self._lost(verb, path, attempt, type(error).__name__)
            self._access.wait(pause)
        raise problem

    def _once(self, verb: str, path: str, query: Any, body: Any) -> Any:
        _, data = self._requester.requestJsonAndCheck(verb, path, parameters=query or None, input=body)
        return data

    def _consider(self, error: GithubException, verb: str, path: str, attempt: int) -> tuple[GitHubError, float]:
        """Return the problem and how long to wait before the next attempt, or raise when there is to be none."""
        where, said = _where(verb, path), _said(error)
        if (pause := _limited(error)) is not None:
            if pause > self._access.longest_wait_s:
                raise BusyError(f"rate limit for another {pause:.0f} s: {said}", where=where) from None
            return BusyError(f"rate limit: {said}", where=where), pause
        if error.status >= 500:
            return self._lost(verb, path, attempt, f"status {error.status}")
        raise _of_status(error.status)(f"{error.status}: {said}", where=where) from None

    def _lost(self, verb: str, path: str, attempt: int, why: str) -> tuple[GitHubError, float]:
        if verb != "GET":
            raise UnsureError(f"the answer got lost ({why})", where=_where(verb, path)) from None
        problem = GitHubError(f"GitHub does not answer ({why})", where=_where(verb, path), remedy="Try again later.")
        return problem, self._access.backoff_s * 2**attempt


def _auth(access: Access) -> Auth.Auth:
    if access.app is None:
        return Auth.Token(access.token)
    own = Auth.AppAuth(access.app.app_id, access.app.private_key)
    if access.app.repositories:
        return Auth.Token(_narrow_token(access, access.app, own))
    return own.get_installation_auth(access.app.installation, dict(access.app.permissions) or None)


def _narrow_token(access: Access, app: AppKey, auth: Auth.AppAuth) -> str:
    """A token for some of the installation's repositories; it holds for an hour. Raises RefusedError."""
    path = f"/app/installations/{app.installation}/access_tokens"
    body = {"repositories": list(app.repositories), "permissions": dict(app.permissions)}
    requester = _requester(access, auth)
    try:
        _, made = requester.requestJsonAndCheck("POST", path, input=body)
    except (GithubException, OSError) as error:
        said = _said(error) if isinstance(error, GithubException) else type(error).__name__
        raise RefusedError(f"the App gets no token: {said}", where=_where("POST", path)) from None
    finally:
        requester.close()
    return str(made["token"])


def _requester(access: Access, auth: Auth.Auth) -> Requester:
    return Github(
        auth=auth,
        base_url=access.api_url,
        timeout=access.timeout_s,
        verify=access.ca_bundle or True,
        retry=None,
        seconds_between_requests=access.between_requests_s,
        seconds_between_writes=access.between_writes_s,
        user_agent="apr-qa",
    ).requester


def _limited(error: GithubException) -> float | None:
    """Return the seconds until a rate limit ends; None when the error is something else."""
    headers = error.headers or {}
    message = str((error.data or {}).get("message", "")) if isinstance(error.data, dict) else ""
    if error.status not in (403, 429):
        return None
    if (after := str(headers.get("retry-after", ""))).isdigit():
        return float(after)
    if headers.get("x-ratelimit-remaining") == "0" and str(headers.get("x-ratelimit-reset", "")).isdigit():
        return max(float(headers["x-ratelimit-reset"]) - time.time(), 0.0) + 1
    return _SECONDARY_WAIT_S if error.status == 429 or Requester.isRateLimitError(message) else None


def _of_status(status: int) -> type[GitHubError]:
    return {404: MissingError, 410: MissingError, 409: ConflictError}.get(status, RefusedError)


def _of_graphql(error: Mapping[str, Any]) -> GitHubError:
    kinds = {"NOT_FOUND": MissingError, "STALE_DATA": ConflictError}
    message = one_line(str(error.get("message", "")), 300)
    stale = message.startswith("Expected branch to point to")
    kind = ConflictError if stale else kinds.get(str(error.get("type")), RefusedError)
    return kind(message, where="GraphQL")


def _said(error: GithubException) -> str:
    data = error.data
    message = data.get("message", "") if isinstance(data, dict) else data
    details = data.get("errors", "") if isinstance(data, dict) else ""
    return one_line(f"{message} {details or ''}", 300)


def _unknown(verb: str, path: str) -> dict[str, str]:
    return {"where": _where(verb, path), "remedy": "Name the authority's certificates in APR_QA_CA_BUNDLE."}


def _where(verb: str, path: str) -> str:
    return f"{verb} {path}"
