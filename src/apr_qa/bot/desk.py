"""From the environment of a workflow's job to a desk: who we are, what is known, whom we may write to."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from apr_qa.bot.answering import Desk
from apr_qa.bot.registering import FOLDER
from apr_qa.bot.situation import Surroundings
from apr_qa.errors import InputError
from apr_qa.files import read_text
from apr_qa.github import facts
from apr_qa.github.access import own_access, ticket_access
from apr_qa.github.client import Client
from apr_qa.github.errors import MissingError
from apr_qa.registry.derive import TABLE
from apr_qa.registry.rows import parse_csv
from apr_qa.vocab.events import Event, parse_event


def read_event(path: Path, env: Mapping[str, str]) -> Event:
    """Return the event in the file that GitHub wrote. Raises InputError."""
    name = env.get("GITHUB_EVENT_NAME", "")
    if not name:
        raise InputError("GITHUB_EVENT_NAME is not set", remedy="GitHub sets it; by hand: issue_comment, push ...")
    try:
        payload = json.loads(read_text(path, "event"))
    except ValueError:
        raise InputError("not JSON", where=str(path)) from None
    if name == "schedule" and isinstance(payload, dict) and "repository" not in payload:
        payload["repository"] = {"full_name": env.get("GITHUB_REPOSITORY", "")}
    return parse_event(name, payload)


def now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


@contextmanager
def opened(env: Mapping[str, str], repo: str, branch: str = "") -> Iterator[Desk]:
    """Yield the desk of a job in `repo`; connections are opened as they are needed and closed at the end.

    Raises InputError when there are no credentials, GitHubError.
    """
    access = own_access(env)
    with ExitStack() as stack:
        client = _client(stack, Client(access))
        others: dict[str, Client | None] = {}

        def door_to(other: str) -> Client | None:
            if other not in others:
                narrow = ticket_access(env, other, repo)
                others[other] = client if narrow == access else _client(stack, Client(narrow)) if narrow else None
            return others[other]

        yield Desk(
            client=client,
            access=access,
            doors=door_to,
            around=_around(env, repo, client, branch),
            server=env.get("GITHUB_SERVER_URL") or "https://github.com",
            image=env.get("APR_QA_IMAGE", ""),
        )


def _client(stack: ExitStack, client: Client) -> Client:
    stack.callback(client.close)
    return client


def _around(env: Mapping[str, str], repo: str, client: Client, branch: str) -> Surroundings:
    run, server = env.get("GITHUB_RUN_ID", ""), env.get("GITHUB_SERVER_URL") or "https://github.com"
    again = env.get("GITHUB_RUN_ATTEMPT", "1") != "1"
    return Surroundings(
        now=now(),
        rows=_rows(client, repo, branch),
        run_id=int(run) if run.isdigit() else None,
        run_url=f"{server}/{repo}/actions/runs/{run}" if run.isdigit() else "",
        rerun_by=env.get("GITHUB_TRIGGERING_ACTOR", "") if again else "",
    )


def _rows(client: Client, repo: str, branch: str) -> Mapping[str, Mapping[str, Any]]:
    """The registry's table on the default branch; none yet, no rows."""
    if not repo:
        return {}
    with suppress(MissingError):
        branch = branch or str(client.door.get(f"/repos/{repo}")["default_branch"])
        text = facts.file_text(client.door, repo, f"{FOLDER}/{TABLE}", branch)
        return {row["model_id"]: row for row in parse_csv(text)}
    return {}
