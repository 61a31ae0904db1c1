from __future__ import annotations

import pytest

from apr_qa.catalog.models import find, known_models
from apr_qa.catalog.prompts import for_kernel_op
from apr_qa.catalog.tiers import tiers
from apr_qa.playbook.compose import compose, universal
from apr_qa.vocab.axes import Format, Tier


def test_no_two_models_or_tiers_give_the_same_playbook():
    """Every family x size x tier is a playbook of its own."""
    made = [compose(model, tier) for model in known_models() for tier in tiers().values()]
    assert len({playbook.digest for playbook in made}) == len({playbook.name for playbook in made}) == len(made)


def test_a_composed_playbook_asks_all_that_its_tier_asks():
    """Cells and count are the tier's; it has no prompts of its own; the model is the catalogue's."""
    (tiny,) = find("tiny")
    mvp = tiers()[Tier.MVP]
    playbook = compose(tiny, mvp)
    assert (playbook.name, playbook.source) == ("tiny-mvp", "family x tier")
    assert playbook.model.local_path == "models/tiny"
    assert playbook.matrix.prompts == ()
    assert (playbook.matrix.scenario_count, len(mvp.cells)) == (1, 18)
    assert playbook == compose(tiny, mvp)


def test_kernel_sets_are_asked_besides():
    """An architecture's own questions come after the tier's."""
    (tiny,) = find("tiny")
    mvp = tiers()[Tier.MVP]
    special = compose(tiny, mvp, kernel_sets=for_kernel_op("BiasAdd"))
    asked = special.matrix.prompts
    assert asked[: len(mvp.prompts)] == tuple(prompt.text for prompt in mvp.prompts)
    assert len(asked) > len(mvp.prompts)


@pytest.mark.parametrize("tier", list(Tier))
def test_a_model_nobody_described_gets_universal_prompts(tier):
    """Sums, a greeting and a list, each question once, no more than the tier's matrix holds."""
    playbook = universal("My Model!", tiers()[tier], formats=[Format.GGUF])
    prompts = playbook.matrix.prompts
    assert playbook.name == f"my-model-{tier}"
    assert playbook.model.hf_repo == "local/my-model"
    assert playbook.model.formats == (Format.GGUF,)
    assert len(prompts) == len(set(prompts)) <= len(tiers()[tier].cells) * playbook.matrix.scenario_count
    assert {"Hello", "List 3 colors", "What is 2+2?"} <= set(prompts)
