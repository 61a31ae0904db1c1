"""G0-INTEGRITY-VALUES: every number is a number, and the tensors are not blanks or copies."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from apr_qa.gates import _draw, _judging, _model_files
from apr_qa.vocab.artefacts import Artefact
from apr_qa.vocab.axes import Category, Gateway, Severity
from apr_qa.vocab.gates import Gate, GateSpec
from apr_qa.vocab.plan import Claim
from apr_qa.vocab.verdict import Verdict
from apr_qa.weights import Header, MalformedWeights, TensorInfo, Weights
from apr_qa.weights.decode import to_float32

CHUNK_ELEMENTS = 1 << 22
"""Elements decoded at once: 16 MB of float32, whatever the size of the tensor."""
SMALLEST_COPY_BYTES = 1024
"""Smaller tensors (a norm of ones, biases) may be equal by chance."""
_WHOLE = ("apr_q4", "apr_q8")
"""Types whose blocks do not follow rows."""
_TABLES = frozenset({"bool", "u8", "i8", "u16", "i16", "u32", "i32", "u64", "i64"})
"""Types of packed weights, zero points and indices: these may well be all the same, and the same in every layer."""
Floats = npt.NDArray[np.float32]


def _judge(artefact: Artefact, header: Header, _claim: Claim) -> Verdict:
    seen: dict[tuple[int, int], str] = {}
    elements = 0
    biases: list[bool] = []
    with Weights(header) as weights:
        for info in header.tensors.values():
            if not info.size_bytes:
                continue
            try:
                fault, count = _fault(weights, info)
            except MalformedWeights as error:
                return _judging.unjudged(f"{info.name} cannot be read as numbers: {error.problem}")
            fault = fault or _copy_of(weights, info, seen)
            if fault:
                return _judging.fell(f"{info.name} {fault}", tensor=info.name, shape=list(info.shape))
            elements += count
            if info.name.endswith(".bias"):
                biases.append(not weights.raw(info.name).any())
    if len(biases) > 1 and all(biases):
        return _judging.fell(
            f"all {len(biases)} biases of the model are zeros: they were lost, or it was never trained"
        )
    return _judging.held(
        f"{elements} numbers in {len(header.tensors)} tensors of {artefact.format}, all finite, no blank, no copy",
        elements=elements,
    )


def _fault(weights: Weights, info: TensorInfo) -> tuple[str, int]:
    """Return what is wrong with the values of a tensor (empty: nothing), and how many were read."""
    low, high, count, bad = np.inf, -np.inf, 0, 0
    for values in _chunks(weights, info):
        finite = np.isfinite(values)
        bad += int(values.size - np.count_nonzero(finite))
        if values.size:
            low, high = min(low, float(values.min())), max(high, float(values.max()))
        count += values.size
    if bad:
        return f"holds {bad} values that are NaN or infinite", count
    if count > 1 and low == high and not _may_be_constant(info, low):
        return f"is {low:g} everywhere", count
    return "", count


def _may_be_constant(info: TensorInfo, value: float) -> bool:
    """Norm weights may all be one (or zero, where one is added), biases zero; a matrix says something."""
    if len(info.shape) > 1 or info.dtype in _TABLES:
        return info.dtype in _TABLES
    return "norm" in info.name or "ln_" in info.name or (info.name.endswith("bias") and value == 0) or value != 0


def _chunks(weights: Weights, info: TensorInfo) -> Iterator[Floats]:
    """Yield the values of a tensor, some rows at a time."""
    rows = info.shape[0] if info.shape else 1
    if info.dtype in _WHOLE or len(info.shape) < 2 or rows == 0:
        yield weights.read(info.name)
        return
    raw = weights.raw(info.name)
    row_bytes, row_elements = info.size_bytes // rows, int(np.prod(info.shape[1:]))
    step = max(1, CHUNK_ELEMENTS // max(1, row_elements))
    for start in range(0, rows, step):
        count = min(step, rows - start)
        part = raw[start * row_bytes : (start + count) * row_bytes]
        try:
            yield to_float32(part, info.dtype, (count, *info.shape[1:]))
        except ValueError as error:
            raise MalformedWeights(info.file, f"tensor {info.name!r}", str(error)) from error


def _copy_of(weights: Weights, info: TensorInfo, seen: dict[tuple[int, int], str]) -> str:
    """Return which matrix this one is a copy of, empty when of none; tied embeddings may be stored twice."""
    if info.size_bytes < SMALLEST_COPY_BYTES or len(info.shape) < 2 or info.dtype in _TABLES:
        return ""
    raw = weights.raw(info.name)
    key = (info.size_bytes, zlib.crc32(raw.data))
    first = seen.setdefault(key, info.name)
    if first == info.name or not np.array_equal(raw, weights.raw(first)):
        return ""
    ends = ("embed", "lm_head", "output.weight", "wte")
    both = all(any(end in name for end in ends) for name in (first, info.name))
    return "" if both else f"is a copy of {first}, bit for bit"


GATE = Gate(
    spec=GateSpec(
        id="G0-INTEGRITY-VALUES",
        claim="Every stored number is finite, no matrix is a blank or a copy of another, and biases are not all zeros.",
        category=Category.STAB,
        gateway=Gateway.G0,
        severity=Severity.P0,
        weight=0.25,
        remedy="Fetch or convert the file again; if it stays so, the training run or the export went wrong.",
    ),
    draw=_draw.per_format,
    judge=_model_files.on_header(_judge),
)
