"""Every family agrees with transformers to 2e-5 in log-probability, and generates the same greedy text."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from apr_qa.reference import Model, UnsupportedModel
from apr_qa.reference.families import FAMILIES
from apr_qa.reference.sampling import log_softmax

FIXTURES = Path(__file__).parent.parent / "fixtures" / "families"
NAMES = sorted(folder.name for folder in FIXTURES.iterdir())
TOLERANCE = 2e-5
SIZE_LIMIT_BYTES = 300_000


def changed(tmp_path: Path, name: str, **changes: object) -> Path:
    """Return a copy of fixture `name` with config keys replaced; None takes a key away."""
    folder = tmp_path / name
    shutil.copytree(FIXTURES / name, folder)
    config = json.loads((folder / "config.json").read_text())
    config.update(changes)
    config = {key: value for key, value in config.items() if value is not None}
    (folder / "config.json").write_text(json.dumps(config))
    return folder


@pytest.mark.parametrize("name", NAMES)
def test_logits_agree_with_transformers(name: str) -> None:
    """The whole distribution at every position, far from flat, is that of the golden."""
    golden = np.load(FIXTURES / name / "golden.npz")
    ours = log_softmax(Model.load(FIXTURES / name).logits(golden["tokens"].tolist()))
    theirs = log_softmax(golden["logits"])
    assert np.abs(ours - theirs).max() < TOLERANCE
    assert golden["logits"].std() > 0.5


@pytest.mark.parametrize("name", NAMES)
def test_generation_agrees_with_transformers(name: str) -> None:
    """Greedy generation through the cache gives the golden's tokens, past every sliding window."""
    golden = np.load(FIXTURES / name / "golden.npz")
    new = Model.load(FIXTURES / name).generate(golden["tokens"][:8].tolist(), len(golden["greedy"]))
    assert new == golden["greedy"].tolist()


@pytest.mark.parametrize("name", NAMES)
def test_a_family_is_its_own(name: str, tmp_path: Path) -> None:
    """The golden tells this model from one with a wrong rope: agreement is no accident."""
    golden = np.load(FIXTURES / name / "golden.npz")
    key = "rotary_emb_base" if name.startswith("gpt_neox") else "rope_theta"
    model = Model.load(changed(tmp_path, name, **{key: 777.0}))
    theirs = log_softmax(golden["logits"])
    assert np.abs(log_softmax(model.logits(golden["tokens"].tolist())) - theirs).max() > 100 * TOLERANCE


def test_every_family_has_a_small_fixture() -> None:
    """A family counts only with a fixture, and a fixture is at most 300 kB."""
    types = {json.loads((FIXTURES / name / "config.json").read_text())["model_type"] for name in NAMES}
    assert types == set(FAMILIES)
    for name in NAMES:
        assert sum(file.stat().st_size for file in (FIXTURES / name).iterdir()) <= SIZE_LIMIT_BYTES


def test_chunks_and_cache_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A prompt in pieces gives the logits of the prompt at once."""
    golden = np.load(FIXTURES / "gemma2" / "golden.npz")
    model = Model.load(FIXTURES / "gemma2")
    whole = model.logits(golden["tokens"].tolist())
    monkeypatch.setattr("apr_qa.reference.model.CHUNK", 5)
    np.testing.assert_allclose(model.logits(golden["tokens"].tolist()), whole, atol=TOLERANCE)


@pytest.mark.parametrize("name", ["llama", "llama3-rope", "qwen2-window-yarn", "phi", "phi3-longrope"])
def test_nested_rope_parameters_mean_the_same(name: str, tmp_path: Path) -> None:
    """A config as transformers 5 writes it, with only rope_parameters, gives the same logits."""
    config = json.loads((FIXTURES / name / "config.json").read_text())
    nested = {"rope_type": "default", **config.get("rope_scaling", {}), "rope_theta": config["rope_theta"]}
    if "partial_rotary_factor" in config:
        nested["partial_rotary_factor"] = config["partial_rotary_factor"]
    folder = changed(
        tmp_path, name, rope_theta=None, rope_scaling=None, partial_rotary_factor=None, rope_parameters=nested
    )
    tokens = np.load(FIXTURES / name / "golden.npz")["tokens"].tolist()
    np.testing.assert_array_equal(Model.load(folder).logits(tokens), Model.load(FIXTURES / name).logits(tokens))


REFUSED: dict[str, tuple[str, dict[str, object], str]] = {
    "unknown model type": ("llama", {"model_type": "mamba"}, "model_type 'mamba'"),
    "no model type": ("llama", {"model_type": None}, "model_type None"),
    "another head": ("llama", {"architectures": ["LlamaForSequenceClassification"]}, "architectures"),
    "unknown rope type": ("llama", {"rope_scaling": {"rope_type": "dynamic", "factor": 2.0}}, "dynamic"),
    "two rope types": ("llama", {"rope_scaling": {"rope_type": "linear", "type": "yarn", "factor": 2.0}}, "two rope"),
    "rope without a type": ("llama", {"rope_scaling": {"factor": 2.0}}, "without naming"),
    "rope without its factor": ("llama", {"rope_scaling": {"rope_type": "linear"}}, "factor"),
    "rope factor as text": ("llama", {"rope_scaling": {"rope_type": "linear", "factor": "2"}}, "factor"),
    "rope key unknown": ("llama", {"rope_scaling": {"type": "linear", "factor": 2.0, "mscale": 1}}, "mscale"),
    "rope stated twice": ("llama", {"rope_parameters": {"rope_theta": 5.0}}, "two values"),
    "rope nested without theta": ("qwen2", {"rope_theta": None, "rope_parameters": {"rope_type": "default"}}, "theta"),
    "no theta at all": ("qwen2", {"rope_theta": None}, "rope_theta"),
    "rope by layer type": ("llama", {"rope_parameters": {"full_attention": {"rope_theta": 1e4}}}, "one plain set"),
    "no epsilon": ("llama", {"rms_norm_eps": None}, "rms_norm_eps"),
    "unknown activation": ("llama", {"hidden_act": "mish"}, "mish"),
    "two activations": ("gemma2", {"hidden_act": "gelu_pytorch_tanh", "hidden_activation": "silu"}, "silu"),
    "quantised": ("llama", {"quantization_config": {"bits": 4}}, "quantization_config"),
    "experts": ("mistral", {"num_local_experts": 8}, "num_local_experts"),
    "heads that do not group": ("llama", {"num_key_value_heads": 3}, "multiple"),
    "a tensor missing": ("llama", {"num_hidden_layers": 4}, "missing"),
    "a tensor left over": ("llama", {"num_hidden_layers": 2}, "no place"),
    "a tensor misshapen": ("llama", {"intermediate_size": 64}, "shape"),
    "biases not declared": ("llama-bias-tied", {"attention_bias": False}, "no place"),
    "tied and stored apart": ("llama", {"tie_word_embeddings": True}, "ties"),
    "odd rotary size": ("phi", {"partial_rotary_factor": 0.4}, "paired"),
    "normed q and k": ("phi", {"qk_layernorm": True}, "qk_layernorm"),
    "layer kinds unknown": ("gemma2", {"layer_types": ["linear_attention"] * 3}, "layer_types"),
    "short list of factors": (
        "phi3-longrope",
        {"rope_scaling": {"type": "longrope", "short_factor": [1.0], "long_factor": [1.0]}},
        "short_factor",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_not_known_is_refused(case: str, tmp_path: Path) -> None:
    """The refusal names what it is about."""
    name, changes, problem = REFUSED[case]
    with pytest.raises(UnsupportedModel, match=problem):
        Model.load(changed(tmp_path, name, **changes))


def test_explicit_layer_types_are_obeyed(tmp_path: Path) -> None:
    """Gemma 2 with its windows spelt out is the same; with all layers full it is not."""
    tokens = np.load(FIXTURES / "gemma2" / "golden.npz")["tokens"].tolist()
    plain = Model.load(FIXTURES / "gemma2").logits(tokens)
    kinds = ["sliding_attention", "full_attention", "sliding_attention"]
    same = Model.load(changed(tmp_path / "same", "gemma2", layer_types=kinds)).logits(tokens)
    np.testing.assert_array_equal(same, plain)
    other = Model.load(changed(tmp_path / "other", "gemma2", layer_types=["full_attention"] * 3)).logits(tokens)
    assert np.abs(other - plain).max() > 0.1


def test_a_llama_2_config_without_theta_has_the_documented_one(tmp_path: Path) -> None:
    """Llama 2 configs are older than rope_theta; the class documents 10000."""
    tokens = np.load(FIXTURES / "llama" / "golden.npz")["tokens"].tolist()
    model = Model.load(changed(tmp_path, "llama", rope_theta=None))
    np.testing.assert_array_equal(model.logits(tokens), Model.load(FIXTURES / "llama").logits(tokens))
