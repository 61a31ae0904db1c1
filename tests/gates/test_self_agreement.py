"""The floor: an engine is held against itself before formats and modalities are held against each other."""

from __future__ import annotations

import pytest
from gate_exhibits import ALL, brief

from apr_qa.gates.comp_agreement import GATES
from apr_qa.vocab.gates import Exhibits
from apr_qa.vocab.observation import Ending, Observation, Reply
from apr_qa.vocab.verdict import Outcome, Verdict


def exhibits(drawn, claim, texts):
    """Every question answered by what `texts` says of its id, else alike."""
    scenarios = {s.id: s for s in drawn.scenarios}
    seen = {
        name: Observation(scenario=name, unit="u", reply=Reply(ending=Ending.ANSWERED, text=texts(name)))
        for name in claim.needs
    }
    right = dict.fromkeys(seen, Verdict(outcome=Outcome.CORROBORATED, reason="right"))
    return Exhibits(scenarios=scenarios, observations=seen, answers=right)


@pytest.fixture(params=GATES, ids=lambda gate: gate.spec.id)
def drawn(request):
    """Each gate with its first claim over all cells."""
    made = request.param.draw(request.param.spec, brief(ALL))
    return request.param, made, made.claims[0]


def test_repeats_are_asked_before_anything_is_compared(drawn):
    """Each cell is asked one question at least twice, and the claim waits for the answers."""
    _, _, claim = drawn
    assert all(len(ids) >= 2 and set(ids) <= set(claim.needs) for ids in claim.params["floor"])


def test_a_steady_engine_that_differs_between_formats_falls(drawn):
    """Above the floor a difference counts, and the verdict names the question to ask again."""
    gate, made, claim = drawn
    _, other, _ = claim.params["twins"][0]
    cell = other.rpartition("-probe-")[0]
    verdict = gate.judge(claim, exhibits(made, claim, lambda name: "no" if name.startswith(cell) else "yes"))
    assert verdict.outcome is Outcome.FALSIFIED
    assert verdict.detail["scenario"] == other
    assert verdict.detail["floor"]["unsteady"] == 0


def test_an_engine_that_differs_from_itself_proves_nothing(drawn):
    """The same difference is unjudged when a repeat came out otherwise; agreement still holds, with the floor told."""
    gate, made, claim = drawn
    _, other, _ = claim.params["twins"][0]
    again = claim.params["floor"][0][1]
    verdict = gate.judge(claim, exhibits(made, claim, lambda name: "no" if name in (other, again) else "yes"))
    assert verdict.outcome is Outcome.UNJUDGED
    assert "does not agree with itself" in verdict.reason
    steady = gate.judge(claim, exhibits(made, claim, lambda name: "maybe" if name == again else "yes"))
    assert steady.outcome is Outcome.CORROBORATED
    assert steady.detail["floor"]["unsteady"] == 1
