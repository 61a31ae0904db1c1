"""Measures how far clean conversions stray, per stored type: ``python tools/calibrate_envelopes.py [--write]``.

Matrices of several distributions are quantised by llama.cpp's own ``ggml_quantize_chunk`` (exported by the xllamacpp
wheel), F16 by NumPy; the shipped tiny models go through the same. The most that one set of seeds shows, times a margin,
becomes the envelope; another set of seeds is then held against it, and every alarm is printed.
"""

from __future__ import annotations

import argparse
import ctypes
import json
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import numpy as np
import numpy.typing as npt
import xllamacpp
from gguf import GGMLQuantizationType
from gguf.quants import dequantize

from apr_qa.contracts.fingerprint import pool
from apr_qa.contracts.scan import signs
from apr_qa.weights import open_weights
from apr_qa.weights.dtypes import BLOCKS

Floats = npt.NDArray[np.float32]
ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "src" / "apr_qa" / "contracts" / "envelopes.json"
SEEDS, HELD_OUT = range(40), range(1000, 1040)
MARGINS = {"residual": 1.5, "peak": 1.5, "gain": 2.0, "norm": 2.0, "sketch": 2.5}
POOLS = 32
FLOORS = {"residual": 1e-7, "peak": 1e-3, "gain": 1e-5, "norm": 1e-5, "sketch": 1e-4}
"""Below these lie the rounding of a float32 fingerprint, and F16's smallest numbers in units of tiny values."""
UNITS = {name: BLOCKS[name][0] for name in ("q4_0", "q4_1", "q5_0", "q5_1", "q8_0")} | dict.fromkeys(
    ("q2_k", "q3_k", "q4_k", "q5_k", "q6_k"), 256
)


def matrices(seed: int) -> Iterator[Floats]:
    """Yields matrices as weights look: bell-shaped, heavy-tailed, with loud columns or rows, flat."""
    draw = np.random.default_rng(seed)
    rows, columns = int(draw.choice([64, 128, 256])), int(draw.choice([256, 512, 1024]))
    bell = draw.normal(0, 0.02, (rows, columns))
    yield bell.astype(np.float32)
    yield (draw.standard_t(3, (rows, columns)) * 0.02).astype(np.float32)
    yield draw.uniform(-0.05, 0.05, (rows, columns)).astype(np.float32)
    loud = bell.copy()
    loud[:, draw.integers(columns, size=4)] *= 20
    loud[draw.integers(rows, size=2)] *= 10
    yield loud.astype(np.float32)


def tiny() -> Iterator[Floats]:
    """Yields the matrices of the shipped models."""
    for folder in sorted((ROOT / "models").glob("*/safetensors")):
        with open_weights(folder) as weights:
            for name, info in weights.tensors.items():
                if len(info.shape) == 2:
                    yield weights.read(name)


def bf16(values: Floats) -> Floats:
    """Rounds to BF16, as published weights are."""
    bits = values.view(np.uint32)
    half = np.uint32(0x7FFF) + ((bits >> np.uint32(16)) & np.uint32(1))
    return ((bits + half) & np.uint32(0xFFFF0000)).view(np.float32)


def quantizer() -> ctypes._NamedFuncPointer:
    """Returns llama.cpp's quantiser of rows."""
    library = next(Path(xllamacpp.__file__).parent.glob("xllamacpp*.so"))
    function = ctypes.CDLL(str(library)).ggml_quantize_chunk
    function.restype = ctypes.c_size_t
    long, pointer = ctypes.c_int64, ctypes.c_void_p
    function.argtypes = [ctypes.c_int, pointer, pointer, long, long, long, pointer]
    return function


def stored(values: Floats, dtype: str, quantize: ctypes._NamedFuncPointer) -> Floats:
    """Returns what a clean conversion to `dtype` reads back as."""
    if dtype == "f16":
        return values.astype(np.float16).astype(np.float32)
    if dtype == "bf16":
        return bf16(values)
    block, size = BLOCKS[dtype]
    kind = GGMLQuantizationType[dtype.upper()]
    rows, columns = values.shape
    out = np.zeros((rows, columns // block * size), dtype=np.uint8)
    values = np.ascontiguousarray(values)
    written = quantize(kind.value, values.ctypes.data, out.ctypes.data, 0, rows, columns, None)
    assert written == out.size, dtype
    return np.asarray(dequantize(out, kind), dtype=np.float32)


def measures(true: Floats, read: Floats, unit: int) -> dict[str, float]:
    """Returns the five measures of one conversion, as `contracts.compare` and `contracts.fingerprint` take them."""
    wide, difference = true.astype(np.float64), read.astype(np.float64) - true
    width = unit or true.shape[1]
    floor = np.abs(true).max() * (1e-3 if unit else 1)
    runs = [(c, min(c + width, true.shape[1])) for c in range(0, true.shape[1], width)]
    peak = max(
        (np.abs(difference[:, a:b]).max(axis=1) / np.maximum(np.abs(true[:, a:b]).max(axis=1), floor)).max()
        for a, b in runs
    )
    return {
        "residual": float(np.linalg.norm(difference) / np.linalg.norm(wide)),
        "peak": float(peak),
        "gain": abs(float((wide * read).sum() / (wide * wide).sum()) - 1),
        **_printed(wide, difference),
    }


def _printed(true: npt.NDArray[np.float64], difference: npt.NDArray[np.float64]) -> dict[str, float]:
    norm, worst = np.linalg.norm(true), 0.0
    for axis, count in ((1, len(true)), (0, true.shape[1])):
        lying = pool(count, POOLS)
        before, after = (
            np.sqrt(np.bincount(lying, weights=np.square(v).sum(axis=axis), minlength=POOLS))
            for v in (true, true + difference)
        )
        worst = max(worst, float(np.abs(after - before).max() / norm * np.sqrt(POOLS)))
    given = signs(*true.shape)
    sketch = np.einsum("ik,ik->k", difference @ given.columns[:, 1:], given.rows[:, 1:])
    return {"norm": worst, "sketch": float(np.abs(sketch).max() / norm)}


def main() -> None:
    """Measures, checks, prints, and writes when asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help=f"write {TARGET.relative_to(ROOT)}")
    arguments = parser.parse_args()
    quantize = quantizer()
    types = {}
    for dtype in ("f16", "bf16", *UNITS):
        unit = UNITS.get(dtype, 32)

        def of(values: Floats, dtype: str = dtype, unit: int = unit) -> dict[str, float]:
            true = values if dtype in ("f16", "bf16") else bf16(values)
            return measures(true, stored(true, dtype, quantize), unit)

        shipped = [of(m) for m in tiny() if m.shape[1] % unit == 0]
        seen = [of(m) for seed in SEEDS for m in matrices(seed)] + shipped
        most = {key: max(m[key] for m in seen) for key in seen[0]}
        types[dtype] = {"unit": unit} | {k: max(FLOORS[k], float(f"{MARGINS[k] * v:.3g}")) for k, v in most.items()}
        fresh = [of(m) for seed in HELD_OUT for m in matrices(seed)]
        alarms = [(k, m[k]) for m in fresh for k in m if m[k] > types[dtype][k]]
        print(f"{dtype:5} {alarms or 'no'} alarms in {len(fresh)} fresh conversions; {types[dtype]}", flush=True)
    if arguments.write:
        TARGET.write_text(json.dumps(document(types), indent=2) + "\n", encoding="utf-8")


def document(types: dict[str, dict[str, float]]) -> dict[str, object]:
    """Returns the envelopes with what nothing here writes, and where all of it comes from."""
    exact = {"unit": 32} | FLOORS | {"peak": 1e-6}
    step = 1 / 254
    q8 = types["q8_0"] | {"unit": 0, "peak": round(MARGINS["peak"] * step, 5), "residual": 0.1, "provisional": True}
    provisional = {"apr_q4": types["q4_0"] | {"provisional": True}, "apr_q8": q8}
    kept = json.loads(TARGET.read_text(encoding="utf-8")) if TARGET.is_file() else {"types": {}}
    measured = {name: kept["types"][name] for name in provisional if not kept["types"].get(name, q8).get("provisional")}
    if measured:  # by tools/calibrate_apr_types.py, with a program that this one does without
        return {**kept, "types": {"exact": exact} | types | measured}
    return {
        "how": "tools/calibrate_envelopes.py: the most that clean conversions showed, times a margin",
        "margins": MARGINS,
        "seeds": [SEEDS.start, SEEDS.stop],
        "held_out": [HELD_OUT.start, HELD_OUT.stop],
        "versions": {name: version(name) for name in ("numpy", "gguf", "xllamacpp")},
        "provisional": "apr_q4 has the layout of q4_0 and its envelope; apr_q8 shares one scale of 1/127 of the largest"
        " value, so that half a step bounds its error, and its residual was not measured",
        "types": {"exact": exact} | types | provisional,
    }


if __name__ == "__main__":
    main()
