"""The families hold together: names, shapes and transforms are those of real models."""

from __future__ import annotations

import json
import math
import subprocess
from pathlib import Path

import gguf
import pytest

from apr_qa.catalog.expressions import evaluate
from apr_qa.catalog.families import family_for, family_specs, numbers, parse_family
from apr_qa.errors import InputError
from apr_qa.weights import read_header

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "tests" / "fixtures" / "families"
SPECS = family_specs()
ASKED = {"bert", "deepseek", "falcon_h1", "gemma", "gpt2", "llama", "mamba", "mistral", "moonshine", "openelm", "phi"}
ASKED |= {"qwen2", "qwen3", "qwen3_5", "rwkv7", "whisper"}
ASKED |= {"granite", "internlm2", "olmo", "stablelm", "starcoder2", "falcon", "gpt_neox"}


def test_the_families_asked_for_are_there() -> None:
    """Those of the apr-cli crate, and the others that the registry holds."""
    assert set(SPECS) >= ASKED


@pytest.mark.parametrize("name", SPECS)
def test_a_family_is_whole(name: str) -> None:
    """Every expression parses, no role or name stands twice, and what is not known has its reason."""
    spec = SPECS[name]
    names = [tensor.hf for tensor in spec.tensors]
    assert len(set(names)) == len(names)
    assert bool(spec.gguf) != bool(spec.gguf_unknown)
    assert spec.sources
    for tensor in spec.tensors:
        for expression in (*(tensor.shape or ()), *filter(None, (tensor.when, tensor.layers, tensor.count))):
            evaluate(expression, {})
        assert ("{i}" in tensor.hf) == bool(tensor.count)
        assert ("{n}" in tensor.hf) == any("{n}" in written.name for written in tensor.gguf) or not tensor.gguf


def test_no_architecture_belongs_to_two_families() -> None:
    """A config leads to one family."""
    classes = [a for spec in SPECS.values() for a in spec.architectures]
    kinds = [k for spec in SPECS.values() for k in spec.model_types]
    assert len(set(classes)) == len(classes)
    assert len(set(kinds)) == len(kinds)


@pytest.mark.parametrize("name", [n for n, spec in SPECS.items() if spec.gguf])
def test_gguf_names_are_those_of_llama_cpp(name: str) -> None:
    """The gguf library's own tensor map gives the same name, where it knows the tensor."""
    spec = SPECS[name]
    assert spec.gguf is not None
    arch = next(a for a, text in gguf.MODEL_ARCH_NAMES.items() if text == spec.gguf.arch)
    table = gguf.get_tensor_name_map(arch, 2)
    checked = 0
    for tensor in spec.tensors:
        theirs = table.get_name(tensor.hf.replace("{n}", "1").replace("{i}", "0"), try_suffixes=(".weight", ".bias"))
        if theirs is not None and len(tensor.gguf) == 1:
            assert tensor.gguf[0].name.replace("{n}", "1") == theirs
            checked += 1
    assert checked >= 7


@pytest.mark.parametrize("folder", sorted(FIXTURES.iterdir()), ids=lambda p: p.name)
def test_shapes_and_names_are_those_of_real_checkpoints(folder: Path) -> None:
    """Every tensor of a fixture is described, with its shape, and every tensor described without condition is there."""
    config = json.loads((folder / "config.json").read_text())
    spec = family_for(config)
    assert spec is not None
    known = numbers(spec, config)
    header = read_header(folder)
    expected: dict[str, tuple[int, ...]] = {}
    for tensor in spec.tensors:
        for layer in range(known["num_hidden_layers"] if "{n}" in tensor.hf else 1):
            if tensor.when and not evaluate(tensor.when, {**known, "n": layer}):
                continue
            for i in range(evaluate(tensor.count, known) if tensor.count else 1):
                name = tensor.hf.replace("{n}", str(layer)).replace("{i}", str(i))
                expected[name] = tuple(evaluate(part, known) for part in tensor.shape or ())
    assert {name: info.shape for name, info in header.tensors.items()} == expected


def test_nested_configs_and_unknown_ones() -> None:
    """The class decides before the model type; a text model's numbers come from text_config."""
    config = {"architectures": ["Gemma3ForConditionalGeneration"], "text_config": {"num_hidden_layers": 4}}
    spec = family_for(config)
    assert spec is not None
    assert spec.name == "gemma3"
    assert numbers(spec, config)["num_hidden_layers"] == 4
    assert family_for({"model_type": "novel", "architectures": "LlamaForCausalLM"}) is None
    assert family_for({}) is None


def test_falcon_counts_its_key_value_heads() -> None:
    """One for the 7b, as many as declared for the new architecture, all where nothing is shared."""
    spec = SPECS["falcon"]
    small = numbers(spec, {"num_attention_heads": 71, "multi_query": True, "hidden_size": 4544})
    large = numbers(spec, {"n_head": 128, "num_kv_heads": 8, "new_decoder_architecture": True, "hidden_size": 8192})
    plain = numbers(spec, {"n_head": 32, "multi_query": False, "hidden_size": 2048})
    assert [n["num_key_value_heads"] for n in (small, large, plain)] == [1, 8, 32]
    assert math.prod((small["head_dim"], 71)) == 4544


@pytest.mark.parametrize("text", ["__import__('os')", "a.b", "f(1)", "1 if a else 2", "[1]", "a /", "2 ** 9", "'x'"])
def test_an_expression_says_no_more_than_arithmetic(text: str) -> None:
    """Calls, attributes, powers and texts are refused."""
    with pytest.raises(InputError):
        evaluate(text, {"a": 2})


def test_a_name_that_is_missing_makes_the_whole_unknown() -> None:
    """Nothing is guessed: None goes through sums, and `or` falls back on the next."""
    assert evaluate("a * b + 1", {"a": 2}) is None
    assert evaluate("a or b // 4", {"b": 12}) == 3
    assert evaluate("b // a", {"a": 0, "b": 1}) is None
    assert evaluate("not tie and n < 2", {"n": 1}) is True


def test_a_broken_family_file_names_its_field() -> None:
    """A typing error in a family file is an error of input, with its place."""
    data = {"summary": "x", "model_types": ["x"], "architectures": [], "gguf": None, "tensors": [{"role": "q"}]}
    with pytest.raises(InputError, match="constraints"):
        parse_family("x", data)


def test_every_difference_from_aprender_is_explained(tmp_path: Path) -> None:
    """The script passes on contracts that agree, and fails on one that nobody explained."""
    script = ROOT / "scripts" / "validate-aprender-alignment.sh"
    agreeing = """
family: mamba
architectures: [MambaForCausalLM]
constraints: {attention_type: ssm, activation: silu, norm_type: rmsnorm, has_bias: false, tied_embeddings: true,
  positional_encoding: none, mlp_type: gated}
tensor_template: {embed_tokens: backbone.embeddings.weight, norm_f_weight: backbone.norm_f.weight, per_layer: {
  norm_weight: "backbone.layers.{n}.norm.weight", mixer_in_proj: "backbone.layers.{n}.mixer.in_proj.weight",
  mixer_out_proj: "backbone.layers.{n}.mixer.out_proj.weight", conv: "backbone.layers.{n}.mixer.conv1d.weight",
  bias: "backbone.layers.{n}.mixer.conv1d.bias"}}
shape_template: {embed_tokens: "[vocab_size, hidden_dim]"}
"""
    (tmp_path / "mamba.yaml").write_text(agreeing)
    good = subprocess.run([script, tmp_path], capture_output=True, text=True, check=False)
    assert (good.returncode, good.stdout) == (0, "0 differences, 0 of them not explained\n")
    (tmp_path / "mamba.yaml").write_text(agreeing.replace("[vocab_size, hidden_dim]", "[hidden_dim, vocab_size]"))
    bad = subprocess.run([script, tmp_path], capture_output=True, text=True, check=False)
    assert bad.returncode == 1
    assert "shape of backbone.embeddings.weight" in bad.stdout
    assert subprocess.run([script, tmp_path / "none"], capture_output=True, check=False).returncode == 2
