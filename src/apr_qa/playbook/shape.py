"""The shape of a playbook file: every key that may stand in one, with its bounds."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from annotated_types import Ge, Le, MinLen
from pydantic import BeforeValidator, Field, StringConstraints

from apr_qa.playbook.sections import (
    ContractTests,
    Conversions,
    DifferentialTests,
    FalsificationGate,
    KernelProfile,
    OllamaParity,
    ProfileCi,
    PropertyTests,
    TracePayload,
)
from apr_qa.playbook.state_machine import StateMachine
from apr_qa.playbook.words import Label, Policy, Repo, Section, Size, Text, Truth
from apr_qa.vocab.axes import Backend, Format, Modality, Tier

Quantization = Literal["f32", "f16", "bf16", "q8_0", "q6_k", "q5_k_m", "q5_0", "q4_k_m", "q4_0", "q3_k_m", "q2_k"]
OracleName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Dimension = Annotated[int, Ge(1), Le(1 << 31)]
Tokens = Annotated[int, Ge(1), Le(4096)]


class Model(Section):
    """Which model, and what it must look like."""

    hf_repo: Repo
    revision: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._/-]{0,100}$")] = ""
    local_path: Label | None = None
    formats: Annotated[tuple[Format, ...], MinLen(1)] = tuple(Format)
    quantizations: tuple[Quantization, ...] = ()
    size_category: Size = None
    family: Label | None = None
    size_variant: Label | None = None
    expected_hidden_dim: Dimension | None = None
    expected_num_layers: Dimension | None = None
    expected_num_heads: Dimension | None = None
    expected_num_kv_heads: Dimension | None = None
    expected_vocab_size: Dimension | None = None
    expected_intermediate_dim: Dimension | None = None


class PromptEntry(Section):
    """A prompt with what is known about its answer."""

    text: Text
    oracle: OracleName | None = None
    config: dict[str, Any] = Field(default={})
    max_tokens: Tokens | None = None


def _prompt(value: Any) -> Any:
    return {"text": value} if isinstance(value, str) else value


AnyPrompt = Annotated[PromptEntry, BeforeValidator(_prompt, json_schema_input_type=Text | PromptEntry)]


class TestMatrix(Section):
    """The cells and how many scenarios each gets."""

    modalities: Annotated[tuple[Modality, ...], MinLen(1)] = tuple(Modality)
    backends: Annotated[tuple[Backend, ...], MinLen(1)] = tuple(Backend)
    scenario_count: Annotated[int, Ge(1), Le(1000)] = 100
    prompts: Annotated[tuple[AnyPrompt, ...], MinLen(1)] | None = None
    seed: Annotated[int, Ge(0), Le(1 << 53)] = 42
    timeout_ms: Annotated[int, Ge(1000), Le(3_600_000)] = 60_000
    max_tokens: Tokens = 32


class GatewaySwitches(Section):
    """Gateways that may be switched off; the claim is then narrowed."""

    g0_integrity: Truth = True
    g1_model_loads: Truth = True
    g2_basic_inference: Truth = True
    g3_no_crashes: Truth = True
    g4_output_quality: Truth = True


class OracleEntry(Section):
    """An oracle with its configuration."""

    type: OracleName
    config: dict[str, Any] = Field(default={})


class MatrixEntry(Section):
    """A prompt for one cell."""

    format: Format
    backend: Backend
    modality: Modality
    prompt: Text


class VerificationTest(Section):
    """A named question for one format, or a comparison of formats."""

    name: Label
    type: Literal["answer", "differential"] = "answer"
    format: Format | None = None
    formats: tuple[Format, ...] = ()
    prompt: Text
    expect: Label | None = None
    tolerance: Label | float | None = None


class GoldenAnswer(Section):
    """An answer that must come again."""

    prompt: Text
    answer: Text


class PlaybookFile(Section):
    """All of a playbook file."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,127}$")]
    version: Annotated[str, StringConstraints(pattern=r"^[0-9]+\.[0-9]+\.[0-9]+$")]
    description: Annotated[str, StringConstraints(max_length=500)] = ""
    tier: Tier | None = None
    model: Model
    test_matrix: TestMatrix
    gates: GatewaySwitches = GatewaySwitches()
    oracles: tuple[OracleEntry, ...] = ()
    failure_policy: Policy | None = None
    mvp_matrix: tuple[MatrixEntry, ...] = ()
    verification_tests: tuple[VerificationTest, ...] = ()
    golden: tuple[GoldenAnswer, ...] | None = None
    property_tests: PropertyTests | None = None
    falsification_gates: tuple[FalsificationGate, ...] | None = None
    state_machine: StateMachine | None = None
    differential_tests: DifferentialTests | None = None
    profile_ci: ProfileCi | None = None
    trace_payload: TracePayload | None = None
    contract_tests: ContractTests | None = None
    conversions: Conversions | None = None
    ollama_parity: OllamaParity | None = None
    kernel_profile: KernelProfile | None = None
    metadata: dict[str, Any] = Field(
        default={}, description="Free notes. `tier` is read when neither `tier` nor the name's ending gives one."
    )


SECTIONS = (
    "golden",
    "property_tests",
    "falsification_gates",
    "state_machine",
    "differential_tests",
    "profile_ci",
    "trace_payload",
    "contract_tests",
    "conversions",
    "ollama_parity",
    "kernel_profile",
    "metadata",
)
"""Sections kept as plain data in `Playbook.extras`."""
