from __future__ import annotations

import re
from pathlib import Path

import pytest

from apr_qa.catalog.models import aliases, families, find, known_models
from apr_qa.errors import InputError

CHECKOUT = Path(__file__).parents[2]


def test_the_registry_models_and_the_tiny_ones_are_known():
    """92 models of the Hub and the two of our own, each once, with a readable size."""
    ids = [model.model for model in known_models()]
    assert len(ids) == len(set(ids)) == 94
    assert all(re.fullmatch(r"[\w-]+/[\w.-]+", model) for model in ids)
    assert all(re.fullmatch(r"[0-9.]+[BM]", model.parameters) for model in known_models())


def test_local_models_lie_in_the_checkout():
    """The shipped models are found at the path the catalogue gives."""
    local = [model for model in known_models() if model.local]
    assert [model.family for model in local] == ["tiny", "tiny-llama"]
    assert all((CHECKOUT / model.local / "safetensors" / "config.json").is_file() for model in local)


@pytest.mark.parametrize("model", known_models(), ids=lambda model: model.model)
def test_every_model_is_found_by_id_family_and_size(model):
    """No model is out of reach: its id, its family, its family with size, and its bare name find it."""
    assert find(model.model) == (model,)
    assert model in find(model.family)
    assert model in find(f"{model.family}/{model.parameters.lower()}")
    assert model in find(model.model.partition("/")[2]) or model.model.partition("/")[2] in families()


@pytest.mark.parametrize("alias", sorted(aliases()))
def test_every_alias_finds_models(alias):
    """An alias that leads nowhere would be a trap."""
    assert find(alias)


@pytest.mark.parametrize("hint", ["qwen-coder", "llama", "starcoder", "mistral", "phi", "deepseek", "phi-3", "gemma"])
def test_usual_names_find_their_family(hint):
    """The names that people type are understood, in any case."""
    assert find(hint.upper())


def test_tiny_is_the_first_tiny_model_alone():
    """Family tiny does not take the second architecture along."""
    assert [model.model for model in find("tiny")] == ["apr-qa/tiny"]


@pytest.mark.parametrize(
    ("selector", "says"),
    [
        ("qwen-codr", "did you mean qwen-coder"),
        ("Qwen/Qwen3-0.7B", "did you mean"),
        ("qwen-coder/9B", "sizes 0.5B, 1.5B"),
        ("zzzzzz", "'zzzzzz'"),
        ("", "''"),
        ("../../etc/passwd", "passwd"),
    ],
)
def test_an_unknown_name_is_explained(selector, says):
    """What is not known is said with the nearest name and the command that lists all."""
    with pytest.raises(InputError) as caught:
        find(selector)
    assert says in str(caught.value)
    assert "apr-qa list" in caught.value.remedy
