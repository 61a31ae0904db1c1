"""A playbook: declared intent. Which model, which cells, which questions, which claims."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from apr_qa.vocab.axes import Backend, FailurePolicy, Format, Modality, SizeClass, Tier
from apr_qa.vocab.scenario import OracleSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSpec:
    """Which model, and what it must look like."""

    hf_repo: str
    """`org/name`; for models without a repository `local/name`."""
    revision: str = ""
    local_path: str | None = None
    formats: tuple[Format, ...] = (Format.SAFETENSORS, Format.APR, Format.GGUF)
    quantizations: tuple[str, ...] = ()
    """Quantisations asked for; empty: whatever the files have."""
    size_category: SizeClass | None = None
    family: str | None = None
    size_variant: str | None = None
    expected_hidden_dim: int | None = None
    expected_num_layers: int | None = None
    expected_num_heads: int | None = None
    expected_num_kv_heads: int | None = None
    expected_vocab_size: int | None = None
    expected_intermediate_dim: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """One question with what is known about its answer beforehand."""

    text: str
    oracle: OracleSpec | None = None
    """None: the first oracle that knows this kind of prompt."""
    max_tokens: int | None = None
    """None: the matrix' own limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A prompt that a playbook puts into certain cells; None means: any."""

    prompt: str
    format: Format | None = None
    backend: Backend | None = None
    modality: Modality | None = None
    label: str = ""
    """What the playbook calls it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """The cells and how many scenarios each gets."""

    modalities: tuple[Modality, ...] = tuple(Modality)
    backends: tuple[Backend, ...] = tuple(Backend)
    scenario_count: int = 100
    prompts: tuple[str, ...] = ()
    """Every one of them is asked somewhere. Empty: as many of the tier's prompts as the cells hold."""
    details: Mapping[str, Prompt] = field(default_factory=dict)
    """What is known about a prompt, by its text; most need none."""
    placed: tuple[Placed, ...] = ()
    """Prompts with a cell of their own; they take up the scenarios of that cell first."""
    seed: int = 42
    timeout_ms: int = 60_000
    max_tokens: int = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Playbook:
    """All of it. `extras` holds the sections whose machinery is a gate's or another command's, as plain data."""

    name: str
    version: str = "1.0.0"
    description: str = ""
    tier: Tier
    model: ModelSpec
    matrix: Matrix
    digest: str = ""
    """SHA-256 of the file's bytes, or of the canonical JSON for a playbook without a file."""
    source: str = ""
    """Path of the file, or `family x tier`."""
    gates: Mapping[str, bool] = field(default_factory=dict)
    """Gateway switches by gateway name (`G1`); a gateway switched off is a narrowed claim."""
    oracles: tuple[OracleSpec, ...] = ()
    failure_policy: FailurePolicy | None = None
    extras: Mapping[str, Any] = field(default_factory=dict)
    """property_tests, falsification_gates, state_machine, differential_tests, profile_ci, trace_payload,
    contract_tests, conversions, ollama_parity, kernel_profile, metadata: as loaded, defaults filled in, JSON values."""
    not_run: tuple[str, ...] = ()
    """Parts accepted whose machinery is not built, as `what: reason`; each becomes a `not run:` line of the plan."""
