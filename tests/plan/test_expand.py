from __future__ import annotations

import random
from dataclasses import replace

import pytest

from apr_qa.errors import InputError
from apr_qa.files import digest_of
from apr_qa.plan.expand import make_plan, plan_content
from apr_qa.rooms import RoomError
from apr_qa.vocab.axes import Category, FailurePolicy, Format, Gateway, Modality, Tier
from apr_qa.vocab.gates import Drawn
from apr_qa.vocab.plan import NotRun
from apr_qa.vocab.scenario import Purpose

from . import plan_records as records


def matrix_of(plan):
    return [scenario for scenario in plan.scenarios if scenario.purpose is Purpose.MATRIX]


def test_the_whole_matrix_is_planned_in_order():
    """Eighteen cells, one scenario each, formats outermost; probes come besides."""
    plan = make_plan(records.request())
    assert len(plan.cells) == len(matrix_of(plan)) == 18
    assert [scenario.cell for scenario in matrix_of(plan)] == list(plan.cells) == list(plan.matrix_cells)
    assert matrix_of(plan)[0].id == "safetensors-cpu-run-matrix-001"
    assert plan.not_run == ()
    assert plan.narrowed == ()
    assert len({scenario.id for scenario in plan.scenarios}) == len(plan.scenarios) == 36


def test_the_same_request_gives_the_same_plan():
    """Planning is pure, and the digest covers all of it."""
    first, second = make_plan(records.request()), make_plan(records.request())
    assert first == second
    assert first.digest == digest_of(plan_content(first))
    assert make_plan(records.request(seed=7)).digest != first.digest


def test_the_first_question_of_each_run_cell_is_cold():
    """A cold start is measured on purpose, once in each one-shot cell."""
    plan = make_plan(records.request(records.MINIMAL.replace("scenario_count: 1", "scenario_count: 3")))
    cold = [scenario for scenario in plan.scenarios if scenario.cold]
    assert len(cold) == 6
    assert all(s.cell.modality is Modality.RUN and s.id.endswith("-matrix-001") for s in cold)


def test_a_question_that_the_engine_refuses_is_listed_not_bent():
    """What cannot be asked word for word is not asked, and the next one measures the cold start."""
    engine = records.engine(refuses=lambda s: "no newlines" if s.id.endswith("run-matrix-001") else "")
    text = records.MINIMAL.replace("scenario_count: 1", "scenario_count: 2")
    plan = make_plan(records.request(text, equipment=dict.fromkeys(Format, engine)))
    refused = [item for item in plan.not_run if item.reason == "no newlines"]
    assert len(refused) == 6
    assert all(s.id.endswith("-002") for s in plan.scenarios if s.cold)


def test_the_users_seed_and_time_limit_come_before_the_playbooks():
    """Options override the file, in matrix and probes alike."""
    plan = make_plan(records.request(seed=7, timeout_s=5.5))
    assert {(s.seed, s.timeout_s) for s in plan.scenarios} == {(7, 5.5)}
    assert plan.seed == 7


def test_a_gateway_switched_off_narrows_the_claim():
    """Its gates draw nothing, and the plan says who switched it off."""
    plan = make_plan(records.request(records.MINIMAL + "gates: {g3_no_crashes: false}\nfailure_policy: fail-fast\n"))
    assert "gateway G3: switched off by the playbook" in plan.narrowed
    assert Gateway.G3 not in {claim.gateway for claim in plan.claims}
    assert (
        NotRun(what="category STAB", reason="none of its gates could draw a claim here", required=True) in plan.not_run
    )
    assert plan.failure_policy is FailurePolicy.FAIL_FAST


def test_a_tier_without_a_gate_in_a_category_is_refused():
    """A score that rests on nothing in one category is an error of the tier, not of the model."""
    gates = [gate for gate in records.GATES if gate.spec.category is not Category.EDGE]
    with pytest.raises(InputError, match="tier mvp: no gate is planned in EDGE"):
        make_plan(records.request(gates=[*gates, records.gate(Category.EDGE, tiers=(Tier.DEEP,))]))


def test_gates_of_other_tiers_draw_nothing():
    """A gate that is deep's alone adds no claim at mvp."""
    deep = records.gate(Category.QUAL, name="F-QUAL-DEEP", tiers=(Tier.DEEP,))
    plan = make_plan(records.request(gates=[*records.GATES, deep]))
    assert "F-QUAL-DEEP" not in {claim.gate for claim in plan.claims}


def _drawing(drawn):
    gate = records.gate(Category.QUAL, name="F-QUAL-BAD")
    return replace(gate, draw=lambda spec, brief: drawn(gate.draw(spec, brief)))


@pytest.mark.parametrize(
    ("drawn", "says"),
    [
        (lambda d: Drawn(claims=(*d.claims, d.claims[0]), scenarios=d.scenarios), "drawn twice"),
        (lambda d: Drawn(claims=(replace(d.claims[0], needs=("nothing",)),)), "which nobody asks"),
        (lambda d: Drawn(scenarios=(replace(d.scenarios[0], max_tokens=1),)), "something else"),
    ],
)
def test_gates_that_contradict_each_other_are_our_bug(drawn, says):
    """A claim drawn twice, a need that nobody asks, one id for two questions: each is named."""
    with pytest.raises(RoomError, match=says):
        make_plan(records.request(gates=[*records.GATES, _drawing(drawn)]))


def test_files_and_engine_belong_to_the_plan():
    """Another engine version or other weights are another plan."""
    first = make_plan(records.request())
    other = records.engine()
    other = replace(other, facts=replace(other.facts, version="1.1"))
    assert make_plan(records.request(equipment=dict.fromkeys(Format, other))).digest != first.digest
    changed = replace(records.files(), digests={"model.safetensors": "00"})
    assert make_plan(records.request(files=changed)).digest != first.digest


def test_quantizations_without_a_file_are_listed():
    """A playbook that asks for q8_0 learns that only another is there."""
    text = records.MINIMAL.replace("1.5B}", "1.5B, quantizations: [q4_k_m, q8_0]}")
    plan = make_plan(records.request(text))
    assert [item.what for item in plan.not_run] == ["quantization q8_0"]


def test_the_order_of_equal_requests_does_not_matter():
    """The plan depends on the request alone, not on the state of the random generator."""
    random.seed(1)
    first = make_plan(records.request())
    random.seed(2)
    assert make_plan(records.request()) == first


def test_a_section_that_a_gate_passes_on_is_read_and_plain():
    """A gate that hands a whole section to its judge puts it into effect, as plain data that can be stored."""
    text = records.MINIMAL + "contract_tests: {invariants: [I-2]}\n"
    reading = records.gate(Category.COMP, name="F-COMP-I", reads=lambda p: {"tests": p.extras["contract_tests"]})
    plan = make_plan(records.request(text, gates=[*records.GATES, reading]))
    assert plan.not_run == ()
    assert {"tests": {"invariants": ["I-2"]}} in [claim.params for claim in plan.claims]
    assert [item.what for item in make_plan(records.request(text)).not_run] == ["playbook section contract_tests"]
