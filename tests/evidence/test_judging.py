"""Judging answers and claims: how asking ended, garbage first, and our own faults never blamed on the model."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from record_builders import claim, observation, scenario, verdict

from apr_qa.errors import InputError
from apr_qa.evidence.judge import judge_answer, judge_claim
from apr_qa.vocab.axes import Category
from apr_qa.vocab.gates import Drawn, Exhibits, Gate, GateSpec, Oracle
from apr_qa.vocab.observation import Ending, Reply
from apr_qa.vocab.scenario import OracleSpec
from apr_qa.vocab.verdict import Outcome, Verdict


def oracle(name, judge, expect=lambda _prompt, _config: {}, **fields):
    return Oracle(name=name, claim="", expect=expect, judge=judge, **fields)


def holding(answer, expected, config):
    return verdict(reason=f"saw {answer!r}")


def equals(answer, expected, config):
    right = answer == expected["number"]
    outcome = Outcome.CORROBORATED if right else Outcome.FALSIFIED
    return verdict(outcome, f"saw {answer!r}, wanted {expected['number']!r}")


def not_empty(answer, expected, config):
    return verdict(Outcome.CORROBORATED if answer.strip() else Outcome.FALSIFIED, f"echo of {expected.get('prompt')!r}")


def raising(answer, expected, config):
    raise KeyError("gone")


GARBAGE = oracle("garbage", not_empty, lambda prompt, _config: {"prompt": prompt})
ORACLES = {o.name: o for o in (GARBAGE, oracle("number", equals), oracle("raises", raising))}


@pytest.mark.parametrize(
    ("ending", "outcome"),
    [
        (Ending.CRASHED, Outcome.CRASHED),
        (Ending.TIMEOUT, Outcome.TIMEOUT),
        (Ending.UNSTARTED, Outcome.UNJUDGED),
        (Ending.REFUSED, Outcome.SKIPPED),
        (Ending.FAILED, Outcome.FALSIFIED),
    ],
)
def test_how_asking_ended_comes_first(ending, outcome):
    """Without an answer no oracle is asked, and the engine's own words are the reason, safe to print."""
    said = Reply(ending=ending, text="4", message="gpu\x1b[31m is\noff")
    found = judge_answer(scenario(), observation(reply=said), {})
    assert found.outcome is outcome
    assert found.reason.endswith(": gpu is off")
    bare = judge_answer(scenario(), observation(reply=Reply(ending=ending)), {})
    assert ":" not in bare.reason
    tail = judge_answer(scenario(), observation(reply=Reply(ending=ending), stderr_tail="panicked"), {})
    assert tail.reason.endswith(": panicked")


def test_success_without_text_is_falsified():
    """An engine that claims success and says nothing at all did not answer."""
    found = judge_answer(scenario(), observation(reply=Reply(ending=Ending.ANSWERED)), ORACLES)
    assert found.outcome is Outcome.FALSIFIED


@pytest.mark.parametrize(
    ("text", "outcome", "decided_by"),
    [
        ("4", Outcome.CORROBORATED, "number"),
        ("\x1b[1;32m4\x1b[0m", Outcome.CORROBORATED, "number"),
        ("5", Outcome.FALSIFIED, "number"),
        ("  ", Outcome.FALSIFIED, "garbage"),
    ],
)
def test_garbage_first_then_the_own_oracle(text, outcome, decided_by):
    """Terminal codes are stripped, garbage is always judged, and the detail names the oracle that decided."""
    found = judge_answer(scenario(), observation(text=text), ORACLES)
    assert (found.outcome, found.detail["oracle"]) == (outcome, decided_by)


def test_garbage_is_told_the_prompt():
    """The garbage oracle gets what it expects of this prompt, so that it knows an echo."""
    found = judge_answer(scenario(prompt="hello?"), observation(text=""), ORACLES)
    assert found.reason == "echo of 'hello?'"


def test_garbage_may_be_the_only_oracle():
    """A scenario that is only judged for garbage is judged once, as its own specification says."""
    spec = OracleSpec(name="garbage", expected={"prompt": "as planned"})
    found = judge_answer(scenario(oracle=spec), observation(text="4"), ORACLES)
    assert (found.outcome, found.reason) == (Outcome.CORROBORATED, "echo of 'as planned'")


def test_garbage_that_expects_nothing_is_still_asked():
    """An oracle for garbage that says the prompt is none of its kind is asked nevertheless."""
    careless = oracle("garbage", holding, lambda _prompt, _config: None)
    assert (
        judge_answer(scenario(), observation(text="4"), {**ORACLES, "garbage": careless}).detail["oracle"] == "number"
    )


def test_a_composite_combines_its_parts():
    """All parts of a composite must hold; one that does not is the verdict."""

    def all_of(parts, config):
        return next((v for _, v in parts if v.outcome is not Outcome.CORROBORATED), parts[0][1])

    def of(config):
        return tuple(OracleSpec(name=part["name"], expected=part["expected"]) for part in config["of"])

    composite = oracle("composite", raising, parts=of, combine=all_of)
    parts = [{"name": "number", "expected": {"number": n}} for n in ("4", "5")]
    asked = scenario(oracle=OracleSpec(name="composite", config={"of": parts}))
    found = judge_answer(asked, observation(text="4"), {**ORACLES, "composite": composite})
    assert (found.outcome, found.reason) == (Outcome.FALSIFIED, "saw '4', wanted '5'")


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        (OracleSpec(name="raises"), "oracle raises could not judge: KeyError: 'gone'"),
        (OracleSpec(name="nobody"), "oracle nobody could not judge: no oracle is called 'nobody'"),
        (OracleSpec(name="number"), "oracle number could not judge: KeyError: 'number'"),
    ],
)
def test_an_oracle_that_cannot_judge_is_our_fault(spec, words):
    """An oracle that raises or is unknown leaves the answer unjudged and is named."""
    found = judge_answer(scenario(oracle=spec), observation(), ORACLES)
    assert found == Verdict(outcome=Outcome.UNJUDGED, reason=words)


def test_without_a_garbage_oracle_nothing_passes():
    """Garbage is always judged: an answer that nobody looked at for garbage is unjudged."""
    found = judge_answer(scenario(), observation(), {"number": ORACLES["number"]})
    assert found.outcome is Outcome.UNJUDGED


def gate(judge):
    spec = GateSpec(id="F-QUAL-001", claim="", category=Category.QUAL)
    return Gate(spec=spec, draw=lambda _spec, _brief: Drawn(), judge=judge)


def raise_fault(fault):
    raise fault


@pytest.mark.parametrize(
    ("judge", "words"),
    [
        (lambda _c, _e: raise_fault(ZeroDivisionError("by\n0")), "could not judge: ZeroDivisionError: by 0"),
        (lambda _c, _e: raise_fault(InputError("no golden file")), "could not judge: no golden file"),
        (lambda _c, _e: None, "it gave NoneType, which is no verdict"),
    ],
)
def test_a_gate_that_cannot_judge_is_our_fault(judge, words):
    """A gate that raises, or gives no verdict, leaves the claim unjudged and is named."""
    found = judge_claim(claim(), gate(judge), Exhibits())
    assert found.outcome is Outcome.UNJUDGED
    assert found.reason.startswith("gate F-QUAL-001 could not judge")
    assert words in found.reason


def test_a_claim_needs_its_answers():
    """A question that was not asked leaves the claim unjudged, whatever the gate would say; asked, the gate judges."""
    needs = claim(needs=("s-0", "s-1"))
    seen = {"s-0": observation("s-0")}
    always = gate(lambda _c, _e: verdict())
    assert judge_claim(needs, always, Exhibits(observations=seen)) == verdict(Outcome.UNJUDGED, "s-1 was not asked")
    both = Exhibits(observations={**seen, "s-1": observation("s-1")})
    assert judge_claim(needs, always, both) == verdict()


def test_details_are_json_values():
    """Whatever a plug-in puts into the detail can be kept: no NaN, no numpy, no enum, no tuple."""
    detail = {
        "nan": math.nan,
        "inf": np.float32(math.inf),
        "half": np.float64(0.5),
        "third": Fraction(1, 2),
        "n": np.int64(7),
        "yes": True,
        "none": None,
        "outcome": Outcome.SKIPPED,
        "path": {1: (2, {3})},
        "bytes": b"x",
    }
    messy = Verdict(outcome=Outcome.FALSIFIED, reason="r", detail=detail)
    found = judge_claim(claim(), gate(lambda _c, _e: messy), Exhibits()).detail
    assert found == {
        "nan": None,
        "inf": None,
        "half": 0.5,
        "third": 0.5,
        "n": 7,
        "yes": True,
        "none": None,
        "outcome": "skipped",
        "path": {"1": [2, [3]]},
        "bytes": "b'x'",
    }
    assert [type(found[key]) for key in ("half", "n", "yes", "outcome")] == [float, int, bool, str]
