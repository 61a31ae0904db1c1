"""GitHub Enterprise Server: its own addresses, behind a certificate of its own authority."""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from gh_server import FakeGitHub, fake_github

from apr_qa.github.access import Access, access_from
from apr_qa.github.client import Client
from apr_qa.github.errors import GitHubError
from apr_qa.vocab.effects import CommitFiles, StickyComment

STICKY = StickyComment(repo="o/r", number=7, key="certify", body="x")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for loopback that no authority of the system has signed, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "an enterprise")])
    now = datetime.now(UTC)
    loopback = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
        .add_extension(loopback, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "enterprise.pem"
    plain = serialization.NoEncryption()
    pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    path.write_bytes(key.private_bytes(pem, pkcs8, plain) + made.public_bytes(pem))
    return path


@pytest.fixture
def server(tmp_path: Path, certificate: Path) -> Iterator[FakeGitHub]:
    """A fake Enterprise Server with one repository and one pull request."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with fake_github(tmp_path, enterprise=context) as fake:
        repo = fake.state.repo("o/r")
        repo.git.commit("main", {"README.md": "hello\n"})
        fake.state.pull(repo, 7, [], author="ann")
        yield fake
        assert not fake.violations, fake.violations


def _access(server: FakeGitHub, ca: str) -> Access:
    variables = {"GITHUB_TOKEN": "bot-token", "GITHUB_API_URL": server.url, "APR_QA_CA_BUNDLE": ca}
    return access_from({**variables, "APR_QA_SECONDS_BETWEEN_WRITES": "0", "APR_QA_SECONDS_BETWEEN_LOOKS": "0"})


def test_rest_and_graphql_reach_it(server: FakeGitHub, certificate: Path) -> None:
    """A comment by REST and a signed commit by GraphQL, each at the address that Enterprise Server has for it."""
    client = Client(_access(server, str(certificate)))
    assert client.perform(STICKY).changed
    repo = server.state.repo("o/r")
    head = repo.git.head("main")
    files = {"a.txt": "a\n"}
    commit = CommitFiles(repo="o/r", branch="main", expected_head=head, headline="Add", body="", additions=files)
    assert client.perform(commit).changed
    assert repo.git.text("main", "a.txt") == "a\n"
    client.close()


def test_an_unknown_authority_is_refused(server: FakeGitHub) -> None:
    """Without the bundle nothing is sent: no token goes to a server that cannot prove who it is."""
    client = Client(_access(server, ""))
    with pytest.raises(GitHubError, match="no known authority") as told:
        client.perform(STICKY)
    assert "APR_QA_CA_BUNDLE" in told.value.remedy
    assert server.log == []
    client.close()
