"""Evidence that stays in its file is the same evidence, whatever its layout, and needs no memory to speak of."""

import json
import os
from dataclasses import replace

import pytest
from record_builders import claim, judged, observation, run_record, scenario

from apr_qa.errors import InputError
from apr_qa.evidence.journal import Journal
from apr_qa.evidence.read import read_evidence
from apr_qa.evidence.seal import seal, seal_evidence
from apr_qa.score.mqs import score
from apr_qa.vocab.lookup import ByName


@pytest.fixture
def journal(tmp_path):
    questions = tuple(scenario(f"safetensors-cpu-run-matrix-{n:03}") for n in range(40))
    claims = tuple(claim(f"F-A1-001@safetensors-cpu-run#{n}", needs=(s.id,)) for n, s in enumerate(questions))
    run = run_record(scenarios=questions, claims=claims)
    with Journal.open(tmp_path / "journal.jsonl", run) as found:
        for question, one in zip(questions, claims, strict=True):
            found.write(observation(question.id, text="9" * 50_000 if question is questions[7] else "4"))
            found.write(judged(one))
        found.write(observation(questions[3].id, text="asked again"))
        found.write("a note")
    return found.path


@pytest.fixture
def sealed(journal, tmp_path):
    seal(journal, tmp_path / "evidence.json")
    return tmp_path / "evidence.json"


@pytest.fixture(params=["journal", "sealed", "formatted"])
def path(request, journal, sealed, tmp_path):
    if request.param == "journal":
        return journal
    if request.param == "formatted":
        (tmp_path / "formatted.json").write_text(json.dumps(json.loads(sealed.read_text()), indent=1))
        return tmp_path / "formatted.json"
    return sealed


def test_left_in_the_file_it_equals_what_is_held_in_memory(path):
    held, stored = read_evidence(path), read_evidence(path, held=0)
    assert isinstance(held.observations, tuple)
    assert not isinstance(stored.observations, tuple)
    assert stored == held
    assert stored != replace(held, observations=held.observations[1:])
    assert stored.observations[3].reply.text == "asked again"
    assert stored.observations[-1] == held.observations[-1]
    assert tuple(stored.observations[5:9]) == held.observations[5:9]
    assert score(stored.run, stored.judged, stored.observations) == score(held.run, held.judged, held.observations)


def test_several_passes_and_single_looks_do_not_disturb_each_other(sealed):
    stored = read_evidence(sealed, held=0).observations
    for one, other in zip(stored, stored, strict=True):
        assert one == other
        assert stored[7].reply.text.startswith("999")


def test_a_file_that_is_replaced_goes_on_being_read_as_it_was(sealed, tmp_path):
    stored = read_evidence(sealed, held=0)
    wanted = tuple(stored.observations)
    (tmp_path / "other").write_text("something else")
    (tmp_path / "other").replace(sealed)
    assert tuple(stored.observations) == wanted


def test_a_file_that_was_written_over_gives_no_record(sealed):
    stored = read_evidence(sealed, held=0)
    os.truncate(sealed, 5)
    with pytest.raises(EOFError):
        stored.observations[0]


def test_stored_evidence_is_sealed_again_like_any_other(sealed, tmp_path):
    seal_evidence(read_evidence(sealed), tmp_path / "held.json")
    seal_evidence(read_evidence(sealed, held=0), tmp_path / "stored.json")
    assert (tmp_path / "held.json").read_bytes() == (tmp_path / "stored.json").read_bytes()


def test_a_changed_record_is_found_when_it_is_left_in_the_file_too(sealed):
    sealed.write_bytes(sealed.read_bytes().replace(b'"asked again"', b'"asked twice"'))
    with pytest.raises(InputError, match="does not follow"):
        read_evidence(sealed, held=0)


def test_a_look_up_gives_the_last_record_of_a_name(sealed):
    stored = read_evidence(sealed, held=0)
    found = ByName([*stored.observations, replace(stored.observations[0], note="later")], lambda seen: seen.scenario)
    assert found["safetensors-cpu-run-matrix-000"].note == "later"
    assert "safetensors-cpu-run-matrix-001" in found
    assert "nothing" not in found
    assert len(found) == len(list(found)) == 40
