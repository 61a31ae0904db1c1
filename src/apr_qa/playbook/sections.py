"""Sections of a playbook that gates and other commands put into effect."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from annotated_types import Ge, Le
from pydantic import Discriminator, Tag

from apr_qa.playbook.words import Label, Section, Text, Truth
from apr_qa.vocab.axes import Backend, Format, Severity

Count = Annotated[int, Ge(0), Le(1_000_000)]
Share = Annotated[float, Ge(0)]
Gates = tuple[Label, ...]


class PropertyTest(Section):
    """Generated questions with a rule for their answers."""

    name: Label
    generator: Label
    oracle: Label
    count: Count = 100


class PropertyRuns(Section):
    """Property tests switched on as a whole."""

    enabled: Truth = False
    cases: Annotated[int, Ge(1), Le(10_000)] = 100
    max_shrink_iters: Count = 100


class FalsificationGate(Section):
    """A condition in words."""

    id: Label
    description: Label = "-"
    condition: Label
    severity: Severity = Severity.P1


class FormatValidation(Section):
    """Checks of headers and dtypes."""

    enabled: Truth = False
    checks: tuple[Literal["dtype_mapping", "tensor_alignment", "header_integrity"], ...] = ()
    gates: Gates = ()


class TensorDiff(Section):
    """Tensors of two formats side by side."""

    enabled: Truth = False
    filter: Label | None = None
    gates: Gates = ()


class InferenceCompare(Section):
    """The same prompt through two formats."""

    enabled: Truth = False
    prompt: Text | None = None
    max_tokens: Annotated[int, Ge(1), Le(4096)] = 10
    tolerance: Share = 1e-5
    gates: Gates = ()


class Fingerprint(Section):
    """Statistics of tensors."""

    enabled: Truth = False
    tensors: Label = "all"
    stats: tuple[Label, ...] = ("mean", "std", "min", "max", "checksum")
    gates: Gates = ()


class StatsTolerance(Section):
    """Largest deviation by kind of tensor."""

    layernorm: Share = 0.001
    embedding: Share = 0.1
    attention: Share = 0.01


class ValidateStats(Section):
    """Statistics against a reference file."""

    enabled: Truth = False
    reference: Label | None = None
    tolerance: StatsTolerance = StatsTolerance()
    gates: Gates = ()


class DifferentialTests(Section):
    """Formats against each other."""

    format_validation: FormatValidation | None = None
    tensor_diff: TensorDiff | None = None
    inference_compare: InferenceCompare | None = None
    fingerprint: Fingerprint | None = None
    validate_stats: ValidateStats | None = None


class Assertions(Section):
    """Speed that must be reached, in tokens per second and milliseconds; 0 asks nothing."""

    min_throughput: Share | None = None
    min_throughput_cpu: Share | None = None
    min_throughput_gpu: Share | None = None
    max_p99_ms: Share | None = None
    max_p50_ms: Share | None = None


class ProfileCi(Section):
    """How speed is measured, and what it must reach."""

    enabled: Truth = False
    warmup: Count = 3
    measure: Annotated[int, Ge(1), Le(10_000)] = 10
    formats: tuple[Format, ...] = (Format.GGUF, Format.APR, Format.SAFETENSORS)
    backends: tuple[Backend, ...] = (Backend.CPU, Backend.GPU)
    assertions: Assertions = Assertions()
    gates: Gates = ()


class TracePayload(Section):
    """A traced run of one prompt."""

    enabled: Truth = False
    prompt: Text | None = None
    gates: Gates = ()


class ContractTests(Section):
    """Invariants between formats."""

    invariants: tuple[Literal["I-1", "I-2", "I-3", "I-4", "I-5"], ...] = ("I-2", "I-3", "I-4", "I-5")


class Conversions(Section):
    """What the engine makes of the model when it is told to convert."""

    enabled: Truth = True
    gates: Gates = ()


class OllamaParity(Section):
    """The same GGUF through Ollama."""

    enabled: Truth = False
    model_tag: Label | None = None
    quantizations: tuple[Label, ...] = ("q4_k_m",)
    prompts: tuple[Text, ...] = ("What is 2+2?",)
    temperature: Share = 0.0
    min_perf_ratio: Share = 0.8
    gates: Gates = ()


class KernelProfile(Section):
    """Kernels that the architecture exercises."""

    family: Label | None = None
    kernel_ops: tuple[Label, ...] = ()
    prompt_count: Count | None = None
    long_context: Truth = False


def _by_shape(value: Any) -> str:
    return "switch" if isinstance(value, dict) else "list"


PropertyTests = Annotated[
    Annotated[tuple[PropertyTest, ...], Tag("list")] | Annotated[PropertyRuns, Tag("switch")], Discriminator(_by_shape)
]
