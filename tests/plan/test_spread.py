from __future__ import annotations

import time
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from apr_qa.catalog.models import find
from apr_qa.catalog.tiers import tiers
from apr_qa.plan.expand import make_plan
from apr_qa.plan.request import Narrowing
from apr_qa.playbook.generate import generated_playbook
from apr_qa.playbook.load import parse_playbook
from apr_qa.vocab.axes import Backend, Tier
from apr_qa.vocab.plan import NotRun
from apr_qa.vocab.scenario import Purpose

from . import plan_records as records


def matrix_of(plan):
    return [scenario for scenario in plan.scenarios if scenario.purpose is Purpose.MATRIX]


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


def test_a_generated_playbook_asks_as_many_questions_as_its_cells_hold():
    """Narrowing to the cpu leaves nine cells of one question each, no two equal."""
    (tiny,) = find("tiny")
    playbook = generated_playbook(tiny, tiers()[Tier.MVP])
    plan = make_plan(records.request(playbook=playbook, narrowing=Narrowing(backends=(Backend.CPU,))))
    assert len(matrix_of(plan)) == 9
    assert len({s.prompt for s in matrix_of(plan)}) == 9


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
