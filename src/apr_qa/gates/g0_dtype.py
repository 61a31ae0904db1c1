"""G0-INTEGRITY-DTYPE: the numbers are stored as declared."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable

from apr_qa.contracts.dtypes import FILE_TYPES
from apr_qa.gates import _draw, _facts, _judging, _model_files, _roles
from apr_qa.vocab.artefacts import Artefact
from apr_qa.vocab.axes import Category, Format, Gateway, Severity
from apr_qa.vocab.gates import Gate, GateSpec
from apr_qa.vocab.plan import Claim
from apr_qa.vocab.verdict import Verdict
from apr_qa.weights import Header, TensorInfo

FULL = frozenset({"f16", "bf16", "f32", "f64"})
UNQUANTISED_SHARE = 0.1
"""Share of a quantised model's matrix elements, embeddings aside, that may be kept at 16 bits or more."""
_DECLARED = {"float16": "f16", "bfloat16": "bf16", "float32": "f32", "float64": "f64", "half": "f16", "float": "f32"}
_NAMES = {"q3_k_m": "q3_k", "q4_k_m": "q4_k", "q4_k_s": "q4_k", "q5_k_m": "q5_k", "q5_k_s": "q5_k", "q4k": "q4_k"}
_SUPERBLOCK = 256


def _judge(artefact: Artefact, header: Header, _claim: Claim) -> Verdict:
    matrices = [info for info in header.tensors.values() if len(info.shape) > 1 and info.size_bytes]
    counts = _elements(matrices)
    detail = {"matrices": dict(counts.most_common())}
    declared = _declared(artefact, header)
    fault = _weights_fault(artefact, header, counts) if not declared else _against(declared, matrices)
    if fault:
        return _judging.fell(fault, declared=declared, **detail)
    said = f"declared {declared}" if declared else "no type is declared"
    return _judging.held(f"matrices are {', '.join(counts)}; {said}", declared=declared, **detail)


def _elements(tensors: Iterable[TensorInfo]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for info in tensors:
        counts[info.dtype] += math.prod(info.shape)
    return counts


def _declared(artefact: Artefact, header: Header) -> str:
    """Return the type that config.json, GGUF's file type or the file's name promises; empty when none does."""
    if artefact.format is Format.SAFETENSORS:
        facts = _facts.facts_of(artefact, header)
        return "" if facts.quantized else _DECLARED.get(facts.dtype.removeprefix("torch."), "")
    file_type = header.metadata.get("general.file_type")
    if isinstance(file_type, int) and file_type in FILE_TYPES:
        return FILE_TYPES[file_type]
    name = artefact.quantization.lower()
    return _NAMES.get(name, name)


def _weights_fault(artefact: Artefact, header: Header, counts: Counter[str]) -> str:
    """Return what is wrong when nothing is declared: SafeTensors of integers need a quantization_config."""
    if artefact.format is not Format.SAFETENSORS or _facts.facts_of(artefact, header).quantized:
        return ""
    strange = [dtype for dtype in counts if dtype not in FULL]
    return f"matrices of {strange[0]}, and config.json declares no quantisation" if strange else ""


def _against(declared: str, matrices: list[TensorInfo]) -> str:
    """Return how the matrices break the declaration, empty when they keep it."""
    inner = [info for info in matrices if (p := _roles.place(info)) is None or p.layer is not None] or matrices
    counts = _elements(inner)
    if declared in FULL:
        top = counts.most_common(1)[0][0]
        return "" if top == declared else f"{declared} is declared, most matrices are {top}"
    # Rows that do not fill the blocks of a K type are stored in another, as llama.cpp does.
    fits = [i for i in inner if not declared.endswith("_k") or i.shape[-1] % _SUPERBLOCK == 0]
    if fits and all(info.dtype != declared for info in fits):
        return f"{declared} is declared, no matrix is of that type"
    kept = sum(n for dtype, n in counts.items() if dtype in FULL)
    share = kept / max(1, sum(counts.values()))
    return (
        f"{declared} is declared, {share:.0%} of the layers' elements are not quantised"
        if share > UNQUANTISED_SHARE
        else ""
    )


GATE = Gate(
    spec=GateSpec(
        id="G0-INTEGRITY-DTYPE",
        claim="The tensors are stored in the number type that the model declares; none fell back silently.",
        category=Category.COMP,
        gateway=Gateway.G0,
        severity=Severity.P0,
        weight=0.25,
        remedy="Convert again and read the converter's output: a fall-back to another type, or a wrong declaration.",
    ),
    draw=_draw.per_format,
    judge=_model_files.on_header(_judge),
)
