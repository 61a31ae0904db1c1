from __future__ import annotations

import random
import time
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apr_qa.catalog.models import find
from apr_qa.catalog.tiers import tiers
from apr_qa.errors import InputError
from apr_qa.files import digest_of
from apr_qa.plan.expand import make_plan, plan_content
from apr_qa.plan.request import Narrowing
from apr_qa.playbook.compose import compose
from apr_qa.playbook.load import parse_playbook
from apr_qa.rooms import RoomError
from apr_qa.vocab.axes import Backend, Category, FailurePolicy, Format, Gateway, Modality, Tier
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


def test_a_machine_without_gpu_is_said_before_anything_runs():
    """Nine required cells cannot run, each with its reason, and the claim is not narrowed by itself."""
    plan = make_plan(records.request(machine=records.CPU))
    missing = [item for item in plan.not_run if item.required]
    assert len(plan.cells) == len(missing) == 9
    assert all(item.reason == "this machine has no gpu" and "-gpu-" in item.what for item in missing)
    assert plan.narrowed == ()


def test_narrowing_is_recorded_and_nothing_required_is_missing():
    """What the user leaves out on purpose is no missing evidence; the certificate says so."""
    plan = make_plan(records.request(machine=records.CPU, narrowing=Narrowing(backends=(Backend.CPU,))))
    assert plan.narrowed == ("backends: cpu",)
    assert plan.not_run == ()
    assert len(plan.matrix_cells) == 18


def test_a_playbook_narrower_than_its_tier_says_so():
    """A playbook that leaves out a format narrows the claim by its own word."""
    plan = make_plan(records.request(records.MINIMAL.replace("1.5B}", "1.5B, formats: [safetensors, gguf]}")))
    assert plan.narrowed == ("formats: safetensors, gguf (by the playbook)",)


def test_what_engine_and_files_lack_is_listed_with_the_reason():
    """A missing file, a missing engine and a cell that the engine cannot do are three different reasons."""
    picky = records.engine(supports=lambda _, cell: "no chat" if cell.modality is Modality.CHAT else "")
    plan = make_plan(
        records.request(
            files=replace(records.files(Format.SAFETENSORS, Format.GGUF), not_found={Format.APR: "not converted"}),
            equipment={Format.SAFETENSORS: picky},
            unequipped={Format.GGUF: "llama.cpp is not installed"},
        )
    )
    reasons = {item.what: item.reason for item in plan.not_run if item.required}
    assert reasons["apr-cpu-run"] == "not converted"
    assert reasons["gguf-cpu-run"] == "llama.cpp is not installed"
    assert reasons["safetensors-cpu-chat"] == "no chat"
    assert {cell.format for cell in plan.cells} == {Format.SAFETENSORS}


def test_cells_that_the_tier_does_not_ask_for_are_not_required():
    """Smoke wants one cell; what a playbook asks beyond it may be missing."""
    plan = make_plan(records.request(records.MINIMAL + "tier: smoke\n", machine=records.CPU))
    assert plan.not_run
    assert not any(item.required for item in plan.not_run)


def test_when_nothing_can_run_all_reasons_are_told():
    """A plan of nothing is no plan: the user learns why."""
    with pytest.raises(InputError) as caught:
        make_plan(records.request(machine=records.CPU, narrowing=Narrowing(backends=(Backend.GPU,))))
    assert "this machine has no gpu" in str(caught.value)
    assert "doctor" in caught.value.remedy


def test_narrowing_to_what_the_playbook_does_not_ask_is_an_error():
    """A wish that can only give nothing is explained."""
    text = records.MINIMAL.replace("1.5B}", "1.5B, formats: [gguf]}")
    with pytest.raises(InputError, match="asks nothing of apr; its formats are gguf"):
        make_plan(records.request(text, narrowing=Narrowing(formats=(Format.APR,))))


PROMPTS = "test_matrix: {scenario_count: %d, prompts: [%s], modalities: [run], backends: [cpu]}\n"


def with_prompts(count, prompts):
    head = records.MINIMAL.rpartition("test_matrix")[0]
    return head + PROMPTS % (count, ", ".join(f"'{p}'" for p in prompts))


@given(count=st.integers(1, 12), prompts=st.integers(1, 60), seed=st.integers(0, 1000))
def test_every_prompt_of_the_playbook_is_asked(count, prompts, seed):
    """Whatever the numbers, no prompt is lost, no cell asks less than its count, and load is even."""
    texts = [f"List {i}" for i in range(prompts)]
    plan = make_plan(records.request(with_prompts(count, texts), seed=seed))
    asked = Counter(scenario.prompt for scenario in matrix_of(plan))
    assert set(asked) == set(texts)
    assert max(asked.values()) - min(asked.values()) <= 1
    by_cell = Counter(scenario.cell for scenario in matrix_of(plan))
    assert min(by_cell.values()) >= count
    assert max(by_cell.values()) - min(by_cell.values()) <= 1
    assert len(matrix_of(plan)) == max(3 * count, prompts)


def test_extra_scenarios_are_said():
    """Asking more than the count for the sake of the prompts stands in the notes."""
    plan = make_plan(records.request(with_prompts(1, ["a", "b", "c", "d", "e"])))
    assert any(note.startswith("2 scenarios besides 1 a cell") for note in plan.notes)


def test_equal_questions_in_one_cell_have_different_repeats():
    """A question asked again must be answered again, not copied."""
    plan = make_plan(records.request(with_prompts(3, ["List a"])))
    first_cell = [s for s in matrix_of(plan) if s.cell == plan.cells[0]]
    assert [s.repeat for s in first_cell] == [0, 1, 2]


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


def test_placed_prompts_go_to_their_cells_or_are_listed():
    """A prompt with a cell of its own is asked there and nowhere else."""
    text = records.MINIMAL + (
        "mvp_matrix:\n"
        "- {format: apr, backend: cpu, modality: chat, prompt: Here}\n"
        "- {format: apr, backend: gpu, modality: chat, prompt: Nowhere}\n"
    )
    plan = make_plan(records.request(text, machine=records.CPU))
    assert [str(s.cell) for s in matrix_of(plan) if s.prompt == "Here"] == ["apr-cpu-chat"]
    assert not [s for s in matrix_of(plan) if s.prompt == "Nowhere"]
    assert NotRun(what="prompt 'Nowhere'", reason="its cell apr-gpu-chat is not run") in plan.not_run
    assert len(matrix_of(plan)) == 9


def test_a_composed_playbook_asks_all_its_questions_however_narrow_the_claim():
    """Narrowing to the cpu leaves nine cells and still eighteen questions."""
    (tiny,) = find("tiny")
    playbook = compose(tiny, tiers()[Tier.MVP])
    plan = make_plan(records.request(playbook=playbook, narrowing=Narrowing(backends=(Backend.CPU,))))
    assert {s.prompt for s in matrix_of(plan)} == set(playbook.matrix.prompts)
    assert len(matrix_of(plan)) == 18


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


def test_planning_time_grows_in_proportion():
    """Four times the scenarios take about four times as long: nothing in planning is quadratic."""

    def seconds(count):
        text = with_prompts(count, [f"List {i}" for i in range(100)])
        playbook = parse_playbook(text, source="p.yaml")
        best = []
        for _ in range(3):
            begun = time.process_time()
            plan = make_plan(records.request(playbook=playbook))
            best.append(time.process_time() - begun)
        assert len(matrix_of(plan)) == 3 * count
        return min(best)

    assert seconds(1000) < 12 * max(seconds(250), 0.001)


def test_the_order_of_equal_requests_does_not_matter():
    """The plan depends on the request alone, not on the state of the random generator."""
    random.seed(1)
    first = make_plan(records.request())
    random.seed(2)
    assert make_plan(records.request()) == first
