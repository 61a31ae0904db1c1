"""A conversation with the bot on the fake GitHub."""

from __future__ import annotations

import copy
import gzip
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

from gh_server import FakeGitHub
from gh_spec import DATA
from gh_state import BOT, FakeComment
from jsonschema import Draft7Validator

from apr_qa.bot.main import Heard, respond
from apr_qa.bot.situation import Surroundings
from apr_qa.bot.state import KEY
from apr_qa.github.client import Client
from apr_qa.github.comments import mark
from apr_qa.vocab.effects import Done
from apr_qa.vocab.events import parse_event

NOW = datetime(2026, 11, 25, 14, 0, tzinfo=UTC)


@cache
def _validator(definition: str) -> Draft7Validator:
    schemas = json.loads(gzip.decompress((DATA / "webhooks.json.gz").read_bytes()))
    return Draft7Validator({"$ref": f"#/definitions/{definition}", **schemas})


def schema_faults(definition: str, payload: Any) -> list[str]:
    """Return what is wrong with a payload, by GitHub's schema for it."""
    return [error.message for error in _validator(definition).iter_errors(payload)]


def example(event: str) -> Any:
    """Return GitHub's example of a payload."""
    return json.loads((DATA / f"{event}.json").read_text(encoding="utf-8"))


def comment_payload(author: str, body: str, comment_id: int, number: int = 7) -> Any:
    """Return the payload of a comment on a pull request of `o/r`."""
    payload = copy.deepcopy(example("issue_comment"))
    url = f"https://api.github.com/repos/o/r/pulls/{number}"
    payload["repository"] |= {"full_name": "o/r", "default_branch": "main"}
    payload["issue"] |= {"number": number, "state": "open"}
    payload["issue"]["pull_request"] = {"url": url, "html_url": url, "diff_url": url, "patch_url": url}
    payload["comment"] |= {"id": comment_id, "body": body}
    payload["comment"]["user"] |= {"login": author, "type": "Bot" if author.endswith("[bot]") else "User"}
    return payload


class Talk:
    """People write, the bot answers; what came of it is remembered."""

    def __init__(self, hub: FakeGitHub, client: Client, rows: Mapping[str, Mapping[str, str]] | None = None) -> None:
        self.hub, self.client, self.rows = hub, client, rows or {}
        self.repo = hub.state.repo("o/r")
        self.heard = Heard(codes=())
        self.done: tuple[Done, ...] = ()
        self.asked: FakeComment | None = None
        self.run_id: int | None = 77
        self.now = NOW
        self.rerun_by = ""

    def say(self, author: str, body: str, number: int = 7) -> tuple[str, ...]:
        """Write a comment, let the bot react, return the codes of what it did."""
        self.asked = self.hub.state.comment(self.repo, number, author, body)
        payload = comment_payload(author, body, self.asked.id, number)
        assert schema_faults("issue_comment$created", payload) == []
        around = Surroundings(
            now=self.now, rows=self.rows, run_id=self.run_id, run_url="https://example.org/run", rerun_by=self.rerun_by
        )
        self.heard, self.done = respond(parse_event("issue_comment", payload), self.client, around)
        self.run_id = self.run_id + 1 if self.run_id is not None else None
        assert not any(d.failed for d in self.done), self.done
        return self.heard.codes

    @property
    def reaction(self) -> str:
        """The bot's reaction to the last comment; empty when there is none."""
        assert self.asked is not None
        return next((content for login, content in self.asked.reactions.values() if login == BOT), "")

    @property
    def reply(self) -> str:
        """The bot's reply to the last comment; empty when there is none."""
        assert self.asked is not None
        return self._said(f"reply:{self.asked.id}")

    @property
    def sticky(self) -> str:
        """The sticky comment; empty when there is none."""
        return self._said(KEY)

    def _said(self, key: str) -> str:
        bodies = [c.body for c in self.repo.comments.values() if c.body.startswith(mark(key)) and c.author == BOT]
        assert len(bodies) < 2
        return bodies[0] if bodies else ""
