"""Small records to plan with: engines, gates and oracles that are data, standing for whole rooms."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from apr_qa.catalog.tiers import tiers
from apr_qa.plan.request import PlanRequest
from apr_qa.playbook.load import parse_playbook
from apr_qa.vocab.artefacts import Artefact, ModelFiles
from apr_qa.vocab.axes import Category, Format, Gateway, Tier
from apr_qa.vocab.engines import Engine, Equipped
from apr_qa.vocab.evidence import EngineFacts
from apr_qa.vocab.gates import Brief, Drawn, Gate, GateSpec, Oracle
from apr_qa.vocab.machine import Machine
from apr_qa.vocab.plan import Claim, Subject
from apr_qa.vocab.scenario import Message, OracleSpec, Purpose, Role, Scenario
from apr_qa.vocab.verdict import Outcome, Verdict

GPU = Machine(os="Linux", arch="x86_64", cpu="a cpu", cores=2, memory_bytes=1 << 34, gpu="a gpu")
CPU = replace(GPU, gpu="")
HELD = Verdict(outcome=Outcome.CORROBORATED, reason="held")


def oracle(name, applies) -> Oracle:
    """An oracle that expects something of the prompts for which `applies` is true."""
    return Oracle(
        name=name,
        claim="It is right.",
        expect=lambda prompt, config: {"prompt": prompt} if applies(prompt, config) else None,
        judge=lambda *_: HELD,
    )


ORACLES = (
    oracle("garbage", lambda *_: True),
    oracle("arithmetic", lambda prompt, _: any(c in prompt for c in "+*")),
    oracle("code_syntax", lambda prompt, _: prompt.startswith(("def ", "fn ", "Write"))),
    oracle("response", lambda prompt, _: prompt.startswith(("List", "Hello", "Name", "What is", "Define"))),
    oracle("exact", lambda _, config: bool(config)),
)


def gate(category, gateway=None, *, name="", tiers=tuple(Tier), reads=None) -> Gate:
    """A gate that claims something of each cell, asks one probe, and reads `reads` of the playbook."""

    def draw(spec: GateSpec, brief: Brief) -> Drawn:
        params = reads(brief.playbook) if reads else {}
        asked = tuple(_probe(brief, cell) for cell in brief.cells)
        claims = tuple(_claim(spec, scenario, params) for scenario in asked)
        return Drawn(claims=claims, scenarios=asked)

    spec = GateSpec(id=name or f"F-{category}-001", claim="It holds.", category=category, gateway=gateway, tiers=tiers)
    return Gate(spec=spec, draw=draw, judge=lambda *_: HELD)


def _probe(brief, cell):
    return Scenario(
        id=f"{cell}-probe-hello",
        cell=cell,
        messages=(Message(role=Role.USER, content="Hello"),),
        oracle=OracleSpec(name="garbage"),
        purpose=Purpose.PROBE,
        seed=brief.seed,
        timeout_s=brief.playbook.matrix.timeout_ms / 1000,
    )


def _claim(spec, scenario, params):
    cell = scenario.cell
    subject = Subject(format=cell.format, backend=cell.backend, modality=cell.modality)
    return Claim(
        id=f"{spec.id}@{subject}",
        gate=spec.id,
        gateway=spec.gateway,
        category=spec.category,
        severity=spec.severity,
        weight=spec.weight,
        subject=subject,
        needs=(scenario.id,),
        params=params,
    )


GATES = tuple(
    gate(category, gateway)
    for category, gateway in zip(
        Category, [Gateway.G4, None, Gateway.G3, Gateway.G0, Gateway.G1, Gateway.G2], strict=True
    )
)


def engine(name="fake", *, supports=lambda _facts, _cell: "", refuses=lambda _scenario: "", **more) -> Equipped:
    """An engine that can be planned with."""
    facts = EngineFacts(name=name, version="1.0")
    made = Engine(name=name, summary="A record.", identify=lambda _: facts, supports=supports, refuses=refuses, **more)
    return Equipped(engine=made, facts=facts, program=("/bin/true",))


def files(*formats: Format, quantization="q4_k_m") -> ModelFiles:
    """The files of a model that has `formats`; nothing is on disk."""
    folder = Path("/models/some")
    return ModelFiles(
        model="some-org/Some-1.5B",
        artefacts={
            form: Artefact(
                format=form, path=folder / form, folder=folder, files=(folder / form,), quantization=quantization
            )
            for form in formats or tuple(Format)
        },
    )


MINIMAL = """\
name: some-1.5b-mvp
version: 1.0.0
model: {hf_repo: some-org/Some-1.5B}
test_matrix: {scenario_count: 1}
"""


def request(text=MINIMAL, **changes) -> PlanRequest:
    """A request for the playbook `text` on a machine and with engines that can do everything."""
    playbook = changes.pop("playbook", None) or parse_playbook(text, source="p.yaml")
    usual = {
        "playbook": playbook,
        "tier": tiers()[playbook.tier],
        "files": files(),
        "equipment": dict.fromkeys(Format, engine()),
        "machine": GPU,
        "gates": GATES,
        "oracles": ORACLES,
    }
    return PlanRequest(**(usual | changes))
