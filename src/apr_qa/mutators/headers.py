"""Files that break their own format, and folders that hold what they should not."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

from apr_qa.mutators._apr import set_flags
from apr_qa.mutators._edits import DOWN, UP
from apr_qa.mutators._follow import APR, TRUTH
from apr_qa.mutators._names import gguf_name, in_layer
from apr_qa.mutators._planting import Apply, Plot, raw, weights
from apr_qa.vocab.mutators import Applied, FaultLayer, Mutator, Place

_ALL = (Place.GGUF, Place.APR, Place.SAFETENSORS)
_COLUMN_MAJOR = 0x0400 | 0x0800


def _cut(data: bytearray) -> None:
    del data[len(data) * 9 // 10 :]


def _magic(data: bytearray) -> None:
    data[:4] = b"GGML"


def _at(offset: int, form: str, value: int) -> Callable[[bytearray], None]:
    return lambda data: struct.pack_into(form, data, offset, value)


def _flip_last(data: bytearray) -> None:
    data[-5000] ^= 0xFF


def _same_name(data: bytearray) -> None:
    one, other = gguf_name(in_layer(0, "mlp.up_proj")).encode(), gguf_name(UP).encode()
    place = data.index(one)
    data[place : place + len(one)] = other


def _drop_up(plot: Plot) -> None:
    del plot.tensors[UP]


def _squash(plot: Plot) -> None:
    tensor = plot.tensors[DOWN]
    tensor.shape = tensor.shape[::-1]


def _column_major(folder: Path, _place: Place, _seed: int) -> Applied:
    (file,) = (folder / APR).glob("*.apr")
    set_flags(file, _COLUMN_MAJOR)
    return Applied()


def _add(name: str, content: bytes) -> Apply:
    def apply(folder: Path, _place: Place, _seed: int) -> Applied:
        (folder / TRUTH / name).write_bytes(content)
        return Applied()

    return apply


def _lose(name: str) -> Apply:
    def apply(folder: Path, _place: Place, _seed: int) -> Applied:
        (folder / TRUTH / name).unlink()
        return Applied()

    return apply


def _header(name: str, apply: Apply, summary: str, places: tuple[Place, ...], tensors: tuple[str, ...] = ()) -> Mutator:
    return Mutator(
        name=name,
        layer=FaultLayer.HEADER,
        summary=summary,
        breaks="Some engines refuse the file, some read past its end, some load something else.",
        places=places,
        apply=apply,
        tensors=tensors,
        gateway=True,
    )


def _file(name: str, apply: Apply, summary: str, *words: str) -> Mutator:
    return Mutator(
        name=name,
        layer=FaultLayer.FILES,
        summary=summary,
        breaks="The folder does not hold what an engine needs, or holds something that runs code when it is loaded.",
        places=(Place.SAFETENSORS,),
        apply=apply,
        words=words,
        gateway=True,
    )


MUTATORS = (
    _header("truncated", raw(_cut), "The file is cut at nine tenths.", _ALL),
    _header("wrong-magic", raw(_magic), "The file begins with another magic number.", (Place.GGUF, Place.APR)),
    _header("wrong-version", raw(_at(4, "<I", 99)), "The file claims version 99.", (Place.GGUF,)),
    _header("absurd-count", raw(_at(8, "<Q", 1 << 60)), "The file claims 2^60 tensors.", (Place.GGUF,)),
    _header(
        "absurd-header", raw(_at(0, "<Q", 1 << 62)), "The header claims to be 2^62 bytes long.", (Place.SAFETENSORS,)
    ),
    _header("byte-flipped", raw(_flip_last), "One byte of the data was flipped after writing.", (Place.APR,)),
    _header("column-major-flag", _column_major, "The file says that its tensors are column-major.", (Place.APR,)),
    _header("name-twice", raw(_same_name), "Two tensors have one name.", (Place.GGUF,), (UP, gguf_name(UP))),
    _header(
        "tensor-missing", weights(_drop_up), "One matrix is left out.", (Place.GGUF, Place.APR, Place.TRUTH), (UP,)
    ),
    _header(
        "shape-reversed",
        weights(_squash),
        "The shape of one matrix is written the wrong way round.",
        (Place.GGUF, Place.APR, Place.TRUTH),
        (DOWN,),
    ),
    _file(
        "pickle",
        _add("pytorch_model.bin", b"\x80\x02}q\x00."),
        "A pickle lies beside the weights.",
        "pickle",
        "pytorch_model.bin",
        "code",
    ),
    _file(
        "code",
        _add("modeling_tiny.py", b"print('hello')\n"),
        "Python code lies beside the weights.",
        "code",
        "modeling_tiny.py",
    ),
    _file("tokenizer-lost", _lose("tokenizer.json"), "There is no tokenizer.", "missing"),
    _file("config-lost", _lose("config.json"), "There is no config.json.", "missing"),
    _file("config-torn", _add("config.json", b'{"hidden_size": 25'), "config.json ends in the middle.", "not json"),
)
