"""Playbooks of the twelve shapes that are found in the field, put together from blocks written here."""

from __future__ import annotations

_HEAD = """\
name: {name}
version: "1.0.0"
model:
  hf_repo: "some-org/Some.Model-1.5B"
  formats: [safetensors, apr, gguf]
"""
_MODEL = """\
  quantizations:
    - q4_k_m
    - q8_0
  size_category: small
"""
_EXPECTED = """\
  family: qwen2
  size_variant: 1.5b
  expected_hidden_dim: 1536
  expected_num_layers: 28
  expected_num_heads: 12
  expected_num_kv_heads: 2
  expected_intermediate_dim: 8960
  expected_vocab_size: 151936
"""
_MATRIX = """\
test_matrix:
  modalities: [run, chat]
  backends:
    - cpu
  scenario_count: 2
"""
_SEED = "  seed: 42\n  timeout_ms: 90000  # for f16\n"
_PROMPTS = '  prompts:\n    - "What is 2+2?"\n    - "fn main() {"\n    - "a: b # no comment"\n'
BLOCKS = {
    "about": 'description: "Made for a test"\nfailure_policy: collect_all\n',
    "gates": 'gates:\n  g1_model_loads: "true"\n  g2_basic_inference: "true"\n  g3_no_crashes: "True"\n'
    '  g4_output_quality: "on"\n',
    "oracles": "oracles:\n  - type: arithmetic\n    config:\n      tolerance: 0.01\n  - type: garbage\n    config:\n"
    "      max_repetition_ratio: 0.3\n      min_unique_chars: 10\n  - type: code_syntax\n    config:\n"
    "      languages: [python, rust]\n  - type: response\n    config:\n      min_relevance: 0.3\n",
    "contracts": 'contract_tests:\n  invariants: ["I-2", I-3]\n',
    "profile": "profile_ci:\n  enabled: true\n  warmup: 1\n  measure: 2\n  formats: [safetensors, gguf]\n"
    "  backends: [cpu, gpu]\n  assertions:\n    min_throughput_cpu: 3.0\n    min_throughput_gpu: 0.0\n",
    "profile_gates": 'profile_ci:\n  enabled: "true"\n  warmup: 3\n  measure: 10\n  assertions:\n'
    "    min_throughput: 5\n    max_p99_ms: 3000.0\n    max_p50_ms: 900\n  gates: [F-PERF-003]\n",
    "kernel": "kernel_profile:\n  family: qwen2\n  kernel_ops: [GroupedQueryAttention, BiasAdd, Rope]\n"
    "  prompt_count: 3\n  long_context: true\n",
    "property": 'property_tests:\n  - name: sums\n    generator: "arithmetic(a: 1..9)"\n'
    '    oracle: "output.contains(expected)"\n    count: 20\n',
    "compare": '  inference_compare:\n    enabled: true\n    prompt: "What is 2+2?"\n    max_tokens: 10\n'
    "    tolerance: 1e-5\n    gates: [F-ROSETTA-INF-001]\n",
    "fingerprint": '  fingerprint:\n    enabled: "yes"\n    tensors: all\n    stats: [mean, std]\n'
    "    gates: [F-FP-001]\n",
    "tensors": "  tensor_diff:\n    enabled: true\n    filter: layers.0\n    gates: [F-DIFF-001]\n"
    "  validate_stats:\n    enabled: true\n    reference: golden.json\n    tolerance:\n      layernorm: 1e-3\n"
    "      embedding: 0.1\n      attention: 0.01\n    gates: []\n",
    "headers": "  format_validation:\n    enabled: true\n    checks: [dtype_mapping, tensor_alignment]\n"
    "    gates: []\n",
    "trace": 'trace_payload:\n  enabled: "true"\n  prompt: "def fibonacci(n):"\n  gates: [F-TRACE-001]\n',
    "ollama": "ollama_parity:\n  enabled: true\n  model_tag: some:7b\n  quantizations: [q4_k_m, q8_0]\n"
    "  prompts: [Hello]\n  temperature: 0.0\n  min_perf_ratio: 0.8\n  gates: [F-OLLAMA-001]\n",
    "metadata": "metadata:\n  author: a test\n  architecture: qwen2\n  tags: [code, mvp]\n",
    "metadata_tier": "metadata:\n  author: a test\n  tier: full\n  expected_mqs: 900\n  tags: []\n",
}
_DIFFERENTIAL = ("compare", "fingerprint", "tensors", "headers")
_USUAL = ("about", "gates", "oracles")
SHAPES: dict[str, tuple[str, ...]] = {
    "some-1.5b-mvp": ("model", "seed", *_USUAL, "contracts", "profile", "metadata"),
    "some-1.5b-quick": ("oracles", "property", "compare", "trace"),
    "some-1.5b": ("model", "seed", *_USUAL, "compare", "fingerprint", "tensors", "profile_gates", "property", "trace"),
    "some-1.5b-a": ("model", "seed", *_USUAL, *_DIFFERENTIAL, "profile_gates", "property", "trace", "metadata"),
    "some-1.5b-kernel-mvp": ("model", "expected", "seed", "prompts", *_USUAL, "kernel", "contracts", "profile"),
    "some-1.5b-ci": ("model", "compare", "fingerprint", "profile_gates", "property", "trace"),
    "some-1.5b-smoke": ("model", "seed", *_USUAL, "metadata_tier"),
    "other-1.5b-smoke": ("model", "seed", *_USUAL, "metadata"),
    "other-1.5b": ("model", "seed", *_USUAL, *_DIFFERENTIAL, "contracts", "profile_gates", "property", "trace"),
    "other-1.5b-mvp": ("model", "seed", *_USUAL, "contracts", "profile", "metadata_tier"),
    "third-1.5b": ("model", "seed", *_USUAL, *_DIFFERENTIAL, "contracts", "profile_gates", "trace", "metadata"),
    "third-1.5b-full": ("model", "seed", *_USUAL, *_DIFFERENTIAL, "contracts", "profile", "ollama", "metadata_tier"),
}


def text_of(name: str) -> str:
    """Return the YAML text of the shape called `name`."""
    parts = SHAPES[name]
    model = _HEAD.format(name=name) + _MODEL * ("model" in parts) + _EXPECTED * ("expected" in parts)
    matrix = _MATRIX + _SEED * ("seed" in parts) + _PROMPTS * ("prompts" in parts)
    differential = "".join(BLOCKS[part] for part in parts if part in _DIFFERENTIAL)
    rest = "".join(BLOCKS[part] for part in parts if part in BLOCKS and part not in _DIFFERENTIAL)
    return model + matrix + ("differential_tests:\n" + differential if differential else "") + rest
