"""The misbehaving engine is driven as `apr` is, and misbehaves as it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from apr_qa.engines.apr import APR
from apr_qa.impostor.faults import FAULTS
from apr_qa.rooms import by_name, furnish
from apr_qa.run.find import equip
from apr_qa.run.process import run
from apr_qa.vocab.artefacts import Artefact
from apr_qa.vocab.axes import Backend, Cell, Format, Modality
from apr_qa.vocab.engines import Equipped, Setting
from apr_qa.vocab.mutators import FaultLayer, Mutator, Place
from apr_qa.vocab.observation import Ending, Reply
from apr_qa.vocab.scenario import Message, OracleSpec, Role, Scenario

FOLDER = Path(__file__).resolve().parents[2] / "models" / "tiny" / "safetensors"
FILE = FOLDER / "model.safetensors"


def _equipped(fault: str, folder: Path) -> Equipped:
    mutator = by_name("apr_qa.mutators", Mutator, f"engine-{fault}")
    assert mutator
    name, _, program = mutator.apply(folder / "model", Place.ENGINE, 0).program.partition("=")
    assert name == "apr"
    return equip(APR, program=program)


def _ask(fault: str, folder: Path, prompt: str = "What is 2+2?") -> Reply:
    equipped = _equipped(fault, folder)
    scenario = Scenario(
        id="q",
        cell=Cell(format=Format.SAFETENSORS, backend=Backend.CPU, modality=Modality.RUN),
        messages=(Message(role=Role.USER, content=prompt),),
        max_tokens=16,
        temperature=0.0,
        seed=1,
        timeout_s=60.0,
        oracle=OracleSpec(name="garbage"),
    )
    setting = Setting(
        artefact=Artefact(format=Format.SAFETENSORS, path=FILE, folder=FOLDER, files=(FILE,)),
        backend=Backend.CPU,
        facts=equipped.facts,
        program=equipped.program,
        scratch=folder,
    )
    assert APR.one_shot
    return APR.one_shot.read(scenario, run(APR.one_shot.command(setting, scenario), workdir=folder))


def test_the_healthy_control_answers_as_the_reference_engine(tmp_path: Path) -> None:
    """Without a fault the program is a good engine: what is found under a fault is the fault's."""
    reply = _ask("healthy", tmp_path)
    assert (reply.ending, reply.text, reply.finish_reason, reply.backend_ran) == (Ending.ANSWERED, "4", "stop", "cpu")


@pytest.mark.parametrize(
    ("fault", "said"),
    [("always-4", "4"), ("leaks", "4<|im_end|>"), ("empty", None), ("other-prompt", "6"), ("one-letter", "H" * 64)],
)
def test_a_fault_is_what_it_says(fault: str, said: str | None, tmp_path: Path) -> None:
    """Each way to misbehave shows in the reply that the adapter of `apr` reads."""
    assert _ask(fault, tmp_path).text == said


def test_a_banner_is_no_answer(tmp_path: Path) -> None:
    """The adapter takes exit status 0 without JSON for a failure."""
    assert _ask("banner", tmp_path).ending is Ending.FAILED


def test_a_panic_is_a_crash(tmp_path: Path) -> None:
    """Some prompts, always the same ones, end the program with the status of a panic; the others are answered."""
    asked = ("What is 0+1?", "What is 1+1?", "What is 1+1?")
    endings = [_ask("crashes", tmp_path, prompt).ending for prompt in asked]
    assert endings == [Ending.ANSWERED, Ending.CRASHED, Ending.CRASHED]


def test_every_fault_of_the_program_is_a_mutator() -> None:
    """None is forgotten in the room."""
    planted = {m.name for m in furnish("apr_qa.mutators", Mutator) if m.layer is FaultLayer.ENGINE}
    assert planted == {f"engine-{name}" for name in FAULTS}
