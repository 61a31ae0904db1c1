"""Many writers, one branch: nothing is lost."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from gh_server import FakeGitHub, Fault

from apr_qa.github.access import Access
from apr_qa.github.client import Client
from apr_qa.github.errors import MissingError
from apr_qa.github.publishing import Change, How, Published, publish
from apr_qa.github.snapshot import Snapshot, take_snapshot


def _adding(name: str) -> object:
    """One record file, and a table derived from all records."""

    def derive(snapshot: Snapshot) -> Change:
        records = {path: snapshot.text(path) for path in snapshot.below("records/")} | {f"records/{name}": f"{name}\n"}
        table = "".join(records[path] for path in sorted(records))
        return Change(headline=f"Record {name}", additions={f"records/{name}": f"{name}\n", "table.csv": table})

    return derive


def _publish(client: Client, access: Access, name: str) -> Published:
    return publish(client, access, "o/r", "main", _adding(name))  # type: ignore[arg-type]


def test_what_is_so_already_is_not_written(hub: FakeGitHub, client: Client, access: Access) -> None:
    """The second publisher of the same record finds nothing to do."""
    assert _publish(client, access, "a").how is How.COMMITTED
    head = hub.state.repo("o/r").git.head("main")
    assert _publish(client, access, "a").how is How.NOTHING
    assert hub.state.repo("o/r").git.head("main") == head


def test_a_moved_head_is_derived_from_anew(hub: FakeGitHub, client: Client, access: Access) -> None:
    """Somebody commits between looking and writing: the table holds both records."""
    git = hub.state.repo("o/r").git
    theirs = {"records/b": "b\n", "table.csv": "b\n"}
    hub.faults.append(Fault(match="mutation", kind="", do=lambda _s: git.commit("main", theirs) and None))
    published = _publish(client, access, "a")
    assert published.attempts == 2
    assert git.text("main", "table.csv") == "a\nb\n"


@pytest.mark.parametrize("kind", ["lost", "lost-502", "502", "secondary"])
def test_a_lost_answer_is_no_second_commit(hub: FakeGitHub, client: Client, access: Access, kind: str) -> None:
    """Whether the commit was made or not, there is one in the end."""
    hub.faults.append(Fault(match="mutation", kind=kind))
    _publish(client, access, "a")
    git = hub.state.repo("o/r").git
    assert git.git("rev-list", "--count", "main").strip() == "2"
    assert git.text("main", "table.csv") == "a\n"


def test_a_protected_branch_gets_a_pull_request(hub: FakeGitHub, client: Client, access: Access) -> None:
    """The change waits on a branch of its own; asked again, it is the same pull request with one commit."""
    repo = hub.state.repo("o/r")
    repo.protected.add("main")
    first, second = _publish(client, access, "a"), _publish(client, access, "a")
    assert (first.how, first.url) == (How.PULL_REQUEST, second.url)
    pulls = [i for i in repo.issues.values() if i.pull and i.number != 7]
    assert len(pulls) == 1
    assert pulls[0].pull is not None
    assert repo.git.text(pulls[0].pull["head"], "table.csv") == "a\n"


def test_where_nothing_may_be_written_the_change_is_kept(hub: FakeGitHub, client: Client, access: Access) -> None:
    """A repository that takes no commits at all: the files are handed back."""
    hub.state.repo("o/r").read_only = True
    published = _publish(client, access, "a")
    assert published.how is How.KEPT
    assert published.change.additions["table.csv"] == "a\n"


def test_a_deleted_branch_is_an_error(hub: FakeGitHub, client: Client, access: Access) -> None:
    """Nothing is written anywhere else."""
    hub.state.repo("o/r").git.git("update-ref", "-d", "refs/heads/main")
    with pytest.raises(MissingError):
        _publish(client, access, "a")


def test_a_snapshot_reads_and_knows_what_it_holds(hub: FakeGitHub, client: Client) -> None:
    """Texts come back whole, and equality is known without fetching."""
    hub.state.repo("o/r").git.commit("main", {"d/ü.txt": "ö\n"})
    snapshot = take_snapshot(client.door, "o/r", "main")
    assert snapshot.text("d/ü.txt") == "ö\n"
    assert snapshot.holds("README.md", "hello\n")
    assert not snapshot.holds("README.md", "hello")


def test_twenty_publishers_lose_nothing(hub: FakeGitHub, access: Access) -> None:
    """Twenty at once, each with a record of its own: every record and every row is there, once."""
    names = [f"r{n:02}" for n in range(20)]
    results: list[Published] = []

    def work(name: str) -> None:
        client = Client(access)
        try:
            results.append(_publish(client, replace(access, backoff_s=0.002), name))
        finally:
            client.close()

    threads = [threading.Thread(target=work, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    git = hub.state.repo("o/r").git
    assert [r.how for r in results] == [How.COMMITTED] * 20
    assert git.text("main", "table.csv") == "".join(f"{name}\n" for name in names)
    assert git.git("rev-list", "--count", "main").strip() == "21"
