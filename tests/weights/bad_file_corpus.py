"""The corpus of malformed weight files, made here: by format, cause by cause.

To the cases that the readers' own tests name come every case that llama.cpp's and the safetensors library's own tests
must reject, the shapes of published attacks, and cuts at every byte.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator

import test_apr_reader
import test_gguf_reader
import test_safetensors_reader
from weight_builders import apr_bytes, apr_tensor, entry, gguf_bytes, gguf_tensor, key_value, safetensors_bytes, text

CUT = "cut"
"""The cause of all truncations, which count as one."""
_A = gguf_tensor("a", [8])
_DATA = bytes(32)
_I8, _U32, _I32, _ARRAY, _STRING = 24, 4, 5, 9, 8
_HUGE = 0x7FFFFFFFFFFFFFC0
_ONE = {"a": entry("F32", [2], 0, 8)}


def _aligned(kind: int, value: bytes) -> bytes:
    return gguf_bytes([key_value("general.alignment", kind, value)], [_A], _DATA)


def _array(kind: int, count: int, items: bytes) -> bytes:
    return struct.pack("<IQ", kind, count) + items


def _pair(kind: int, value: bytes, key: str = "k") -> bytes:
    return gguf_bytes([key_value(key, kind, value)], [_A], _DATA)


def _head(version: int, tensors: int, pairs: int) -> bytes:
    return b"GGUF" + struct.pack("<IQQ", version, tensors, pairs)


def _twins(size: int, second: int) -> bytes:
    twins = [gguf_tensor("a", [size], code=_I8), gguf_tensor("b", [size], code=_I8, offset=second)]
    return gguf_bytes([], twins, bytes(64))


GGUF_SUITE: dict[str, bytes] = {
    "header bad magic": b"FUGG" + _head(3, 0, 0)[4:],
    "header bad version 0": _head(0, 0, 0) + bytes(8),
    "header bad version 1": _head(1, 0, 0) + bytes(8),
    "header bad version of the future": _head(4, 0, 0) + bytes(8),
    "header bad n_tensors": _head(3, (1 << 64) - 1, 0) + bytes(8),
    "header bad n_kv": _head(3, 0, (1 << 64) - 1) + bytes(8),
    "kv bad key size": gguf_bytes([struct.pack("<Q", (1 << 64) - 1) + b"my_key_0"], [_A], _DATA),
    "kv empty key": _pair(_U32, bytes(4), key=""),
    "kv bad type": _pair(13, b"\0"),
    "kv bad value size": _pair(_STRING, struct.pack("<Q", (1 << 64) - 1)),
    "kv duplicate key": gguf_bytes([key_value("my_key_0", _U32, bytes(4))] * 2, [_A], _DATA),
    "kv bad align": _aligned(_U32, struct.pack("<I", 13)),
    "kv wrong type of align": _aligned(_I32, struct.pack("<I", 32)),
    "tensors bad name size": gguf_bytes([], [gguf_tensor("my_tensor_0" + "x" * 70, [8])], _DATA),
    "tensors bad n_dims": gguf_bytes([], [gguf_tensor("a", [8, 1, 1, 1, 1])], _DATA),
    "tensors bad shape": gguf_bytes([], [gguf_tensor("a", [(1 << 64) - 1])], _DATA),
    "tensors zero dim": gguf_bytes([], [gguf_tensor("a", [0])], b""),
    "tensors ne too big": gguf_bytes([], [gguf_tensor("a", [1 << 62, 4])], _DATA),
    "tensors nbytes too big": gguf_bytes([], [gguf_tensor("a", [1 << 61], code=27)], _DATA),
    "tensors bad type": gguf_bytes([], [gguf_tensor("a", [8], code=(1 << 32) - 1)], _DATA),
    "tensors bad offset": gguf_bytes([], [gguf_tensor("a", [8], offset=(1 << 64) - 1)], _DATA),
    "tensors duplicate name": gguf_bytes([], [_A, gguf_tensor("a", [8], offset=32)], bytes(64)),
    "tensors bad align": gguf_bytes([key_value("general.alignment", _U32, struct.pack("<I", 13))], [_A], _DATA),
    "tensors inconsistent align": gguf_bytes([], [_A, gguf_tensor("b", [1], offset=33)], bytes(64)),
    "data not enough": gguf_bytes([], [_A], bytes(31)),
    "data inconsistent align": gguf_bytes([], [_A], _DATA, alignment=1),
    "data size overflow": _twins(_HUGE, _HUGE),
}
"""What llama.cpp's own test of its reader must reject, by its names."""
GGUF_ATTACKS: dict[str, bytes] = {
    "counts whose product wraps to nothing": _head(3, 1 << 59, 1 << 61) + bytes(64),
    "elements just below the end of 64 bits": gguf_bytes([], [gguf_tensor("a", [(1 << 63) - 1, 2], code=_I8)], _DATA),
    "sizes whose sum wraps to nothing": _twins(1 << 62, 1 << 62),
    "padding that wraps": gguf_bytes([], [gguf_tensor("a", [(1 << 63) - 1], code=_I8)], _DATA),
    "a zero dimension in 65 bytes": (_head(3, 1, 0) + gguf_tensor("a", [0, 0, 0]))[:65],
    "alignment a truth value": _aligned(7, b"\1"),
    "alignment an array": _aligned(_ARRAY, _array(_U32, 1, struct.pack("<I", 32))),
    "alignment a float": _aligned(6, struct.pack("<f", 32.0)),
    "an array of 2^40 bytes": _pair(_ARRAY, _array(0, 1 << 40, b"")),
    "two arrays that are too much together": gguf_bytes(
        [key_value(k, _ARRAY, _array(0, 1_500_000, bytes(1_500_000))) for k in "ab"], [_A], _DATA
    ),
    "a million strings, then nothing": gguf_bytes(
        [key_value("k", _ARRAY, _array(_STRING, 10**6, bytes(8 * 10**6)))], [], b""
    ),
    "a string of 17 MB": _pair(_STRING, struct.pack("<Q", 17 << 20) + bytes(17 << 20)),
    "nine dimensions": gguf_bytes([], [gguf_tensor("a", [1] * 9)], _DATA),
    "a name that turns the text round": gguf_bytes([], [gguf_tensor("a\u202eb", [8])], _DATA),
    "a name that clears the screen": gguf_bytes([], [gguf_tensor("a\x1b[2J", [8])], _DATA),
    "a key that is a path": _pair(_U32, bytes(4), key="../../etc"),
    "a type beside the last": gguf_bytes([], [gguf_tensor("a", [256], code=42)], bytes(256)),
    "a key-value that eats the tensor table": _pair(_STRING, struct.pack("<Q", 40)),
}
SAFETENSORS_SUITE: dict[str, bytes] = {
    "json attack": safetensors_bytes({f"weight_{i}": entry("F32", [2, 2], 0, 16) for i in range(10)}, bytes(16)),
    "metadata incomplete, extra bytes": safetensors_bytes(
        {"test": entry("I32", [2, 2], 0, 16)}, bytes(16) + b"polyglot"
    ),
    "metadata incomplete, missing bytes": safetensors_bytes({"test": entry("I32", [2, 2], 0, 16)}, bytes(14)),
    "header too large": safetensors_bytes(_ONE, bytes(8), length=0xFFFFFF000000003C),
    "invalid header length": struct.pack("<Q", 60),
    "invalid header not UTF-8": struct.pack("<Q", 1) + b"\xff",
    "invalid header not JSON": struct.pack("<Q", 1) + b"{",
    "invalid info": safetensors_bytes({"test": entry("I32", [2, 2], 0, 4)}, bytes(4)),
    "validation overflow of the shape": safetensors_bytes({"t": entry("I32", [2, (1 << 64) - 2], 0, 16)}, bytes(16)),
    "validation overflow of the bytes": safetensors_bytes({"t": entry("I32", [2, (1 << 63) - 1], 0, 16)}, bytes(16)),
    "header begins with blanks": safetensors_bytes(b"\t\n" + json.dumps(_ONE).encode(), bytes(8)),
}
"""What the safetensors library's own tests must reject, by their names."""
SAFETENSORS_ATTACKS: dict[str, bytes] = {
    "a key twice after a hundred thousand": safetensors_bytes(
        b"{" + b"".join(b'"%d":0,' % i for i in range(100_000)) + b'"0":0}'
    ),
    "a million empty lists": safetensors_bytes(b'{"a":[' + b"[]," * 1_000_000 + b"[]]}"),
    "a number of five thousand digits": safetensors_bytes(
        b'{"a":{"dtype":"U8","shape":[%s],"data_offsets":[0,1]}}' % (b"9" * 5000), b"\0"
    ),
    "a shape in exponents": safetensors_bytes(b'{"a":{"dtype":"U8","shape":[1e0],"data_offsets":[0,1]}}', b"\0"),
    "an infinite shape": safetensors_bytes(b'{"a":{"dtype":"U8","shape":[1e999],"data_offsets":[0,1]}}', b"\0"),
    "a header of zeros": struct.pack("<Q", 30 << 20) + b"{" + bytes(30 << 20),
    "two JSON values": safetensors_bytes(json.dumps(_ONE).encode() + b"{}", bytes(8)),
    "a comment": safetensors_bytes(b"{/**/}", b""),
    "a byte order mark": safetensors_bytes(b"\xef\xbb\xbf" + json.dumps(_ONE).encode(), bytes(8)),
    "objects nested without end": safetensors_bytes(b'{"a":' * 100_000),
    "a tensor called as the metadata": safetensors_bytes({"__metadata__": entry("U8", [1], 0, 1)}, b"\0"),
    "offsets in the header": safetensors_bytes({"a": entry("U8", [4], -4, 0)}, b""),
    "a name with a backslash path": safetensors_bytes({"..\\..\\x": entry("U8", [1], 0, 1)}, b"\0"),
    "a dtype that is a list": safetensors_bytes({"a": {**_ONE["a"], "dtype": ["F32"]}}, bytes(8)),
}
_APR_A = apr_tensor("a", 0, [2, 4], 0, 32)
APR_ATTACKS: dict[str, bytes] = {
    "metadata of a million empty lists": apr_bytes([_APR_A], _DATA, metadata=b'{"a":[' + b"[]," * 1_000_000 + b"[]]}"),
    "metadata nested without end": apr_bytes([_APR_A], _DATA, metadata=b'{"a":' * 100_000),
    "a tensor count of 2^32 - 1": apr_bytes([_APR_A], _DATA, count=(1 << 32) - 1),
    "an index at the end of 64 bits": apr_bytes([_APR_A], _DATA, index=(1 << 64) - 64),
    "data at the end of 64 bits": apr_bytes([_APR_A], _DATA, start=(1 << 64) - 64),
    "metadata whose place and size wrap": apr_bytes([_APR_A], _DATA, meta=64, meta_size=(1 << 32) - 1),
    "a size at the end of 64 bits": apr_bytes([apr_tensor("a", 0, [8], 0, (1 << 64) - 1)], _DATA),
    "an offset whose sum wraps": apr_bytes([apr_tensor("a", 0, [8], (1 << 64) - 64, 64)], _DATA),
    "an index that lies in the data": apr_bytes([_APR_A], _DATA, index=192),
    "a name that clears the screen": apr_bytes([apr_tensor("a\x1b[2J", 0, [8], 0, 32)], _DATA),
    "version 3": apr_bytes([_APR_A], _DATA, major=3),
    "magic of version 1": b"APRN" + apr_bytes([_APR_A], _DATA)[4:],
}
GOOD: dict[str, bytes] = {
    "gguf": gguf_bytes(
        [key_value("k", _STRING, text("v"))], [_A, gguf_tensor("b", [32], code=8, offset=32)], bytes(66)
    ),
    "safetensors": safetensors_bytes(
        {**_ONE, "b": entry("U8", [3], 8, 11), "__metadata__": {"format": "pt"}}, bytes(11)
    ),
    "apr": apr_bytes([_APR_A, apr_tensor("b", 128, [40], 64, 36)], bytes(100), footer=False)[:-28],
}
"""Good files that end with their last tensor's last byte, so that every cut loses something."""


def corpus() -> Iterator[tuple[str, str, bytes]]:
    """Yield (format, cause, bytes) of every malformed file."""
    named = {
        "gguf": ({name: case[0] for name, case in test_gguf_reader.BAD.items()}, GGUF_SUITE, GGUF_ATTACKS),
        "safetensors": (
            {name: case[0] for name, case in test_safetensors_reader.BAD.items()},
            SAFETENSORS_SUITE,
            SAFETENSORS_ATTACKS,
        ),
        "apr": ({name: case[0] for name, case in test_apr_reader.BAD.items()}, APR_ATTACKS),
    }
    for form, groups in named.items():
        for group in groups:
            yield from ((form, cause, data) for cause, data in group.items())
        yield from ((form, CUT, GOOD[form][:size]) for size in range(len(GOOD[form])))
