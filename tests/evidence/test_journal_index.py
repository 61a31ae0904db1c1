"""The index beside a journal saves reading it again, and is never believed against the journal."""

from __future__ import annotations

import shutil

import pytest
from record_builders import claim, judged, observation, run_record, scenario

from apr_qa.errors import InputError
from apr_qa.evidence.index import OUTCOMES, State, find
from apr_qa.evidence.journal import Journal
from apr_qa.evidence.resume import NEVER
from apr_qa.vocab.verdict import Outcome

COUNT = 3000


@pytest.fixture
def run():
    questions = tuple(scenario(f"safetensors-cpu-run-matrix-{n:04}") for n in range(COUNT))
    claims = tuple(claim(f"F-A1-001@safetensors-cpu-run#{n}", needs=(s.id,)) for n, s in enumerate(questions))
    return run_record(scenarios=questions, claims=claims)


@pytest.fixture
def path(tmp_path, run):
    path = tmp_path / "journal.jsonl"
    with Journal.open(path, run) as journal:
        for number in range(COUNT - 5):
            journal.write(observation(run.scenarios[number].id), settled=number != 7)
            journal.write(judged(run.claims[number], Outcome.FALSIFIED if number == 9 else Outcome.CORROBORATED))
    return path


def reopened(path, run):
    with Journal.open(path, run) as journal:
        return journal.earlier


def counts(path):
    with path.open("rb") as stream:
        return find(path.with_suffix(".index"), stream.fileno()) is not None


def is_right(earlier, *, partly=False):
    asked = [number for number, place in enumerate(earlier.places) if place]
    assert asked == list(range(COUNT - 5))
    for number in asked:
        known = State.TO_ASK if number == 7 else State.SETTLED
        assert earlier.states[number] in ({known, State.UNKNOWN} if partly else {known})
    outcomes = [None if code == NEVER else OUTCOMES[code] for code in earlier.outcomes]
    lost = [number for number, outcome in enumerate(outcomes) if outcome is Outcome.FALSIFIED]
    assert lost == [9]
    assert outcomes[-5:] == [None] * 5


def test_it_tells_what_was_asked_and_decided(path, run):
    assert counts(path)
    is_right(reopened(path, run))
    is_right(reopened(path, run))


def test_places_lead_to_the_observations(path, run):
    with Journal.open(path, run) as journal:
        for number in (0, 1500, COUNT - 6):
            assert journal.observation(journal.earlier.places[number]).scenario == run.scenarios[number].id


@pytest.mark.parametrize("kept", [0, 10, 40_000, -1, -97])
def test_a_torn_index_is_followed_from_its_last_whole_mark_or_made_anew(path, run, kept):
    index = path.with_suffix(".index")
    index.write_bytes(index.read_bytes()[:kept])
    with Journal.open(path, run) as journal:
        earlier = journal.earlier
    asked = [number for number, place in enumerate(earlier.places) if place]
    assert asked == list(range(COUNT - 5))
    assert any(state == State.UNKNOWN for state in earlier.states[: COUNT - 5])
    assert counts(path)


def test_what_was_unknown_is_settled_once(path, run):
    path.with_suffix(".index").unlink()
    with Journal.open(path, run) as journal:
        assert set(journal.earlier.states) == {State.UNKNOWN}
        for number in range(COUNT - 5):
            journal.settle(number, settled=number != 7)
    is_right(reopened(path, run))


def test_an_index_of_other_bytes_does_not_count(path, run, tmp_path):
    other = tmp_path / "other" / "journal.jsonl"
    other.parent.mkdir()
    with Journal.open(other, run) as journal:
        journal.write(observation(run.scenarios[0].id))
    shutil.copy(path.with_suffix(".index"), other.with_suffix(".index"))
    assert not counts(other)
    assert sum(1 for place in reopened(other, run).places if place) == 1


def test_nothing_after_a_flipped_bit_in_it_counts(path, run):
    index = path.with_suffix(".index")
    whole = index.read_bytes()
    for at in range(20, len(whole), len(whole) // 7):
        index.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        is_right(reopened(path, run), partly=True)
        index.write_bytes(whole)


def test_a_changed_record_is_found_in_spite_of_the_index(path, run):
    data = path.read_bytes()
    assert counts(path)
    path.write_bytes(data.replace(b'"text":"4"', b'"text":"5"', 1))
    assert not counts(path)
    with pytest.raises(InputError, match="does not follow"):
        Journal.open(path, run)


def test_records_after_the_last_mark_are_read_again(path, run):
    journal = Journal.open(path, run)
    journal.write(observation(run.scenarios[-1].id))
    copy = path.with_name("copy.jsonl")
    shutil.copy(path, copy)  # as a killed program leaves it
    shutil.copy(path.with_suffix(".index"), copy.with_suffix(".index"))
    journal.close()
    earlier = reopened(copy, run)
    assert earlier.places[-1]
    assert earlier.states[-1] == State.UNKNOWN
    assert earlier.states[0] == State.SETTLED


def test_a_run_goes_on_where_no_index_can_be_written(path, run):
    path.with_suffix(".index").unlink()
    path.with_suffix(".index").mkdir()
    assert sum(1 for place in reopened(path, run).places if place) == COUNT - 5
