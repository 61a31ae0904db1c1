"""Parity with Ollama is planned where the playbook asks for it, and what of it cannot be tried is said beforehand."""

from __future__ import annotations

import pytest
from gate_exhibits import GGUF, RUN, artefacts, brief, outcomes
from gate_exhibits import observe as seen

from apr_qa.rooms import furnish
from apr_qa.vocab.axes import Format
from apr_qa.vocab.gates import Drawn, Gate
from apr_qa.vocab.verdict import Outcome

ROOM = {gate.spec.id: gate for gate in furnish("apr_qa.gates", Gate) if gate.spec.id.startswith("F-OLLAMA-")}
SECTION = {"enabled": True, "prompts": ["What is 2+2?"], "min_perf_ratio": 0.8, "quantizations": ["f16"], "gates": []}


def drawn(name: str, *, cells: tuple[object, ...] = (RUN, GGUF), ollama: str = "", **section: object) -> Drawn:
    """Return what a gate draws of the section, changed in some keys."""
    files = artefacts(Format.SAFETENSORS, Format.GGUF, quantization="f16")
    about = brief(cells, files=files, ollama=ollama, extras={"ollama_parity": {**SECTION, **section}})
    return ROOM[name].draw(ROOM[name].spec, about)


@pytest.mark.parametrize("name", ROOM)
def test_both_engines_are_asked_the_same(name: str) -> None:
    """Each question goes to the engine on trial and, word for word, to Ollama over HTTP, on the GGUF file."""
    scenarios = {s.id: s for s in drawn(name).scenarios}
    ours = [s for s in scenarios.values() if not s.engine]
    theirs = [s for s in scenarios.values() if s.engine == "ollama"]
    assert [s.prompt for s in ours] == [s.prompt for s in theirs]
    assert ours[0].prompt == "What is 2+2?"
    assert {str(s.cell) for s in theirs} == {"gguf-cpu-serve"}
    assert drawn(name).not_run == ()


@pytest.mark.parametrize("name", ROOM)
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"ollama": "ollama is not on the PATH; go install it"}, "ollama is not on the PATH; go install it"),
        ({"cells": (RUN,)}, "no GGUF file is planned on the cpu"),
        ({"temperature": 0.7}, "temperature 0.7"),
    ],
)
def test_what_cannot_be_tried_is_said_beforehand(name: str, change: dict[str, object], reason: str) -> None:
    """No Ollama, no GGUF file, and sampled answers are reasons, a line each."""
    found = drawn(name, **change)
    assert found.claims == ()
    assert [item.what for item in found.not_run] == [name]
    assert reason in found.not_run[0].reason


@pytest.mark.parametrize("name", ROOM)
def test_the_playbook_decides(name: str) -> None:
    """Not asked for, switched off, or another gate listed: nothing is drawn."""
    other = next(known for known in ROOM if known != name)
    nothing = [ROOM[name].draw(ROOM[name].spec, brief((GGUF,), ollama="")), drawn(name, enabled=False)]
    assert all((one.claims, one.not_run) == ((), ()) for one in [*nothing, drawn(name, gates=[other])])
    assert drawn(name, gates=[name]).claims


def test_what_has_no_effect_is_named_once() -> None:
    """Nothing is pulled, one file is compared, and a gate that there is not is told with those that there are."""
    section = {"model_tag": "qwen:7b", "quantizations": ["q4_k_m", "F16"], "gates": [*ROOM, "F-OLLAMA-9"]}
    said = {item.what: item.reason for name in ROOM for item in drawn(name, **section).not_run}
    assert set(said) == {"ollama pull qwen:7b", "ollama parity of q4_k_m", "ollama_parity gate F-OLLAMA-9"}
    assert said["ollama_parity gate F-OLLAMA-9"] == f"the gates of ollama_parity are {', '.join(sorted(ROOM))}"


def test_speed_counts_only_right_answers_that_are_long_enough() -> None:
    """Wrong answers of the engine are other gates' matter; answers of two tokens measure nothing."""
    gate, about = ROOM["F-OLLAMA-002"], brief((GGUF,), ollama="", extras={"ollama_parity": SECTION})
    (wrong,) = outcomes(gate, about, lambda s: seen(s, "HHHHHHHHHHHH") if not s.engine else seen(s))
    (short,) = outcomes(gate, about, lambda s: seen(s, completion_tokens=2))
    assert (wrong.outcome, short.outcome) == (Outcome.SKIPPED, Outcome.UNJUDGED)


@pytest.mark.parametrize(("ours", "counted"), [((7, 8), (5, 5)), ((7, 9), (5, 0)), (None, (0, 0))])
def test_token_ids_are_counted_where_both_give_any(ours: tuple[int, ...] | None, counted: tuple[int, int]) -> None:
    """Texts decide; how many answers agree to the token is told, and of how many."""
    gate, about = ROOM["F-OLLAMA-001"], brief((GGUF,), ollama="", extras={"ollama_parity": SECTION})
    (verdict,) = outcomes(gate, about, lambda s: seen(s, tokens=(7, 8) if s.engine else ours))
    assert verdict.outcome is Outcome.CORROBORATED
    assert (verdict.detail["tokens_compared"], verdict.detail["same_tokens"]) == counted
