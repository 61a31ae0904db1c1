from __future__ import annotations

import pytest

from apr_qa.catalog.tiers import tiers
from apr_qa.playbook.universal import universal
from apr_qa.vocab.axes import Format, Tier


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
