"""The probes put to real models: the tiny ones answer them so that every gate holds, noise makes gateways fall."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from file_harms import MODELS, bf16, copy, tensors
from gate_exhibits import CHAT, RUN, SERVE, brief

from apr_qa.evidence.judge import judge_answer, judge_claim
from apr_qa.fetch.locate import Wanted, locate
from apr_qa.hosting.protocol import HostError, Message, Request
from apr_qa.reference.host import ReferenceHost
from apr_qa.rooms import furnish
from apr_qa.vocab.axes import Cell, Format
from apr_qa.vocab.gates import Brief, Exhibits, Gate, Oracle
from apr_qa.vocab.observation import Ending, Failing, Observation, Reply
from apr_qa.vocab.plan import Claim
from apr_qa.vocab.scenario import Scenario
from apr_qa.vocab.verdict import Outcome, Verdict

ROOM = furnish("apr_qa.gates", Gate)
ORACLES = {oracle.name: oracle for oracle in furnish("apr_qa.oracles", Oracle)}
_KINDS = {"context": Failing.CONTEXT, "load": Failing.LOAD}


def _ask(host: ReferenceHost, scenario: Scenario) -> Observation:
    """Return what the reference engine answers, a conversation turn by turn."""
    said: list[Message] = []
    reply = Reply(ending=Ending.UNSTARTED)
    for message in scenario.messages:
        said.append(Message(role=message.role, content=message.content))
        if message.role != "user":
            said[-1] = Message(role="assistant", content=message.content or reply.text or "")
            continue
        try:
            answer = host.answer(Request(messages=tuple(said), max_tokens=scenario.max_tokens))
        except HostError as error:
            reply = Reply(ending=Ending.FAILED, failing=_KINDS.get(error.kind), message=str(error))
            continue
        reply = Reply(
            ending=Ending.ANSWERED,
            text=answer.text,
            tokens=answer.tokens,
            prompt_tokens=answer.prompt_tokens,
            completion_tokens=len(answer.tokens),
            finish_reason=answer.finish_reason,
            tokens_per_s=answer.tokens_per_s,
            backend_ran="cpu",
        )
    return Observation(scenario=scenario.id, unit="", reply=reply, elapsed_s=0.01)


def _answers(host: ReferenceHost, scenarios: dict[str, Scenario]) -> dict[str, Observation]:
    """Return an observation for each scenario; equal conversations are asked once, to save time."""
    asked: dict[object, Observation] = {}
    found = {}
    for name, scenario in scenarios.items():
        if scenario.messages not in asked:
            asked[scenario.messages] = _ask(host, scenario)
        found[name] = replace(asked[scenario.messages], scenario=name)
    return found


def _certify(root: Path, *cells: Cell) -> Iterator[tuple[Claim, Verdict]]:
    """Yield every claim of a brief for the SafeTensors files in `root` with its verdict."""
    files = locate(root, Wanted(formats=(Format.SAFETENSORS,)))
    host = ReferenceHost()
    host.load(files.artefacts[Format.SAFETENSORS].path)
    context = {"tiny": 1280, "tiny-llama": 896}[root.name]
    about: Brief = brief(cells, files=files, context=context)
    drawn = [(gate, gate.draw(gate.spec, about)) for gate in ROOM]
    scenarios = {s.id: s for s in about.matrix} | {s.id: s for _, d in drawn for s in d.scenarios}
    observations = _answers(host, scenarios)
    answers = {name: judge_answer(scenarios[name], o, ORACLES) for name, o in observations.items()}
    for gate, found in drawn:
        for claim in found.claims:
            exhibits = Exhibits(
                scenarios={name: scenarios[name] for name in claim.needs},
                observations={name: observations[name] for name in claim.needs},
                answers={name: answers[name] for name in claim.needs},
                files=files,
            )
            yield claim, judge_claim(claim, gate, exhibits)


@pytest.mark.parametrize("model", ["tiny", "tiny-llama"])
def test_a_trained_model_holds_every_claim(model: str) -> None:
    """No gate cries wolf on a model that is known to be right, asked for real."""
    verdicts = list(_certify(MODELS / model, RUN, CHAT, SERVE))
    assert len(verdicts) > 40
    wrong = {claim.id: v.reason for claim, v in verdicts if v.outcome is not Outcome.CORROBORATED}
    assert wrong == {}


def test_noise_for_weights_loses_gateways(tmp_path: Path) -> None:
    """A model whose matrices are noise of the same size has whole files and is blocked by what it says."""
    root = copy("tiny", tmp_path)
    draw = np.random.default_rng(1)

    def noise(found: dict[str, dict[str, object]]) -> None:
        for entry in found.values():
            data = entry["data"]
            assert isinstance(data, bytes)
            entry["data"] = bf16(draw.normal(0, 0.05, len(data) // 2))

    tensors(noise)(root)
    fallen = {claim.gateway for claim, v in _certify(root, RUN) if claim.gateway and v.outcome.is_lost}
    assert "G4" in fallen
    assert "G0" not in fallen
