"""A whole run: the embedded engine for real, workers, and stopping in the middle."""

from __future__ import annotations

import os
import signal
import sys
import textwrap
import threading
import time
from pathlib import Path
from subprocess import PIPE, Popen

import pytest
from script_engines import CELL_FORMAT, FACTS, ask, asked, engine, files_in, left_behind, living, script

from apr_qa.engines.reference import REFERENCE
from apr_qa.errors import WorkspaceError
from apr_qa.run.admission import Admission
from apr_qa.run.fence import Fence
from apr_qa.run.find import equip
from apr_qa.run.isolation import fence
from apr_qa.run.observe import observe
from apr_qa.run.replay import replay
from apr_qa.run.station import Cancelled
from apr_qa.vocab.artefacts import Artefact, ModelFiles
from apr_qa.vocab.axes import Backend, Cell, Format, Modality
from apr_qa.vocab.engines import Equipped
from apr_qa.vocab.observation import Ending

TINY = Path(__file__).parents[2] / "models" / "tiny" / "safetensors"


def tiny_files() -> ModelFiles:
    weights = TINY / "model.safetensors"
    artefact = Artefact(format=Format.SAFETENSORS, path=weights, folder=TINY, files=(weights,))
    return ModelFiles(model="tiny", artefacts={Format.SAFETENSORS: artefact}, root=TINY)


def test_the_reference_engine_answers_in_every_modality(tmp_path: Path) -> None:
    """The embedded engine answers sums rightly when run, in a chat and over HTTP, each modality in one session."""
    scenarios = [
        ask(
            f"What is {n}+{n}?",
            modality,
            id=f"{modality}-{n}",
            cell=Cell(format=Format.SAFETENSORS, backend=Backend.CPU, modality=modality),
            timeout_s=120.0,
        )
        for modality in Modality
        for n in (2, 3)
    ]
    announced: list[str] = []
    seen = {
        o.scenario: o
        for o in observe(
            scenarios,
            equipment={"": {Format.SAFETENSORS: equip(REFERENCE)}},
            files=tiny_files(),
            scratch=tmp_path,
            workers=2,
            units=lambda scenario: scenario.id,
            started=lambda scenario: announced.append(scenario.id),
        )
    }
    assert {name: o.reply.text for name, o in seen.items()} == {
        f"{m}-{n}": str(n + n) for m in Modality for n in (2, 3)
    }
    assert sorted(announced) == sorted(seen)
    assert all(o.reply.backend_ran == "cpu" for o in seen.values())
    assert list(tmp_path.iterdir()) == []


def test_closing_stops_everything(tmp_path: Path) -> None:
    """A consumer that stops early leaves no process and no file behind, and does not wait for what runs."""
    program = script(tmp_path, "import sys, time\nif sys.argv[2] != 'quick': time.sleep(600)\nprint('done')")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    iterator = observe(
        [ask("quick"), *(ask(f"slow{n}") for n in range(6))],
        equipment={"": {CELL_FORMAT: Equipped(engine=engine(), facts=FACTS, program=program)}},
        files=files_in(tmp_path),
        scratch=scratch,
        workers=3,
        units=lambda scenario: scenario.id,
        started=lambda _scenario: None,
    )
    assert next(iterator).reply.text == "done"
    began = time.monotonic()
    iterator.close()
    assert time.monotonic() - began < 15
    assert not left_behind(str(tmp_path))
    assert list(scratch.iterdir()) == []


DRIVER = """
import sys
sys.path.insert(0, {tests!r})
from contextlib import closing
from pathlib import Path
from script_engines import *
folder = Path({folder!r})
(folder / "scratch").mkdir()
program = script(folder, "import sys, time; time.sleep(600)")
run = observe(
    [ask("a"), ask("b")],
    equipment={{"": {{CELL_FORMAT: Equipped(engine=engine(), facts=FACTS, program=program)}}}},
    files=files_in(folder), scratch=folder / "scratch", workers=2, units=lambda s: s.id,
    started=lambda s: os.write(1, b"started\\n"),
)
try:
    with closing(run):
        list(run)
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


@pytest.mark.parametrize("blow", [signal.SIGINT, signal.SIGKILL])
def test_no_engine_outlives_us(blow: signal.Signals, tmp_path: Path) -> None:
    """Interrupted, everything is ended and removed; killed outright, the engines die too where the system can."""
    code = textwrap.dedent(DRIVER).format(tests=str(Path(__file__).parent), folder=str(tmp_path))
    with Popen([sys.executable, "-c", code], stdout=PIPE, text=True, start_new_session=True) as driver:
        assert driver.stdout
        assert [driver.stdout.readline() for _ in range(2)] == ["started\n"] * 2
        engines = tmp_path / "engine.py"
        deadline = time.monotonic() + 30
        while len(living(str(engines))) < 2 and time.monotonic() < deadline:
            time.sleep(0.05)
        os.kill(driver.pid, blow)
        said = driver.stdout.read()
    if blow is signal.SIGKILL and fence() is Fence.NONE:
        pytest.skip("this system does not end a program with its parent")
    if blow is signal.SIGINT:
        assert said == "interrupted\n"
        assert list((tmp_path / "scratch").iterdir()) == []
    deadline = time.monotonic() + 30
    while living(str(engines)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not living(str(engines))


def test_no_files_and_no_engine_are_not_the_models_fault(tmp_path: Path) -> None:
    """A format without an engine, and one without files, are unjudged with the reason."""
    for equipment, files in (
        ({}, files_in(tmp_path)),
        ({"": {CELL_FORMAT: Equipped(engine=engine(), facts=FACTS, program=("x",))}}, ModelFiles(model="none")),
    ):
        seen = observe(
            [ask("a")],
            equipment=equipment,
            files=files,
            scratch=tmp_path,
            workers=1,
            units=lambda scenario: scenario.id,
            started=lambda _scenario: None,
        )
        assert [o.reply.ending for o in seen] == [Ending.UNSTARTED]


def test_an_unusable_scratch_folder_is_named(tmp_path: Path) -> None:
    """A scratch folder that is not there is an error of the workspace, with its path."""
    scratch = tmp_path / "missing"
    with pytest.raises(WorkspaceError, match="missing"):
        next(
            observe(
                [ask("a")],
                equipment={},
                files=ModelFiles(model="none"),
                scratch=scratch,
                workers=1,
                units=lambda scenario: scenario.id,
                started=lambda _scenario: None,
            )
        )


def test_a_recorded_run_is_replayed(tmp_path: Path) -> None:
    """Recorded observations come back unchanged, in the order asked; what was not recorded is unstarted."""
    program = script(tmp_path, "import sys\nprint(sys.argv[2])")
    recorded = asked(tmp_path, [ask("a"), ask("b")], program)
    replayed = list(replay(recorded.values())([ask("b"), ask("a"), ask("c")]))
    assert replayed[:2] == [recorded["b"], recorded["a"]]
    assert replayed[2].reply.ending is Ending.UNSTARTED


def test_models_wait_for_memory(tmp_path: Path) -> None:
    """A second process waits until the first has left when both do not fit; one alone is always let in."""
    artefact = files_in(tmp_path).artefacts[CELL_FORMAT]
    admission = Admission(budget_bytes=1)
    entered = threading.Event()

    def enter() -> None:
        with admission.place_for(artefact, threading.Event()):
            entered.set()

    with admission.place_for(artefact, threading.Event()):
        other = threading.Thread(target=enter)
        other.start()
        assert not entered.wait(0.3)
        stopped = threading.Event()
        stopped.set()
        with pytest.raises(Cancelled), admission.place_for(artefact, stopped):
            pass
    assert entered.wait(20)
    other.join()
