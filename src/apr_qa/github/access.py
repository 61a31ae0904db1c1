"""How GitHub is reached: address, credentials, pace."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from apr_qa.errors import InputError

PUBLIC_API = "https://api.github.com"
_SECONDS = re.compile(r"\d{1,3}(\.\d{1,3})?")
_REMEDY = "Set GITHUB_TOKEN, or APR_QA_APP_ID with APR_QA_APP_KEY and APR_QA_APP_INSTALLATION."


@dataclass(frozen=True, slots=True, kw_only=True)
class AppKey:
    """A GitHub App's installation. A token made from it reaches only what the installation was given."""

    app_id: str
    private_key: str = field(repr=False)
    installation: int
    permissions: Mapping[str, str] = field(default_factory=dict)
    """Narrows the token: `{"issues": "write"}`; empty: all that the installation has."""
    repositories: tuple[str, ...] = ()
    """Narrows it further: names without their owner; empty: all that the installation has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Everything a connection needs. Never printed: `repr` leaves the secrets out."""

    token: str = field(default="", repr=False)
    """GITHUB_TOKEN or a personal access token."""
    app: AppKey | None = None
    """Goes before the token."""
    api_url: str = PUBLIC_API
    """Of GitHub Enterprise Server: `https://HOST/api/v3`."""
    ca_bundle: str = ""
    timeout_s: int = 20
    between_requests_s: float = 0.1
    between_writes_s: float = 1.0
    """GitHub asks for at least one second."""
    between_looks_s: float = 20.0
    """At something that changes by itself: one edit of a comment at most in that time."""
    attempts: int = 5
    backoff_s: float = 1.0
    """Before the second attempt; doubled for each further one."""
    longest_wait_s: float = 300.0
    """For a rate limit to end; one further away is an error that says when."""
    wait: Callable[[float], None] = time.sleep


def own_access(env: Mapping[str, str]) -> Access:
    """Return the access to the repository that the workflow runs in: its own token before the App.

    All that the bot says there is said by one account, for its comments are found again by their author. Raises
    InputError when there are no credentials.
    """
    return access_from({**env, "APR_QA_APP_ID": ""} if env.get("GITHUB_TOKEN") else env)


def ticket_access(env: Mapping[str, str], repo: str, own: str) -> Access | None:
    """Return the access that may file issues in `repo`, as narrow as can be; None when there is none.

    The workflow's own token reaches no repository but `own`. Raises InputError for an App without its key.
    """
    if env.get("APR_QA_APP_ID"):
        access = access_from(env)
        assert access.app is not None  # noqa: S101  (it was asked for)
        narrow = replace(access.app, permissions={"issues": "write"}, repositories=(repo.partition("/")[2],))
        return replace(access, app=narrow)
    if env.get("APR_QA_TICKETS_TOKEN"):
        return access_from({**env, "GITHUB_TOKEN": env["APR_QA_TICKETS_TOKEN"]})
    return own_access(env) if repo == own else None


def access_from(env: Mapping[str, str]) -> Access:
    """Return the access that environment variables describe. Raises InputError when they hold no credentials."""
    app = None
    if env.get("APR_QA_APP_ID"):
        installation = env.get("APR_QA_APP_INSTALLATION", "")
        if not installation.isdigit() or not env.get("APR_QA_APP_KEY"):
            raise InputError("the GitHub App's key or installation is missing", where="APR_QA_APP_ID", remedy=_REMEDY)
        app = AppKey(app_id=env["APR_QA_APP_ID"], private_key=env["APR_QA_APP_KEY"], installation=int(installation))
    token = env.get("GITHUB_TOKEN", "")
    if not app and not token:
        raise InputError("there are no credentials for GitHub", remedy=_REMEDY)
    return Access(
        token=token,
        app=app,
        api_url=env.get("GITHUB_API_URL") or PUBLIC_API,
        ca_bundle=env.get("APR_QA_CA_BUNDLE", ""),
        between_writes_s=_seconds(env, "WRITES", "1"),
        between_looks_s=_seconds(env, "LOOKS", "20"),
    )


def _seconds(env: Mapping[str, str], what: str, otherwise: str) -> float:
    name = f"APR_QA_SECONDS_BETWEEN_{what}"
    text = env.get(name) or otherwise
    if not _SECONDS.fullmatch(text):
        raise InputError(f"{text[:20]!r} is no number of seconds", where=name)
    return float(text)
