"""The playbooks in the repository are those that the catalogue makes, and each asks something of its own."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from command_line import ROOT

from apr_qa.catalog.kernels import architectures, kernel_ops
from apr_qa.catalog.models import known_models
from apr_qa.catalog.tiers import tiers
from apr_qa.files import digest_of
from apr_qa.pipeline.playbooks import changes, drifts
from apr_qa.pipeline.targets import by_name
from apr_qa.plan.expand import make_plan, plan_content
from apr_qa.plan.request import PlanRequest
from apr_qa.playbook.generate import base_name, file_name
from apr_qa.playbook.load import load_playbook
from apr_qa.rooms import furnish
from apr_qa.vocab.artefacts import Artefact, ModelFiles
from apr_qa.vocab.axes import Category, Format, Tier
from apr_qa.vocab.engines import Engine, Equipped
from apr_qa.vocab.evidence import EngineFacts
from apr_qa.vocab.gates import Drawn, Gate, GateSpec, Oracle
from apr_qa.vocab.machine import Machine
from apr_qa.vocab.verdict import Outcome, Verdict

MODELS = ROOT / "playbooks" / "models"
FILES = sorted(MODELS.glob("*.playbook.yaml"))
MACHINE = Machine(os="Linux", arch="x86_64", cpu="a cpu", cores=2, memory_bytes=1 << 34, gpu="a gpu")
FACTS = EngineFacts(name="any", version="1")
ANY = Equipped(
    engine=Engine(name="any", summary="Does all.", identify=lambda _: FACTS, supports=lambda *_: ""),
    facts=FACTS,
    program=("/bin/true",),
)
SILENT = tuple(
    Gate(
        spec=GateSpec(id=f"F-{category}", claim="Nothing.", category=category),
        draw=lambda *_: Drawn(),
        judge=lambda *_: Verdict(outcome=Outcome.UNJUDGED, reason="nothing was asked"),
    )
    for category in Category
)
"""Gates that draw nothing: what is left of a plan is the model and its matrix."""


@pytest.fixture(scope="module")
def playbooks():
    return {path.name: load_playbook(path) for path in FILES}


def files_of(model: str) -> ModelFiles:
    """Files of all formats that nobody opens."""
    folder = Path("/nowhere")
    found = {f: Artefact(format=f, path=folder / f, folder=folder, files=(folder / f,)) for f in Format}
    return ModelFiles(model=model, artefacts=found)


def plan_of(playbook):
    return make_plan(
        PlanRequest(
            playbook=playbook,
            tier=tiers()[playbook.tier],
            files=files_of(playbook.model.hf_repo),
            equipment=dict.fromkeys(Format, ANY),
            machine=MACHINE,
            gates=SILENT,
            oracles=furnish("apr_qa.oracles", Oracle),
            context=1 << 15,
        )
    )


def test_the_files_are_those_of_the_catalogue():
    """Nothing is missing, changed by hand or left over, and the lock speaks of these very bytes."""
    assert changes(MODELS) == ()
    assert drifts(ROOT / "playbooks") == ()


def test_there_are_enough_and_every_model_has_its_mvp(playbooks):
    """At least 120 files; each names its model, and the mvp file of every registry model is there."""
    assert len(playbooks) >= 120
    assert {file_name(model.model, Tier.MVP) for model in known_models()} <= set(playbooks)
    assert {p.model.hf_repo for p in playbooks.values()} == {model.model for model in known_models()}
    assert Counter(p.tier for p in playbooks.values()).keys() == set(Tier)


def test_no_two_playbooks_expand_to_the_same_plan(playbooks):
    """Leaving out how a playbook is called, its plan is like no other's; its digest neither."""
    contents = {}
    for name, playbook in playbooks.items():
        plan = plan_content(replace(plan_of(playbook), playbook="", playbook_digest="", notes=()))
        contents[name] = digest_of(plan)
    assert len(set(contents.values())) == len({p.digest for p in playbooks.values()}) == len(contents)


@pytest.mark.parametrize("family", ["tiny", "qwen-coder", "llama", "phi", "gemma", "starcoder"])
def test_a_family_is_certified_by_its_files(playbooks, family):
    """What `certify FAMILY` plans is what the files of the family plan, kernels' questions and digest included."""
    found = {(p.model.hf_repo, p.tier): p for p in playbooks.values()}
    pairs = [
        (found[key], target.playbook)
        for tier in Tier
        for target in by_name(family, tier)
        if (key := (target.playbook.model.hf_repo, tier)) in found
    ]
    assert pairs
    for file, named in pairs:
        assert digest_of(plan_of(named)) == digest_of(plan_of(file)), file.name
        bare = replace(file, matrix=replace(file.matrix, prompts=()))
        same = digest_of(plan_of(bare)) == digest_of(plan_of(file))
        assert same == (not file.matrix.prompts), file.name


def test_every_tier_of_a_known_model_has_a_playbook_of_its_own():
    """With or without a file in the repository, no two are the same."""
    made = [target.playbook for m in known_models() for tier in Tier for target in by_name(m.model, tier)]
    assert len(made) == len(known_models()) * len(Tier)
    assert len({p.digest for p in made}) == len({p.name for p in made}) == len(made)


def test_a_plan_holds_what_the_tier_promises(playbooks):
    """Tier mvp is 18 matrix scenarios, one a cell, whatever kernels the architecture has; nothing is asked in vain."""
    for name, playbook in playbooks.items():
        spec = tiers()[playbook.tier]
        room = len(spec.cells) * spec.scenario_count
        assert playbook.matrix.scenario_count == spec.scenario_count, name
        assert len(playbook.matrix.prompts) <= room, name


def test_kernel_prompts_stand_first(playbooks):
    """The questions that the architecture calls for are among the first, and no more than fit."""
    asked = playbooks["qwen2.5-coder-1.5b-mvp.playbook.yaml"].matrix.prompts
    assert len(asked) == 18
    assert any("999+1" in text for text in asked)
    assert "What is 2+2?" in asked
    assert not any("999+1" in text for text in playbooks["llama-3.1-8b-mvp.playbook.yaml"].matrix.prompts)


@pytest.mark.parametrize(
    ("model", "has", "has_not"),
    [
        ("Qwen/Qwen2.5-Coder-1.5B-Instruct", {"GroupedQueryAttention", "BiasAdd", "TiedEmbeddings"}, {"LayerNorm"}),
        ("meta-llama/CodeLlama-7b-Instruct-hf", {"MultiHeadAttention", "SwiGlu"}, {"BiasAdd", "TiedEmbeddings"}),
        ("tiiuae/falcon-7b-instruct", {"MultiQueryAttention", "LayerNorm"}, {"SwiGlu"}),
        ("google/gemma-3-4b-it", {"SlidingWindowAttention", "Gelu"}, {"SwiGlu"}),
        ("Qwen/Qwen3-30B-A3B", {"MixtureOfExperts"}, {"BiasAdd"}),
        ("microsoft/Phi-3.5-mini-instruct", {"MultiHeadAttention"}, {"SlidingWindowAttention"}),
        ("ibm-granite/granite-3b-code-instruct-128k", {"BiasAdd"}, set()),
        ("stabilityai/stablelm-zephyr-3b", {"LayerNorm"}, {"BiasAdd"}),
    ],
)
def test_kernels_follow_from_the_architecture(model, has, has_not):
    """Heads, biases, windows, experts and ties decide, model by model."""
    ops = set(kernel_ops(architectures()[model]))
    assert has <= ops
    assert not has_not & ops


def test_every_registry_model_has_an_architecture():
    """No model of the list is without its kind."""
    assert set(architectures()) == {model.model for model in known_models()}


def test_the_seeds_names():
    """File names follow the model's own, as the guide writes them."""
    assert file_name("Qwen/Qwen2.5-Coder-1.5B-Instruct", Tier.MVP) == "qwen2.5-coder-1.5b-mvp.playbook.yaml"
    assert file_name("google/gemma-2-2b-it", Tier.QUICK) == "gemma-2-2b.playbook.yaml"
    assert len({base_name(model.model) for model in known_models()}) == len(known_models())
