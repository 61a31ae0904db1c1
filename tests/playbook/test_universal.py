from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from apr_qa.catalog.tiers import tiers
from apr_qa.files import digest_of
from apr_qa.pipeline.targets import by_name, by_path
from apr_qa.playbook.universal import universal
from apr_qa.vocab.axes import Format, Tier

TINY = Path(__file__).parents[2] / "models" / "tiny"


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


def test_a_universal_playbook_is_reproduced_elsewhere(tmp_path):
    """Its digest is that of what it says: the whole name on the Hub, and of what lies here the name but no folder."""
    tier = tiers()[Tier.MVP]
    one, other, *again = (by_name(name, Tier.MVP)[0].playbook for name in ("one/same", "other/same", "one/same"))
    assert one == again[0]
    assert one.model.hf_repo == "one/same"
    assert one.digest != other.digest
    assert one.digest == digest_of(replace(one, digest=""))
    here, there = tmp_path / "here" / "mine", tmp_path / "there" / "mine"
    for folder in (here, there):
        shutil.copytree(TINY, folder)
    found = [by_path(folder, tier.tier).playbook for folder in (here, there)]
    assert found[0] == found[1]
    assert str(tmp_path) not in str(found)
    renamed = by_path(here.rename(tmp_path / "another"), tier.tier).playbook
    assert renamed.digest != found[0].digest
