"""Briefs and exhibits for gates: what is planned, and what an engine of a certain kind would have answered."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from apr_qa.gates import _probes
from apr_qa.vocab.artefacts import Artefact, ModelFiles
from apr_qa.vocab.axes import Backend, Cell, Format, Modality, Tier
from apr_qa.vocab.catalog import TierSpec
from apr_qa.vocab.gates import Brief, Drawn, Exhibits, Gate
from apr_qa.vocab.observation import Ending, Observation, Reply
from apr_qa.vocab.plan import Claim
from apr_qa.vocab.playbook import Matrix, ModelSpec, Playbook
from apr_qa.vocab.scenario import Message, OracleSpec, Role, Scenario
from apr_qa.vocab.score import Status
from apr_qa.vocab.verdict import Outcome, Verdict

RUN = Cell(format=Format.SAFETENSORS, backend=Backend.CPU, modality=Modality.RUN)
CHAT = Cell(format=Format.SAFETENSORS, backend=Backend.CPU, modality=Modality.CHAT)
SERVE = Cell(format=Format.SAFETENSORS, backend=Backend.CPU, modality=Modality.SERVE)
GGUF = Cell(format=Format.GGUF, backend=Backend.CPU, modality=Modality.RUN)
GPU = Cell(format=Format.SAFETENSORS, backend=Backend.GPU, modality=Modality.RUN)
GPU_CHAT = Cell(format=Format.SAFETENSORS, backend=Backend.GPU, modality=Modality.CHAT)
GPU_SERVE = Cell(format=Format.SAFETENSORS, backend=Backend.GPU, modality=Modality.SERVE)
ALL = (RUN, CHAT, SERVE, GGUF, GPU, GPU_CHAT, GPU_SERVE)

Engine = Callable[[Scenario], Observation]
_TEXTS = {
    _probes.GREETING: "Hello! How can I help you today?",
    _probes.FACT: "The capital of France is Paris.",
    "What is my name?": "Your name is Sam.",
    "": "Hello! How can I help you today?",
    "你好": "你好！有什么可以帮您？",
}


def artefacts(*formats: Format, quantization: str = "") -> ModelFiles:
    """Return model files that no behaviour gate opens."""
    found = {
        form: Artefact(
            format=form, path=Path("/m/model"), folder=Path("/m"), files=(Path("/m/model"),), quantization=quantization
        )
        for form in formats
    }
    return ModelFiles(model="org/name", artefacts=found)


def brief(cells: Iterable[Cell] = ALL, tier: Tier = Tier.MVP, **changes: Any) -> Brief:
    """Return a brief for `cells` with one matrix scenario in each."""
    cells = tuple(cells)
    extras = changes.pop("extras", {})
    playbook = Playbook(
        name="test", tier=tier, model=ModelSpec(hf_repo="org/name"), matrix=Matrix(scenario_count=1), extras=extras
    )
    spec = TierSpec(
        tier=tier,
        summary="",
        minutes="",
        formats=tuple(Format),
        backends=tuple(Backend),
        modalities=tuple(Modality),
        scenario_count=1,
        repeats=3,
        certified_at=850,
        best_status=Status.CERTIFIED,
    )
    fields: dict[str, Any] = {"seed": 42, "context": 1280, "files": artefacts(*dict.fromkeys(c.format for c in cells))}
    fields["matrix"] = tuple(matrix_scenario(cell) for cell in cells)
    return Brief(playbook=playbook, tier=spec, cells=cells, **(fields | changes))


def matrix_scenario(cell: Cell) -> Scenario:
    return Scenario(
        id=f"{cell}-matrix-001",
        cell=cell,
        messages=(Message(role=Role.USER, content="What is 2+2?"),),
        oracle=OracleSpec(name="arithmetic", expected={"number": "4"}),
    )


def healthy_text(scenario: Scenario) -> str:
    """Return what a good model says."""
    return _TEXTS.get(scenario.prompt) or scenario.oracle.expected.get("number") or "I cannot answer that."


def observe(scenario: Scenario, text: str | None = None, **changes: Any) -> Observation:
    """Return one observation: a good answer unless something is said about it; fields of Reply go to the reply."""
    own = {k: changes.pop(k) for k in list(changes) if k in Observation.__dataclass_fields__}
    fields: dict[str, Any] = {
        "ending": Ending.ANSWERED,
        "text": healthy_text(scenario) if text is None else text,
        "finish_reason": "stop",
        "prompt_tokens": 20,
        "completion_tokens": 5,
        "tokens_per_s": 40.0,
        "backend_ran": str(scenario.cell.backend),
    }
    if changes.get("ending", Ending.ANSWERED) is not Ending.ANSWERED:
        fields = {"ending": Ending.FAILED, "message": "it went wrong"}
    own = {"elapsed_s": 0.1, **own}
    return Observation(scenario=scenario.id, unit="", reply=Reply(**(fields | changes)), **own)


def verdict(scenario: Scenario, observation: Observation) -> Verdict:
    """Return the verdict on one answer as the oracles of these few questions would give it."""
    text = observation.reply.text or ""
    if observation.reply.ending is not Ending.ANSWERED:
        return Verdict(outcome=Outcome.FALSIFIED, reason="no answer")
    if not text.strip() or re.search(r"(.)\1{7}", text) or "\ufffd" in text:
        return Verdict(outcome=Outcome.FALSIFIED, reason="the answer is garbage", detail={"oracle": "garbage"})
    wanted = scenario.oracle.expected.get("number")
    if wanted is not None and wanted not in re.findall(r"\d+", text):
        return Verdict(
            outcome=Outcome.FALSIFIED, reason=f"the answer is wrong, {wanted} is right", detail={"oracle": "arithmetic"}
        )
    return Verdict(outcome=Outcome.CORROBORATED, reason="right", detail={"oracle": scenario.oracle.name})


def exhibits(claim: Claim, drawn: Drawn, about: Brief, engine: Engine) -> Exhibits:
    """Return what lies before the gate when `engine` answered what `claim` needs."""
    known = {s.id: s for s in (*about.matrix, *drawn.scenarios)}
    scenarios = {name: known[name] for name in claim.needs}
    observations = {name: engine(scenario) for name, scenario in scenarios.items()}
    return Exhibits(
        scenarios=scenarios,
        observations=observations,
        answers={name: verdict(scenarios[name], o) for name, o in observations.items()},
    )


def outcomes(gate: Gate, about: Brief, engine: Engine) -> list[Verdict]:
    """Return the gate's verdicts on all its claims when `engine` is on trial."""
    drawn = gate.draw(gate.spec, about)
    return [gate.judge(claim, exhibits(claim, drawn, about, engine)) for claim in drawn.claims]
