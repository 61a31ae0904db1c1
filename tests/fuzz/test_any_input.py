"""Laws of the parsers for whatever input: pieces of good inputs put together anew, any JSON, and well-formed files."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from fuzz_target import names, target
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from weight_builders import apr_bytes, apr_tensor, entry, gguf_bytes, gguf_tensor, safetensors_bytes

from apr_qa.weights import apr, gguf, safetensors

PLACE = Path("model")
CALM = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
SHAPES = st.lists(st.integers(1, 5), min_size=1, max_size=4)
MODELS = st.dictionaries(
    st.from_regex(r"[a-z]+(\.[a-z0-9_]+){0,3}", fullmatch=True).filter(lambda n: len(n) < 60),
    SHAPES,
    min_size=1,
    max_size=6,
)


def pieces(name: str) -> st.SearchStrategy[bytes]:
    """Inputs made of pieces of the seeds and of the words of the language."""
    found = target(name)

    def cut(part: tuple[bytes, int, int]) -> bytes:
        seed, one, other = part
        return seed[min(one, other) : max(one, other)]

    place = st.integers(0, max(map(len, found.seeds)))
    some = st.tuples(st.sampled_from(found.seeds), place, place).map(cut) | st.binary(max_size=9)
    if found.words:
        some |= st.sampled_from(found.words)
    return st.lists(some, max_size=6).map(b"".join)


@pytest.mark.parametrize("name", names())
def test_pieces_put_together_are_read_or_refused(name: str) -> None:
    """A value or a named error, and the laws that the target itself checks."""

    @CALM
    @given(pieces(name))
    def check(data: bytes) -> None:
        target(name).accepts(data)

    check()


def _changed(value: Any, path: list[int], new: Any) -> Any:
    """Return `value` with one place inside it replaced; `path` says which by number."""
    if not path or not isinstance(value, dict | list) or not value:
        return new
    keys = list(value) if isinstance(value, dict) else range(len(value))
    key = keys[path[0] % len(value)]
    changed = dict(value) if isinstance(value, dict) else list(value)
    changed[key] = _changed(value[key], path[1:], new)
    return changed


@pytest.mark.parametrize(
    ("name", "head"), [("webhook", 1), ("evidence", 0), ("registry_record", 0), ("engine_json", 2)]
)
def test_documents_with_one_wrong_value_are_read_or_refused(name: str, head: int) -> None:
    """Whatever type stands at whatever place of a good document."""
    found = target(name)
    documents = [(seed[:head], json.loads(seed[head:])) for seed in found.seeds if _is_json(seed[head:])]

    @CALM
    @given(st.sampled_from(documents), st.lists(st.integers(0, 30), max_size=6), JSON)
    def check(document: tuple[bytes, Any], path: list[int], new: Any) -> None:
        found.accepts(document[0] + json.dumps(_changed(document[1], path, new)).encode())

    check()


def _is_json(data: bytes) -> bool:
    try:
        return isinstance(json.loads(data), dict | list)
    except ValueError:
        return False


@CALM
@given(MODELS)
def test_well_formed_safetensors_are_accepted(model: dict[str, list[int]]) -> None:
    """Any names and shapes, laid out one behind the other."""
    header, end = {}, 0
    for name, shape in model.items():
        begin, end = end, end + 4 * math.prod(shape)
        header[name] = entry("F32", shape, begin, end)
    found = safetensors.parse(PLACE, memoryview(safetensors_bytes(header, bytes(end))))
    assert {name: list(info.shape) for name, info in found.tensors.items()} == model


@CALM
@given(MODELS)
def test_well_formed_gguf_are_accepted(model: dict[str, list[int]]) -> None:
    """The same with dimensions reversed and data aligned."""
    entries, end = [], 0
    for name, shape in model.items():
        entries.append(gguf_tensor(name, shape[::-1], offset=end))
        end += -(-4 * math.prod(shape) // 32) * 32
    found = gguf.parse(PLACE, memoryview(gguf_bytes([], entries, bytes(end))))
    assert {name: list(info.shape) for name, info in found.tensors.items()} == model


@CALM
@given(MODELS)
def test_well_formed_apr_are_accepted(model: dict[str, list[int]]) -> None:
    """The same in steps of 64 bytes, with a footer that holds."""
    entries, end = [], 0
    for name, shape in model.items():
        entries.append(apr_tensor(name, 0, shape, end, 4 * math.prod(shape)))
        end += -(-4 * math.prod(shape) // 64) * 64
    data = memoryview(apr_bytes(entries, bytes(end)))
    found = apr.parse(PLACE, data)
    apr.verify_footer(found, data)
    assert {name: list(info.shape) for name, info in found.tensors.items()} == model
