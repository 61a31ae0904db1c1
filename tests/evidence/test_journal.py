"""The journal: nothing is lost by kill, torn line or full disk; two runs never write one; the same command goes on."""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from record_builders import all_claims, judged, observation, run_record, scenario

from apr_qa.errors import InputError, WorkspaceError
from apr_qa.evidence.journal import SYNC_RECORDS, Journal
from apr_qa.evidence.read import read_evidence
from apr_qa.evidence.seal import seal
from apr_qa.vocab.evidence import EngineFacts

SPAWN = multiprocessing.get_context("spawn")


@pytest.fixture
def run():
    """A run with a small plan."""
    names = [f"s-{n}" for n in range(10)]
    return run_record(claims=all_claims(), scenarios=tuple(scenario(name) for name in names))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "out" / "journal.jsonl"


def write_some(path, run, count, then_die=False, limit=0):
    """In a process of its own: write observations, then end by SIGKILL or meet a limit on the size of files."""
    if limit:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    journal = Journal.open(path, run)
    for n in range(count):
        journal.write(observation(f"s-{n}", text=f"answer {n}"))
    if then_die:
        os.kill(os.getpid(), signal.SIGKILL)


def observed(path):
    return [seen.scenario for seen in read_evidence(path).observations]


def test_what_was_written_is_read_back(path, run):
    """Plan, observations, verdicts and notes come back as they were, in order."""
    decided = [judged(c) for c in run.claims]
    with Journal.open(path, run) as journal:
        for record in (observation("s-1"), observation("s-0"), *decided, "a note"):
            journal.write(record)
    evidence = read_evidence(path)
    assert evidence.run == run
    assert evidence.observations == (observation("s-1"), observation("s-0"))
    assert evidence.judged == tuple(decided)
    assert evidence.notes[0] == "a note"


def test_a_killed_run_loses_nothing_and_goes_on(path, run):
    """SIGKILL right after a write: every record is there, and the same command appends to them."""
    child = SPAWN.Process(target=write_some, args=(path, run, 5, True))
    child.start()
    child.join()
    assert child.exitcode == -signal.SIGKILL
    again = replace(run, started_at="later", argv=("same", "command"))
    with Journal.open(path, again) as journal:
        assert journal.resumed
        assert journal.run == run
        journal.write(observation("s-5"))
    assert observed(path) == [f"s-{n}" for n in range(6)]


@pytest.mark.parametrize("tail", [b"", b'{"kind":"observation","prev":"', b"\0\0\0\0"])
def test_a_torn_last_line_is_dropped(path, run, tail):
    """What a power cut left of the last line is cut off, with a note to the user and none in the evidence."""
    with Journal.open(path, run) as journal:
        journal.write(observation("s-0"))
    whole = path.read_bytes()
    path.write_bytes(whole + tail)
    with Journal.open(path, run) as journal:
        assert bool(journal.notes) is bool(tail)
    assert path.read_bytes() == whole


def test_every_cut_resumes_to_the_same_journal(path, run):
    """Cut at any byte, the journal goes on and ends as the undisturbed one did."""
    records = [observation("s-0"), judged(run.claims[0]), "note"]
    with Journal.open(path, run) as journal:
        for record in records:
            journal.write(record)
    whole = path.read_bytes()
    plan_ends = whole.index(b'{"kind":"observation"')
    for cut in (*range(0, plan_ends, 331), *range(plan_ends, len(whole), 53)):
        path.write_bytes(whole[:cut])
        with Journal.open(path, run) as journal:
            done = max(0, path.read_bytes().count(b"\n") - whole[:plan_ends].count(b"\n"))
            for record in records[done:]:
                journal.write(record)
        assert path.read_bytes() == whole, cut


def test_a_changed_line_is_found_and_named(path, run):
    """A journal that was edited is refused with the number of the record and a remedy."""
    with Journal.open(path, run) as journal:
        for n in range(3):
            journal.write(observation(f"s-{n}", text="wrong"))
    edited = path.read_bytes().replace(b'"text":"wrong"', b'"text":"right"', 1)
    path.write_bytes(edited)
    number = edited[: edited.index(b'"text":"right"')].count(b"\n") + 2
    with pytest.raises(InputError, match=f"record {number} .* does not follow") as caught:
        Journal.open(path, run)
    assert "--fresh" in caught.value.remedy


@pytest.mark.parametrize("content", [b"hello\n", b'{"kind":"note","prev":"","record":"x"}\n'])
def test_a_file_that_is_no_journal_is_refused(path, run, content):
    """Somebody else's file is not written to."""
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(InputError, match="record 1"):
        Journal.open(path, run)
    assert path.read_bytes() == content


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"plan_digest": "q" * 64}, "output folder of another run"),
        ({"engines": {"gguf": EngineFacts(name="apr", version="9")}}, "the engine changed"),
        ({"files": {"model.gguf": "f" * 64}}, "the model's files changed"),
        ({"plug_ins": ("kind (kindness 1)",)}, "the plug-ins changed"),
        ({"unlocked": "it was edited"}, "lock changed"),
        ({"apr_qa_version": "9"}, "apr-qa changed"),
    ],
)
def test_another_run_does_not_go_on_here(path, run, change, words):
    """Another plan, engine, model or judge would make one certificate of two runs, and name only the first."""
    Journal.open(path, run).close()
    with pytest.raises(InputError, match=words) as caught:
        Journal.open(path, replace(run, **change))
    assert "--fresh" in caught.value.remedy
    assert "--output" in caught.value.remedy


def test_fresh_puts_the_old_journal_aside(path, run):
    """Beginning anew renames the old journal; nothing is deleted."""
    for n in range(3):
        with Journal.open(path, replace(run, plan_digest=str(n)), fresh=True) as journal:
            assert not journal.resumed
    assert [p.name for p in sorted(path.parent.iterdir())] == [
        "journal.index",
        "journal.jsonl",
        "journal.old-1.jsonl",
        "journal.old-2.jsonl",
    ]
    assert read_evidence(path.with_name("journal.old-2.jsonl")).run.plan_digest == "1"


def test_two_runs_never_write_one_journal(path, run):
    """While one run holds the journal another is refused; afterwards it may go on."""
    with Journal.open(path, run), pytest.raises(InputError, match="another run is writing"):
        Journal.open(path, run)
    Journal.open(path, run).close()


def test_a_full_disk_loses_nothing(path, run):
    """When the system takes no more, the last record is not left torn, and with more room the run goes on."""
    Journal.open(path, run).close()
    limit = path.stat().st_size + 2000
    child = SPAWN.Process(target=write_some, args=(path, run, 10, False, limit))
    child.start()
    child.join()
    assert child.exitcode == 1
    kept = observed(path)
    assert 0 < len(kept) < 10
    assert path.read_bytes().endswith(b"}\n")
    with Journal.open(path, run) as journal:
        assert journal.notes == ()
        for n in range(len(kept), 10):
            journal.write(observation(f"s-{n}"))
    assert observed(path) == [f"s-{n}" for n in range(10)]


def test_after_a_failed_write_nothing_more_is_written(path, run):
    """A record that could not be written is not skipped over: the journal stays shut until it is opened again."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    journal = Journal.open(path, run)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 10, hard))
        with pytest.raises(WorkspaceError, match="cannot be written: File too large") as caught:
            journal.write(observation("s-0"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "same command again" in caught.value.remedy
    with pytest.raises(WorkspaceError, match="earlier record"):
        journal.write(observation("s-1"))
    journal.close()
    assert observed(path) == []


def test_a_folder_that_cannot_be_written_is_named(tmp_path, run):
    """An output folder that is a file is our workspace's fault, with a remedy."""
    (tmp_path / "out").write_text("I am a file")
    with pytest.raises(WorkspaceError, match="cannot be written") as caught:
        Journal.open(tmp_path / "out" / "journal.jsonl", run)
    assert "--output" in caught.value.remedy


def test_what_cannot_be_synced_is_no_journal(run):
    """A place that takes writes but keeps nothing is refused before anything is run."""
    with pytest.raises(WorkspaceError, match="cannot be written"):
        Journal.open(Path("/dev/null"), run)


def test_threads_of_one_run_share_the_journal(path, run):
    """Records of several threads are chained one after the other; closing twice is harmless."""
    journal = Journal.open(path, run)
    threads = [
        threading.Thread(target=lambda k=k: [journal.write(f"{k} {n}") for n in range(SYNC_RECORDS)]) for k in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    journal.close()
    journal.close()
    assert len(set(read_evidence(path).notes)) == 4 * SYNC_RECORDS + 1
    assert seal(path, path.with_name("evidence.json"))
