"""The ways to be somebody on GitHub."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from gh_server import FakeGitHub
from gh_state import FakeIssue

from apr_qa.errors import InputError
from apr_qa.github.access import PUBLIC_API, Access, AppKey, access_from, own_access, ticket_access
from apr_qa.github.client import Client
from apr_qa.github.errors import GitHubError, MissingError
from apr_qa.vocab.effects import StickyComment

STICKY = StickyComment(repo="o/r", number=7, key="certify", body="x")


def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def _pem(key: rsa.RSAPrivateKey) -> str:
    plain = serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain).decode()


def test_an_app_gets_a_token_of_its_own(hub: FakeGitHub, access: Access) -> None:
    """The App proves itself with its key, and what it writes is its own."""
    key = _key()
    hub.state.app_key = key.public_key()
    app = AppKey(app_id="12345", private_key=_pem(key), installation=99, permissions={"issues": "write"})
    client = Client(replace(access, token="", app=app))
    assert client.perform(STICKY).changed
    assert not client.perform(STICKY).changed
    assert hub.log.count("POST /app/installations/99/access_tokens") == 1
    client.close()


def test_the_token_for_tickets_reaches_one_repository(hub: FakeGitHub, access: Access) -> None:
    """The App may write issues upstream with it, and nothing in the repository that the workflow runs in."""
    key = _key()
    hub.state.app_key = key.public_key()
    hub.state.repo("up/stream").issues[7] = FakeIssue(7, "x", "")
    env = {"APR_QA_APP_ID": "1", "APR_QA_APP_KEY": _pem(key), "APR_QA_APP_INSTALLATION": "99", "GITHUB_TOKEN": "t"}
    narrow = ticket_access(env, "up/stream", "o/r")
    assert narrow is not None
    assert narrow.app is not None
    client = Client(replace(access, token="", app=narrow.app))
    assert client.perform(replace(STICKY, repo="up/stream")).changed
    with pytest.raises(MissingError):
        client.door.get("/repos/o/r")
    client.close()
    wrong = replace(access, token="", app=replace(narrow.app, private_key=_pem(_key())))
    with pytest.raises(GitHubError, match="the App gets no token"):
        Client(wrong)


def test_who_writes_where() -> None:
    """In its own repository the workflow's token speaks; elsewhere the App, else a token of its own, else nobody."""
    app = {"APR_QA_APP_ID": "1", "APR_QA_APP_KEY": "k", "APR_QA_APP_INSTALLATION": "9"}
    assert own_access({"GITHUB_TOKEN": "t", **app}).app is None
    assert own_access(app).app is not None
    assert ticket_access({"GITHUB_TOKEN": "t"}, "up/stream", "o/r") is None
    assert ticket_access({"GITHUB_TOKEN": "t"}, "o/r", "o/r") == own_access({"GITHUB_TOKEN": "t"})
    other = ticket_access({"GITHUB_TOKEN": "t", "APR_QA_TICKETS_TOKEN": "u"}, "up/stream", "o/r")
    assert other == own_access({"GITHUB_TOKEN": "u"})
    with pytest.raises(InputError, match="no number of seconds"):
        own_access({"GITHUB_TOKEN": "t", "APR_QA_SECONDS_BETWEEN_WRITES": "soon"})


@pytest.mark.parametrize("wrong", ["key", "token"])
def test_wrong_credentials_are_refused(hub: FakeGitHub, access: Access, wrong: str) -> None:
    """A wrong key or token is an error of ours that says 401."""
    hub.state.app_key = _key().public_key()
    app = AppKey(app_id="12345", private_key=_pem(_key()), installation=99) if wrong == "key" else None
    client = Client(replace(access, token="nonsense", app=app))
    with pytest.raises(GitHubError, match="401"):
        client.perform(STICKY)
    client.close()


def test_credentials_come_from_the_environment() -> None:
    """A token, an App, another server: each is read, and what is missing is named."""
    assert access_from({"GITHUB_TOKEN": "t"}).api_url == PUBLIC_API
    own = access_from(
        {"GITHUB_TOKEN": "t", "GITHUB_API_URL": "https://ghe.example.org/api/v3", "APR_QA_CA_BUNDLE": "/ca"}
    )
    assert (own.api_url, own.ca_bundle) == ("https://ghe.example.org/api/v3", "/ca")
    app = access_from({"APR_QA_APP_ID": "1", "APR_QA_APP_KEY": "k", "APR_QA_APP_INSTALLATION": "9"}).app
    assert app == AppKey(app_id="1", private_key="k", installation=9)
    for env in ({}, {"APR_QA_APP_ID": "1"}):
        with pytest.raises(InputError):
            access_from(env)


def test_secrets_are_never_printed() -> None:
    """The text form of an access shows neither token nor key."""
    access = Access(token="ghs_secret", app=AppKey(app_id="1", private_key="PRIVATE", installation=2))
    assert "secret" not in repr(access)
    assert "PRIVATE" not in repr(access)
