from __future__ import annotations

import hashlib

import pytest

from apr_qa.errors import InputError
from apr_qa.playbook.load import load_playbook, parse_playbook
from apr_qa.vocab.axes import Backend, FailurePolicy, Format, Modality, SizeClass, Tier
from apr_qa.vocab.scenario import OracleSpec

from . import playbook_shapes

MINIMAL = """\
name: some-1.5b
version: 1.0.0
model: {hf_repo: some-org/Some-1.5B}
test_matrix: {}
"""


def parse(extra: str = "", base: str = MINIMAL):
    return parse_playbook(base + extra, source="here.yaml")


@pytest.mark.parametrize("name", playbook_shapes.SHAPES)
def test_every_shape_found_in_the_field_loads(name):
    """Playbooks of all twelve shapes of the original are understood."""
    playbook = parse_playbook(playbook_shapes.text_of(name), source=name)
    assert playbook.name == name
    assert playbook.model.hf_repo == "some-org/Some.Model-1.5B"
    assert playbook.matrix.scenario_count == 2


def test_every_field_of_a_full_playbook_arrives():
    """Values come through with their types, sections as plain data with defaults filled in."""
    playbook = parse_playbook(playbook_shapes.text_of("some-1.5b-kernel-mvp"), source="x")
    model, matrix = playbook.model, playbook.matrix
    assert (model.quantizations, model.size_category, model.family) == (("q4_k_m", "q8_0"), SizeClass.SMALL, "qwen2")
    assert (model.expected_hidden_dim, model.expected_vocab_size) == (1536, 151936)
    assert matrix.modalities == (Modality.RUN, Modality.CHAT)
    assert matrix.backends == (Backend.CPU,)
    assert (matrix.seed, matrix.timeout_ms) == (42, 90_000)
    assert matrix.prompts == ("What is 2+2?", "fn main() {", "a: b # no comment")
    assert playbook.failure_policy is FailurePolicy.COLLECT_ALL
    assert playbook.oracles[0] == OracleSpec(name="arithmetic", config={"tolerance": 0.01})
    assert playbook.extras["contract_tests"] == {"invariants": ["I-2", "I-3"]}
    assert playbook.extras["profile_ci"]["assertions"] == {"min_throughput_cpu": 3.0, "min_throughput_gpu": 0.0}


def test_a_float_without_a_dot_is_a_number():
    """`1e-5` means what it says."""
    playbook = parse_playbook(playbook_shapes.text_of("some-1.5b-ci"), source="x")
    assert playbook.extras["differential_tests"]["inference_compare"]["tolerance"] == 1e-5


def test_the_settings_of_every_oracle_are_kept():
    """What a playbook says to an oracle, garbage included, reaches the plan."""
    oracles = parse_playbook(playbook_shapes.text_of("some-1.5b-mvp"), source="x").oracles
    assert {oracle.name: oracle.config for oracle in oracles} == {
        "arithmetic": {"tolerance": 0.01},
        "garbage": {"max_repetition_ratio": 0.3, "min_unique_chars": 10},
        "code_syntax": {"languages": ["python", "rust"]},
        "response": {"min_relevance": 0.3},
    }


def test_a_minimal_playbook_gets_the_documented_defaults():
    """What is left out has one documented meaning."""
    playbook = parse()
    assert playbook.model.formats == tuple(Format)
    assert (playbook.matrix.scenario_count, playbook.matrix.seed, playbook.matrix.timeout_ms) == (100, 42, 60_000)
    assert playbook.failure_policy is None
    assert playbook.gates == {}
    assert playbook.extras == {}


@pytest.mark.parametrize("written", ["fail_fast", "fail-fast"])
def test_both_spellings_of_a_policy_are_understood(written):
    """Hyphens and underscores mean the same policy."""
    assert parse(f"failure_policy: {written}\n").failure_policy is FailurePolicy.FAIL_FAST


@pytest.mark.parametrize(("written", "off"), [('"false"', True), ("off", True), ("no", True), ('"true"', False)])
def test_switches_are_understood_in_all_spellings(written, off):
    """A gateway is switched off by false, no or off, in quotes or not."""
    assert parse(f"gates: {{g3_no_crashes: {written}}}\n").gates == ({"G3": False} if off else {})


def test_size_auto_means_unknown():
    """`auto` leaves the size to the number of parameters."""
    text = MINIMAL.replace("Some-1.5B}", "Some-1.5B, size_category: auto}")
    assert parse(base=text).model.size_category is None


@pytest.mark.parametrize(
    ("name", "extra", "tier"),
    [
        ("some-1.5b", "tier: smoke\n", Tier.SMOKE),
        ("some-1.5b-mvp", "metadata: {tier: full}\n", Tier.MVP),
        ("some-1.5b", "metadata: {tier: full}\n", Tier.DEEP),
        ("some-1.5b-ci", "", Tier.QUICK),
        ("some-1.5b", "", Tier.DEEP),
    ],
)
def test_the_tier_is_read_from_key_name_metadata_or_size(name, extra, tier):
    """The file's own word for its tier counts, in that order; else the size of its matrix."""
    assert parse(extra, MINIMAL.replace("some-1.5b\n", f"{name}\n")).tier is tier
    assert parse_playbook(MINIMAL, source="x", tier=Tier.QUICK).tier is Tier.QUICK


def test_verification_tests_become_placed_prompts_with_an_expectation():
    """A named test asks its format, and 14 is no answer to a question whose answer is 4."""
    text = "verification_tests:\n  - {name: loads, format: apr, prompt: What is 2+2?, expect: '4'}\n"
    playbook = parse(text + "  - {name: same, type: differential, prompt: Hello, tolerance: semantic}\n")
    (placed,) = playbook.matrix.placed
    assert (placed.format, placed.modality, placed.label) == (Format.APR, None, "loads")
    assert playbook.matrix.details["What is 2+2?"].oracle == OracleSpec(name="exact", config={"regex": r"\b4\b"})
    assert any("'same'" in line and "COMP" in line for line in playbook.not_run)


def test_a_kernel_profile_brings_its_prompts_when_none_are_listed():
    """Architecture-specific questions are asked first, then the tier's; long context only when stated."""
    profile = "kernel_profile: {kernel_ops: [GroupedQueryAttention, Rope], long_context: false}\n"
    short = parse(profile).matrix
    assert "What is add(3, 4)?" in short.prompts[2]
    assert "What is 2+2?" in short.prompts
    assert len(parse(profile.replace("false", "true")).matrix.prompts) == len(short.prompts) + 3


def test_prompts_may_carry_oracle_and_limit():
    """A prompt written as a mapping brings its own oracle, configuration and token limit."""
    text = MINIMAL.replace(
        "{}", "{prompts: [Hello, {text: Say Rex, oracle: exact, config: {contains: Rex}, max_tokens: 5}]}"
    )
    matrix = parse(base=text).matrix
    assert matrix.prompts == ("Hello", "Say Rex")
    assert matrix.details["Say Rex"].max_tokens == 5
    assert matrix.details["Say Rex"].oracle == OracleSpec(name="exact", config={"contains": "Rex"})


def test_the_digest_is_that_of_the_file(tmp_path):
    """A playbook knows the SHA-256 of its file and where it came from."""
    path = tmp_path / "a.playbook.yaml"
    path.write_text(MINIMAL)
    playbook = load_playbook(path)
    assert playbook.digest == hashlib.sha256(path.read_bytes()).hexdigest()
    assert playbook.source == str(path)


def test_a_missing_file_is_an_input_error(tmp_path):
    """No such playbook is said with its path."""
    with pytest.raises(InputError, match="no such playbook"):
        load_playbook(tmp_path / "none.yaml")
