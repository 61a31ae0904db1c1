"""Every gate on behaviour corroborates a healthy engine and falsifies those it is there for."""

from __future__ import annotations

import bad_engines as bad
import pytest
from behaviour_cases import CASES
from gate_exhibits import ALL, Engine, brief, outcomes

from apr_qa.rooms import by_name, furnish
from apr_qa.vocab.gates import Gate
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
