"""Sealed evidence: written whole or not at all, read as a stream, and nobody changes it unnoticed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
from record_builders import all_claims, judged, observation, run_record, scenario

from apr_qa.errors import InputError, WorkspaceError
from apr_qa.evidence.journal import Journal
from apr_qa.evidence.read import UNSEALED, read_evidence, stream_records
from apr_qa.evidence.schema import evidence_schema, schema_text
from apr_qa.evidence.seal import seal, seal_evidence
from apr_qa.score.mqs import score, score_records
from apr_qa.vocab.evidence import Evidence, RunRecord
from apr_qa.vocab.verdict import Outcome

ROOT = Path(__file__).parents[2]
RECORDS = [observation(text="ü 你好 \x1b[1m"), *(judged(c) for c in all_claims()), "a note"]


@pytest.fixture
def run():
    return run_record(claims=all_claims(), scenarios=(scenario(),))


@pytest.fixture
def journal(tmp_path, run):
    with Journal.open(tmp_path / "journal.jsonl", run) as journal:
        for record in RECORDS:
            journal.write(record)
    return tmp_path / "journal.jsonl"


@pytest.fixture
def sealed(journal):
    seal(journal, journal.with_name("evidence.json"))
    return journal.with_name("evidence.json")


def test_a_sealed_run_is_read_back(journal, sealed, run):
    """Sealing keeps everything; only the note that it is unsealed goes away."""
    evidence = read_evidence(sealed)
    assert evidence.run == run
    assert evidence.notes == ("a note",)
    assert len(evidence.seal) == 64
    unsealed = read_evidence(journal)
    assert unsealed == replace(evidence, seal="", notes=("a note", UNSEALED))


def test_a_journal_of_a_run_under_way_is_read_without_its_torn_end(journal):
    """Reading while another process writes sees the whole lines."""
    before = read_evidence(journal)
    journal.write_bytes(journal.read_bytes() + b'{"kind":"no')
    assert read_evidence(journal) == before
    assert seal(journal, journal.with_name("evidence.json"))


def test_sealing_again_gives_the_same_bytes(journal, sealed):
    """Equal journals, equal evidence."""
    first = sealed.read_bytes()
    seal(journal, sealed)
    assert sealed.read_bytes() == first
    names = [p.name for p in sorted(sealed.parent.iterdir())]
    assert names == ["evidence.json", "journal.index", "journal.jsonl"]


def test_it_is_json_with_one_record_a_line(sealed):
    """Any JSON program reads it, and any line tool does."""
    document = json.loads(sealed.read_bytes())
    assert list(document) == ["schema_version", "run", "records", "seal"]
    lines = sealed.read_text("ascii").splitlines()
    assert [json.loads(line.rstrip(",")) for line in lines[3:-2]] == document["records"]


def test_it_meets_its_published_schema(sealed):
    """The schema under `playbooks/` describes what is written, and refuses what is not."""
    document = json.loads(sealed.read_bytes())
    jsonschema.Draft202012Validator.check_schema(evidence_schema())
    jsonschema.validate(document, evidence_schema())
    document["records"][-1]["opinion"] = 1
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, evidence_schema())


def test_the_published_schema_is_up_to_date():
    """When this fails: write `apr_qa.evidence.schema.schema_text()` to the file again."""
    assert (ROOT / "playbooks" / "evidence.schema.json").read_text() == schema_text()


def test_white_space_may_change(sealed):
    """Evidence that another program formatted is the same evidence."""
    before = read_evidence(sealed)
    sealed.write_text(json.dumps(json.loads(sealed.read_bytes()), indent=2))
    assert read_evidence(sealed) == before


def edited(what):
    return {
        "an answer": lambda text: text.replace("it survived", "it shone", 1),
        "the run": lambda text: text.replace('"seed":42', '"seed":43'),
        "the last record": lambda text: text.replace("a note", "no note"),
        "a record left out": lambda text: "\n".join(line for n, line in enumerate(text.split("\n")) if n != 9),
        "the last record left out": lambda text: text.replace(text.split("\n")[-4], "", 1).replace("},\n\n]", "}\n]"),
        "records swapped": lambda text: "\n".join(
            [*text.split("\n")[:5], text.split("\n")[6], text.split("\n")[5], *text.split("\n")[7:]]
        ),
        "the seal": lambda text: text.replace('"seal":"', '"seal":"0'),
        "no seal": lambda text: text[: text.index('"seal"')],
        "an empty seal": lambda text: text[: text.index('"seal"')] + '"seal":""}\n',
        "something after the seal": lambda text: text + "x",
        "the end": lambda text: text[: len(text) // 2],
        "all after a record": lambda text: text[: text.index("},\n", 5000) + 3],
        "the frame": lambda text: text.replace('"records":[', '"record":['),
        "the version": lambda text: text.replace('"schema_version":1', '"schema_version":2', 1),
        "an unplanned verdict": lambda text: text.replace('"claim":"F-QUAL-000@model"', '"claim":"F-NONE@model"'),
    }[what]


@pytest.mark.parametrize(
    "what",
    [
        "an answer",
        "the run",
        "the last record",
        "a record left out",
        "the last record left out",
        "records swapped",
        "the seal",
        "no seal",
        "an empty seal",
        "something after the seal",
        "the end",
        "all after a record",
        "the frame",
        "the version",
        "an unplanned verdict",
    ],
)
def test_a_change_is_found(sealed, what):
    """Whatever is changed, taken away or moved: reading refuses the file and names it."""
    text = sealed.read_text("ascii")
    changed = edited(what)(text)
    assert changed != text
    sealed.write_text(changed, "ascii")
    with pytest.raises(InputError) as caught:
        read_evidence(sealed)
    assert str(sealed) in caught.value.where
    with pytest.raises(InputError):
        list(stream_records(sealed))


def test_a_change_in_reformatted_evidence_is_found(sealed):
    """Formatting is no way around the seal."""
    document = json.loads(sealed.read_bytes())
    document["records"].pop()
    sealed.write_text(json.dumps(document, indent=1))
    with pytest.raises(InputError, match="seal is not that of record"):
        read_evidence(sealed)
    sealed.write_text(json.dumps({**document, "records": 7}))
    with pytest.raises(InputError):
        read_evidence(sealed)


@pytest.mark.parametrize("content", [b"", b"hello", b"{}", b"7", b'{"evidence": 3}', b"[" * 100_000, b"\xff\xfe"])
def test_what_is_no_evidence_is_refused(tmp_path, content):
    """Other files are an input error, whatever is in them."""
    (tmp_path / "evidence.json").write_bytes(content)
    with pytest.raises(InputError):
        read_evidence(tmp_path / "evidence.json")


def test_a_missing_file_is_named(tmp_path):
    """No file, no evidence, and a message that says which file."""
    with pytest.raises(InputError, match="No such file"):
        read_evidence(tmp_path / "none.json")
    with pytest.raises(InputError, match="no journal"):
        seal(tmp_path / "none.jsonl", tmp_path / "evidence.json")


def test_what_is_no_journal_is_not_sealed(tmp_path):
    """Nothing is written for a file that does not begin with a run."""
    (tmp_path / "journal.jsonl").write_text("hello\n")
    with pytest.raises(InputError, match="no journal"):
        seal(tmp_path / "journal.jsonl", tmp_path / "evidence.json")
    assert not (tmp_path / "evidence.json").exists()


def test_a_broken_journal_leaves_no_evidence(journal):
    """Sealing stops at the first record that does not follow, and leaves nothing half written."""
    journal.write_bytes(journal.read_bytes().replace(b"it survived", b"it shone", 1))
    with pytest.raises(InputError, match="does not follow"):
        seal(journal, journal.with_name("evidence.json"))
    assert sorted(p.name for p in journal.parent.iterdir()) == ["journal.index", "journal.jsonl"]


def test_an_empty_file_is_not_sealed(tmp_path):
    """A run that was stopped before its first record has nothing to seal."""
    (tmp_path / "journal.jsonl").write_bytes(b"")
    with pytest.raises(InputError, match="no journal"):
        seal(tmp_path / "journal.jsonl", tmp_path / "evidence.json")


def test_a_place_that_cannot_be_written_is_named(journal, tmp_path):
    """An unwritable output is our workspace's fault."""
    (tmp_path / "file").write_text("")
    with pytest.raises(WorkspaceError, match="cannot be written"):
        seal(journal, tmp_path / "file" / "evidence.json")


def test_evidence_in_memory_is_sealed_too(tmp_path, run):
    """Merged or rejudged evidence gets a chain of its own, and an empty run a seal."""
    evidence = Evidence(run=run, observations=(observation(),), judged=(judged(run.claims[0]),), notes=("n",))
    out = tmp_path / "evidence.json"
    seal_of_it = seal_evidence(evidence, out)
    assert read_evidence(out) == replace(evidence, seal=seal_of_it)
    empty = Evidence(run=run_record(), observations=(), judged=())
    assert seal_evidence(empty, out) == read_evidence(out).seal
    assert read_evidence(out).run == run_record()


def test_the_later_record_stands(tmp_path, run):
    """A question asked again and a claim judged again are kept once, as they ended last."""
    path = tmp_path / "journal.jsonl"
    with Journal.open(path, run) as journal:
        for text, outcome in (("first", Outcome.UNJUDGED), ("second", Outcome.FALSIFIED)):
            journal.write(observation(text=text))
            journal.write(judged(run.claims[0], outcome))
    evidence = read_evidence(path)
    assert [seen.reply.text for seen in evidence.observations] == ["second"]
    assert [j.verdict.outcome for j in evidence.judged] == [Outcome.FALSIFIED]


def test_a_stream_is_scored_like_the_whole(sealed):
    """Reading one record at a time loses nothing: the run comes first, and the scorecard is the same."""
    evidence = read_evidence(sealed)
    records = list(stream_records(sealed))
    assert isinstance(records[0], RunRecord)
    assert score_records(records) == score(evidence.run, evidence.judged, evidence.observations)
