"""A playbook with every key that a file may have, and how each value may be changed."""

from __future__ import annotations

from typing import Any

FULL: dict[str, Any] = {
    "name": "some-1.5b",
    "version": "1.0.0",
    "description": "all of it",
    "tier": "mvp",
    "model": {
        "hf_repo": "some-org/Some-1.5B",
        "revision": "abc",
        "local_path": "models/some",
        "formats": ["safetensors", "apr", "gguf"],
        "quantizations": ["q4_k_m", "q8_0"],
        "size_category": "small",
        "family": "qwen2",
        "size_variant": "1.5b",
        "expected_hidden_dim": 1,
        "expected_num_layers": 2,
        "expected_num_heads": 3,
        "expected_num_kv_heads": 4,
        "expected_vocab_size": 5,
        "expected_intermediate_dim": 6,
    },
    "test_matrix": {
        "modalities": ["run", "chat", "serve"],
        "backends": ["cpu", "gpu"],
        "scenario_count": 2,
        "prompts": [
            "What is 2+2?",
            "def f(x):",
            "List 3",
            {"text": "Say Rex", "oracle": "exact", "config": {"contains": "Rex"}, "max_tokens": 9},
        ],
        "seed": 42,
        "timeout_ms": 60000,
        "max_tokens": 32,
    },
    "gates": {
        "g0_integrity": True,
        "g1_model_loads": True,
        "g2_basic_inference": True,
        "g3_no_crashes": True,
        "g4_output_quality": True,
    },
    "oracles": [
        {"type": "arithmetic", "config": {"tolerance": 0.5}},
        {"type": "code_syntax", "config": {"languages": ["python"]}},
        {"type": "response", "config": {"min_relevance": 0.2}},
        {"type": "garbage", "config": {"min_unique_chars": 3}},
    ],
    "failure_policy": "collect-all",
    "mvp_matrix": [{"format": "apr", "backend": "cpu", "modality": "run", "prompt": "Placed"}],
    "verification_tests": [
        {"name": "known", "type": "answer", "format": "apr", "prompt": "Known", "expect": "4", "tolerance": 1},
        {"name": "two", "type": "answer", "formats": ["apr", "gguf"], "prompt": "Two", "expect": "2"},
        {
            "name": "same",
            "type": "differential",
            "formats": ["apr"],
            "prompt": "Same",
            "tolerance": "semantic",
            "expect": "x",
        },
    ],
    "golden": [{"prompt": "Golden", "answer": "Yes"}],
    "property_tests": [{"name": "a", "generator": "b", "oracle": "c", "count": 5}],
    "falsification_gates": [{"id": "F-1", "description": "d", "condition": "c", "severity": "P1"}],
    "state_machine": {
        "initial": "idle",
        "states": {
            "idle": {
                "on_enter": "x",
                "on_exit": "y",
                "transitions": [{"event": "go", "target": "idle", "action": "z", "guards": ["g"]}],
            }
        },
    },
    "differential_tests": {
        "format_validation": {"enabled": True, "checks": ["dtype_mapping"], "gates": ["A"]},
        "tensor_diff": {"enabled": True, "filter": "layers", "gates": ["B"]},
        "inference_compare": {"enabled": True, "prompt": "p", "max_tokens": 10, "tolerance": 1e-5, "gates": ["C"]},
        "fingerprint": {"enabled": True, "tensors": "all", "stats": ["mean"], "gates": ["D"]},
        "validate_stats": {
            "enabled": True,
            "reference": "r",
            "tolerance": {"layernorm": 0.1, "embedding": 0.2, "attention": 0.3},
            "gates": ["E"],
        },
    },
    "profile_ci": {
        "enabled": True,
        "warmup": 3,
        "measure": 10,
        "formats": ["gguf"],
        "backends": ["cpu"],
        "assertions": {
            "min_throughput": 1,
            "min_throughput_cpu": 2,
            "min_throughput_gpu": 3,
            "max_p99_ms": 4,
            "max_p50_ms": 5,
        },
        "gates": ["F"],
    },
    "trace_payload": {"enabled": True, "prompt": "p", "gates": ["G"]},
    "contract_tests": {"invariants": ["I-1", "I-2"]},
    "conversions": {"enabled": True, "gates": ["F-CONV-S-A"]},
    "ollama_parity": {
        "enabled": True,
        "model_tag": "t",
        "quantizations": ["q8_0"],
        "prompts": ["p"],
        "temperature": 0.0,
        "min_perf_ratio": 0.8,
        "gates": ["H"],
    },
    "kernel_profile": {"family": "qwen2", "kernel_ops": ["BiasAdd"], "prompt_count": 3, "long_context": True},
    "metadata": {"author": "a", "tags": ["b"]},
}
OTHER_FORMS: dict[str, Any] = {
    **FULL,
    "property_tests": {"enabled": True, "cases": 5, "max_shrink_iters": 6},
    "state_machine": {"enabled": True, "states": ["a"], "transitions": [{"from": "a", "to": "a", "action": "x"}]},
}
OTHER: dict[str, Any] = {
    "name": "other-1.5b",
    "version": "1.0.1",
    "tier": "quick",
    "model.hf_repo": "some-org/Other",
    "model.size_category": "large",
    "test_matrix.scenario_count": 3,
    "verification_tests[1].formats[0]": "safetensors",
    "verification_tests[1].formats[1]": "safetensors",
    "model.quantizations[0]": "q2_k",
    "model.quantizations[1]": "q2_k",
    "test_matrix.prompts[3].oracle": "garbage",
    "failure_policy": "stop-on-first",
    "oracles[0].type": "exact",
    "oracles[1].type": "exact",
    "oracles[2].type": "exact",
    "oracles[3].type": "exact",
    "mvp_matrix[0].format": "gguf",
    "mvp_matrix[0].backend": "gpu",
    "mvp_matrix[0].modality": "chat",
    "verification_tests[0].type": "differential",
    "verification_tests[0].format": "gguf",
    "verification_tests[1].type": "differential",
    "verification_tests[2].type": "answer",
    "verification_tests[2].formats[0]": "gguf",
    "falsification_gates[0].severity": "P2",
    "differential_tests.format_validation.checks[0]": "tensor_alignment",
    "profile_ci.formats[0]": "apr",
    "profile_ci.backends[0]": "gpu",
    "contract_tests.invariants[0]": "I-3",
    "contract_tests.invariants[1]": "I-3",
}
DROPPED = ("model.formats", "test_matrix.modalities", "test_matrix.backends")
"""Lists whose items are changed by leaving one out: every value is there already."""
KEPT = {"state_machine.initial", "state_machine.states.idle.transitions[0].target"}
"""Names of states: changed together with the state itself, as its key."""
