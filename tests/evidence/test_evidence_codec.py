"""Records to lines and back: nothing is lost, nothing unknown is taken, nothing is NaN."""

from __future__ import annotations

import json
import math
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st
from record_builders import all_claims, claim, judged, observation, run_record, scenario

from apr_qa.errors import InputError
from apr_qa.evidence.codec import decode, encode, to_json
from apr_qa.evidence.lines import Decided
from apr_qa.vocab.axes import Cell
from apr_qa.vocab.evidence import EngineFacts, Judged, RunRecord
from apr_qa.vocab.observation import Observation, Reply
from apr_qa.vocab.plan import Claim, NotRun, Subject
from apr_qa.vocab.scenario import Message, OracleSpec, Scenario
from apr_qa.vocab.verdict import Outcome, Verdict

finite = st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | finite | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
objects = st.dictionaries(st.text(), values, max_size=3)
cells = st.builds(Cell)
scenarios = st.builds(
    Scenario,
    cell=cells,
    messages=st.lists(st.builds(Message), max_size=3).map(tuple),
    oracle=st.builds(OracleSpec, config=objects, expected=objects),
    temperature=finite,
    timeout_s=finite,
)
claims = st.builds(Claim, params=objects, weight=st.floats(0, 100), subject=st.builds(Subject))
replies = st.builds(Reply, tokens_per_s=st.none() | finite, load_s=st.none() | finite)
observations = st.builds(Observation, reply=replies, elapsed_s=finite)
verdicts = st.builds(Judged, claim=claims, verdict=st.builds(Verdict, detail=objects))
runs = st.builds(
    RunRecord,
    host=objects,
    engines=st.dictionaries(st.text(), st.builds(EngineFacts), max_size=2),
    not_run=st.lists(st.builds(NotRun), max_size=2).map(tuple),
    scenarios=st.just(()),
    claims=st.just(()),
)


@given(st.one_of(scenarios, claims, observations, verdicts, runs, st.text()))
def test_decoding_what_was_encoded_gives_the_same_record(record):
    """The law of the codec, for every kind of record."""
    line = encode(record, "a" * 64)
    decoded = decode(line, "here").record
    if isinstance(record, Judged):
        assert decoded == Decided(claim=record.claim.id, verdict=record.verdict)
    else:
        assert decoded == record
    assert b"\n" not in line
    assert line.isascii()


def test_the_plan_has_lines_of_its_own():
    """A run record is written without its scenarios and claims, so that a big plan streams."""
    line = json.loads(encode(run_record(claims=all_claims(), scenarios=(scenario(),)), ""))
    assert line["schema_version"] == 1
    assert not {"scenarios", "claims"} & line["record"].keys()


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_not_finite_is_refused(number):
    """No NaN gets into evidence, wherever it hides."""
    with pytest.raises(ValueError, match="JSON compliant"):
        encode(observation(elapsed_s=number), "")
    verdict = Verdict(outcome=Outcome.FALSIFIED, reason="", detail={"deep": [{"er": number}]})
    with pytest.raises(ValueError, match="JSON compliant"):
        to_json(verdict)


@pytest.mark.parametrize("number", ["NaN", "1e999", "-Infinity", "1" + "0" * 400 + ".0"])
def test_a_number_that_is_not_finite_is_not_read_either(number):
    """A file that another program wrote brings no NaN or infinity in."""
    line = encode(Judged(claim=claim(), verdict=Verdict(outcome="falsified", reason="", detail={"x": 7})), "a" * 64)
    with pytest.raises(InputError):
        decode(line.replace(b'"x":7', b'"x":' + number.encode()), "here")


def test_any_mapping_is_an_object():
    """Read-only mappings are written like dictionaries."""
    frozen = MappingProxyType({"x": MappingProxyType({"y": 1})})
    assert to_json(Verdict(outcome=Outcome.FALSIFIED, reason="", detail=frozen))["detail"] == {"x": {"y": 1}}


def test_words_about_infinity_are_read():
    """Text that merely looks like a number out of bounds is text."""
    text = "NaN Infinity 1e999 " + "9" * 400
    assert decode(encode(text, ""), "here").record == text


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("\ud800", "\ufffd"),
        ("a\udfffb\ud83d", "a\ufffdb\ufffd"),
        ("\\ud800", "\\ud800"),
        ("\\\ud800", "\\\ufffd"),
        ("\U0001f600\ud83d\U0001f600", "\U0001f600\ufffd\U0001f600"),
    ],
)
def test_half_a_surrogate_pair_becomes_a_replacement_character(text, kept):
    """What is no character cannot be kept; all that is stays as it was."""
    assert decode(encode(text, ""), "here").record == kept


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (b'"unit":', b'"unti":', r"record\.unti: Unexpected"),
        (b'"attempts":1', b'"attempts":"1"', r"record\.attempts: .*integer"),
        (b'"cold":false', b'"cold":0', r"record\.cold: .*boolean"),
        (b'"ending":"answered"', b'"ending":"won"', r"record\.reply\.ending"),
        (b'"kind":"observation"', b'"kind":"opinion"', "opinion"),
        (b"}}", b"}", "JSON"),
    ],
)
def test_what_cannot_be_read_is_named(old, new, words):
    """An unknown field, a wrong type or an unknown kind is an input error that names place and field."""
    with pytest.raises(InputError, match=words) as caught:
        decode(encode(observation(), "a" * 64).replace(old, new), "file: record 7")
    assert caught.value.where == "file: record 7"


def test_many_faults_are_counted():
    """The first three faults are named, the rest are counted."""
    with pytest.raises(InputError, match="and 2 more"):
        decode(encode(judged(claim()), "").replace(b'"record":{', b'"a":1,"b":1,"c":1,"d":1,"e":1,"record":{'), "here")
