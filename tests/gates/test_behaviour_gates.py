"""Every gate on behaviour corroborates a healthy engine and falsifies those it is there for."""

from __future__ import annotations

import bad_engines as bad
import pytest
from behaviour_cases import CASES
from gate_exhibits import ALL, RUN, SERVE, Engine, brief, observe, outcomes

from apr_qa.rooms import by_name, furnish
from apr_qa.vocab.gates import Gate
from apr_qa.vocab.observation import Ending, Failing
from apr_qa.vocab.verdict import Outcome

ROOM = furnish("apr_qa.gates", Gate)
FAILING = [(gate, name) for gate, case in CASES.items() for name in case.fails]


def _gate(name: str) -> Gate:
    gate = by_name("apr_qa.gates", Gate, name)
    assert gate is not None
    return gate


@pytest.mark.parametrize("name", CASES)
def test_a_healthy_engine_passes(name: str) -> None:
    """What a good model answers corroborates every claim of the gate."""
    case = CASES[name]
    verdicts = outcomes(_gate(name), case.about(), case.passes)
    assert verdicts
    assert {v.outcome for v in verdicts} == {Outcome.CORROBORATED}, verdicts


@pytest.mark.parametrize(("name", "engine"), FAILING)
def test_a_bad_engine_falls(name: str, engine: str) -> None:
    """Each kind of bad engine falsifies a claim of the gate, and the reason is a sentence."""
    case = CASES[name]
    lost = [v for v in outcomes(_gate(name), case.about(), case.fails[engine]) if v.outcome.is_lost]
    assert lost
    assert all(len(v.reason) > 10 for v in lost)


@pytest.mark.parametrize("gate", ROOM, ids=lambda gate: gate.spec.id)
@pytest.mark.parametrize(
    "engine",
    [bad.absent, bad.refusing, bad.banner, bad.crashing, bad.unloadable, bad.silent, bad.unproven, bad.uncounted],
)
def test_no_gate_raises_or_passes_without_an_answer(gate: Gate, engine: Engine) -> None:
    """Whatever became of the questions, a gate gives verdicts; an engine that was never started loses nothing."""
    verdicts = outcomes(gate, brief(ALL), engine)
    if engine in (bad.absent, bad.refusing):
        assert {v.outcome for v in verdicts} <= {Outcome.UNJUDGED, Outcome.SKIPPED}


@pytest.mark.parametrize("engine", [bad.always_four, bad.nonsense, bad.banner, bad.garbage, bad.silent])
def test_shams_lose_a_gateway(engine: Engine) -> None:
    """A constant, fluent nonsense, banners, garbage and silence each make a gateway fall."""
    fallen = {
        gate.spec.gateway
        for gate in ROOM
        if gate.spec.gateway and gate.spec.gateway != "G0"
        for v in outcomes(gate, brief(), engine)
        if v.outcome.is_lost
    }
    assert fallen


@pytest.mark.parametrize(("misses", "outcome"), [(0, "corroborated"), (1, "corroborated"), (2, "falsified")])
def test_one_miss_among_few_sums_is_forgiven(misses: int, outcome: str) -> None:
    """Of five basic answers one may be wrong; two refute nine in ten."""
    wrong = {f"-probe-basic-{number}" for number in range(misses)}
    engine = lambda s: observe(s, "99" if s.id.endswith(tuple(wrong)) and wrong else None)  # noqa: E731
    (verdict,) = outcomes(_gate("G4-BASIC-001"), brief((RUN,)), engine)
    assert verdict.detail["judged"] == 5
    assert verdict.outcome == outcome


def test_one_dead_modality_is_visible_and_no_gateway_falls() -> None:
    """A server that never comes up loses its own cell; that the model loads and answers elsewhere stays true."""
    about = brief((RUN, SERVE))
    cell = outcomes(_gate("F-QUAL-ANSWER-001"), about, bad.silent_server)
    assert [v.outcome.is_lost for v in cell] == [False, True]
    for gate in ("G1-LOAD-001", "G2-ANSWER-001"):
        (verdict,) = outcomes(_gate(gate), about, bad.silent_server)
        assert verdict.outcome is Outcome.CORROBORATED
    assert "not everywhere" in outcomes(_gate("G1-LOAD-001"), about, bad.silent_server)[0].reason


def test_a_crash_that_does_not_repeat_is_told_and_forgiven() -> None:
    """G3 holds when the second attempt answers, and says that there was a first."""
    once = bad.replying(attempts=2, first_ending=Ending.CRASHED)
    (verdict,) = outcomes(_gate("G3-STABLE-001"), brief((RUN,)), once)
    assert verdict.outcome is Outcome.CORROBORATED
    assert "crashed once" in verdict.reason


@pytest.mark.parametrize("how", [Ending.FAILED, Ending.REFUSED])
def test_an_overlong_prompt_may_be_refused(how: Ending) -> None:
    """An error is the right answer to a prompt that does not fit; so is saying that it is not done."""
    (verdict,) = outcomes(_gate("F-EDGE-OVERLONG-001"), brief((RUN,)), bad.ending(how, Failing.CONTEXT))
    assert verdict.outcome in (Outcome.CORROBORATED, Outcome.SKIPPED)


def test_late_partings_are_near_ties() -> None:
    """Two long answers that part after some words agree, and the verdict says that they part."""
    start = "The capital of France is Paris, a city "
    engine = lambda s: observe(s, start + ("on a river." if s.engine else "of light."))  # noqa: E731
    (verdict,) = outcomes(_gate("F-REGR-REFERENCE-001"), brief((RUN,)), engine)
    assert verdict.outcome is Outcome.CORROBORATED
    assert verdict.detail["parted_late"] == 6
