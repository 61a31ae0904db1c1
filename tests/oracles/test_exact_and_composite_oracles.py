"""Exact texts and patterns, several oracles as one, and the room's door."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable

import pytest

from apr_qa.errors import InputError
from apr_qa.oracles import expectation, verdict_on
from apr_qa.oracles.exact import expect
from apr_qa.vocab.plugs import Oracle
from apr_qa.vocab.scenario import OracleSpec
from apr_qa.vocab.verdict import Outcome, Verdict

Holds = Callable[..., bool]


@pytest.mark.parametrize(
    ("config", "good", "bad"),
    [
        ({"expected": "Paris."}, "  Paris. \n", "Paris is it."),
        ({"expected": ["Paris", "Paris."]}, "Paris", "Lyon"),
        ({"expected": "paris", "ignore_case": True}, "PARIS", "Rome"),
        ({"contains": "Paris"}, "It is Paris!", "It is paris!"),
        ({"regex": r"^\d{4}-\d{2}-\d{2}$"}, "2024-05-01", "May 2024"),
        ({"expected": "1. Red\n2. Green"}, "1. Red  \n2. Green\n", "1. Red 2. Green"),
    ],
)
def test_an_equal_text_holds_and_another_does_not(holds: Holds, config: dict[str, object], good: str, bad: str) -> None:
    """Each way to say what is expected, met and not met."""
    assert holds("exact", "Question?", good, config)
    assert not holds("exact", "Question?", bad, config)


@pytest.mark.parametrize("pattern", ["(a+)+$", "(?=x)", r"(a)\1", "a*b*c*d*", "[", "a" * 300, "(a|aa)*", "x++"])
def test_patterns_that_may_never_end_are_refused(pattern: str) -> None:
    """A pattern of a playbook cannot hang the judge: outside the safe subset it is a configuration error."""
    with pytest.raises(InputError):
        expect("Question?", {"regex": pattern})


def test_without_configuration_it_does_not_apply() -> None:
    """There is nothing to compare with."""
    assert expect("Question?", {}) is None


@pytest.mark.parametrize(
    ("mode", "answer", "outcome"),
    [("all", "4", True), ("all", "4 apples, four.", True), ("all", "5", False), ("any", "5", True), ("any", "", False)],
)
def test_a_composite_holds_as_its_parts_do(holds: Holds, mode: str, answer: str, outcome: bool) -> None:
    """`all` wants every part, `any` one."""
    config = {"of": ["garbage", {"name": "arithmetic", "config": {"tolerance": 0.01}}], "mode": mode}
    assert holds("composite", "What is 2+2?", answer, config) is outcome


def test_a_composite_keeps_the_parts_that_apply_as_plain_data(room: tuple[Oracle, ...]) -> None:
    """Planned expectations can be stored as JSON and judged again."""
    config = {"of": ["garbage", "arithmetic", "code_syntax"]}
    spec = expectation(OracleSpec(name="composite", config=config), "What is 2+2?", room)
    assert spec is not None
    stored = OracleSpec(**json.loads(json.dumps(dataclasses.asdict(spec))))
    assert [part["name"] for part in stored.config["of"]] == ["garbage", "arithmetic"]
    verdict = verdict_on("5", stored, room)
    assert verdict.outcome is Outcome.FALSIFIED
    assert verdict.reason.startswith("arithmetic:")
    assert set(verdict.detail) == {"garbage", "arithmetic"}


@pytest.mark.parametrize("config", [{}, {"of": []}, {"of": "garbage"}, {"of": [3]}, {"of": [{}]},
                                    {"of": ["garbage"], "mode": "most"}, {"of": ["nonsense"]}])  # fmt: skip
def test_a_composite_that_cannot_be_used_is_a_configuration_error(room: tuple[Oracle, ...], config: object) -> None:
    """Missing parts, unknown names and unknown modes are told, never passed."""
    with pytest.raises(InputError):
        expectation(OracleSpec(name="composite", config=config), "What is 2+2?", room)  # type: ignore[arg-type]


def test_an_unknown_oracle_is_an_error_that_lists_the_known(room: tuple[Oracle, ...]) -> None:
    """The remedy names all oracles of the room."""
    with pytest.raises(InputError) as caught:
        verdict_on("4", OracleSpec(name="arithmetics"), room)
    assert {oracle.name for oracle in room} == set(caught.value.remedy.removeprefix("use one of: ").split(", "))


def test_verdicts_are_plain_data(ask: Callable[..., Verdict]) -> None:
    """Details can be stored: JSON, no NaN."""
    for name, config in (("garbage", {}), ("arithmetic", {}), ("response", {}), ("exact", {"contains": "4"})):
        json.dumps(ask(name, "What is 2+2?", "nan 4", config).detail, allow_nan=False)
