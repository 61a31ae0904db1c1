"""Converted files made here: clean ones by a converter of the tests, harmed ones by changing tensors of a clean one."""

from __future__ import annotations

import ctypes
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import gguf
import numpy as np
import numpy.typing as npt
import xllamacpp
from gguf_converter import convert

from apr_qa.contracts.mapping import Known, correspond, known
from apr_qa.contracts.statistics import Findings, examine
from apr_qa.weights import open_weights
from apr_qa.weights.dtypes import BLOCKS

ROOT = Path(__file__).resolve().parents[2]
MODELS, FAMILIES = ROOT / "models", ROOT / "tests" / "fixtures" / "families"
Floats = npt.NDArray[np.float32]
Tensors = dict[str, Floats]
Harm = Callable[[Tensors], object]
DTYPES = ("f16", "q8_0", "q6_k", "q4_k", "q4_0")


def folder_of(model: str) -> Path:
    """Return the ground truth of a shipped model or of a family's fixture."""
    return MODELS / model / "safetensors" if (MODELS / model).is_dir() else FAMILIES / model


def known_of(model: str) -> Known:
    found = known(json.loads((folder_of(model) / "config.json").read_text()))
    assert found is not None
    return found


@cache
def clean(model: str) -> Mapping[str, Floats]:
    """Return the tensors of a clean conversion: the shipped one, or one to F32 made here."""
    shipped = MODELS / model / "gguf" / "model-f16.gguf"
    if shipped.is_file():
        with open_weights(shipped) as weights:
            return {name: weights.read(name) for name in weights.tensors}
    folder = folder_of(model)
    file = Path(mkdtemp()) / "clean.gguf"
    convert(folder, file, "F32")
    with open_weights(file) as weights:
        found = {name: weights.read(name) for name in weights.tensors}
    file.unlink()
    file.parent.rmdir()
    return found


@cache
def _quantizer() -> Callable[..., int]:
    library = next(Path(xllamacpp.__file__).parent.glob("xllamacpp*.so"))
    function = ctypes.CDLL(str(library)).ggml_quantize_chunk
    function.restype = ctypes.c_size_t
    long, pointer = ctypes.c_int64, ctypes.c_void_p
    function.argtypes = [ctypes.c_int, pointer, pointer, long, long, long, pointer]
    return function


def packed(values: Floats, dtype: str) -> tuple[npt.NDArray[np.uint8], gguf.GGMLQuantizationType]:
    """Return what llama.cpp's quantiser stores; rows that do not fill its blocks become Q8_0."""
    block, size = BLOCKS[dtype]
    if dtype in ("f16", "f32", "bf16"):
        kind = gguf.GGMLQuantizationType[dtype.upper()]
        return gguf.quants.quantize(values, kind), kind
    if values.shape[-1] % block:
        return packed(values, "q8_0" if values.shape[-1] % 32 == 0 else "f16")
    kind = gguf.GGMLQuantizationType[dtype.upper()]
    rows, columns = values.shape
    out = np.zeros((rows, columns // block * size), dtype=np.uint8)
    values = np.ascontiguousarray(values, dtype=np.float32)
    _quantizer()(kind.value, values.ctypes.data, out.ctypes.data, 0, rows, columns, None)
    return out, kind


def write(
    file: Path, tensors: Mapping[str, Floats], dtype: str, file_type: int | None = None, arch: str = "llama"
) -> Path:
    """Write a GGUF file whose matrices are stored as `dtype`."""
    writer = gguf.GGUFWriter(file, arch)
    if file_type is not None:
        writer.add_uint32("general.file_type", file_type)
    for name, values in tensors.items():
        raw, kind = packed(values, dtype if values.ndim > 1 else "f32")
        writer.add_tensor(name, raw, raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return file


def harmed(file: Path, model: str, harm: Harm, dtype: str) -> Path:
    """Write a conversion of `model` to which `harm` was done."""
    tensors = {name: np.array(values) for name, values in clean(model).items()}
    harm(tensors)
    return write(file, tensors, dtype)


def examined(file: Path, model: str) -> Findings:
    """Return what I-4 finds in a file beside the ground truth of `model`."""
    found = known_of(model)
    with open_weights(folder_of(model)) as truth, open_weights(file) as other:
        mapped = correspond(found, truth.header, other.header)
        return examine(truth, other, mapped.pairs, found.numbers)


@dataclass(frozen=True)
class Case:
    """One fault: where, what, and what it must be called."""

    name: str
    model: str
    harm: Harm
    kind: str
    tensor: str
    dtypes: tuple[str, ...] = DTYPES
