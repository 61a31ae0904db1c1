from __future__ import annotations

from dataclasses import replace

import pytest

from apr_qa.errors import InputError
from apr_qa.plan.expand import make_plan
from apr_qa.plan.request import Narrowing
from apr_qa.vocab.axes import Backend, Format, Modality

from . import plan_records as records


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
