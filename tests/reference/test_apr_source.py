"""APR files compute what their SafeTensors source computes."""

from __future__ import annotations

import json
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest

from apr_qa.reference import Model, UnsupportedModel
from apr_qa.weights import open_weights

FIXTURES = Path(__file__).parent.parent / "fixtures" / "families"
_KEYS = {"num_hidden_layers": "num_layers", "num_attention_heads": "num_heads", "num_key_value_heads": "num_kv_heads"}


def imported(name: str, out: Path, **changes: object) -> Path:
    """Write the fixture as `apr import` does: BF16 as it is, an empty head when tied. `changes` go to the metadata."""
    config = json.loads((FIXTURES / name / "config.json").read_text())
    metadata = {_KEYS.get(key, key): value for key, value in config.items() if isinstance(value, int | float)}
    metadata |= {"hf_model_type": config["model_type"], "tied_embeddings": True, **changes}
    meta = json.dumps(metadata).encode()
    index, data = b"", b""
    with open_weights(FIXTURES / name) as weights:
        stored = {key: (30, info.shape, weights.raw(key).tobytes()) for key, info in weights.tensors.items()}
    stored.setdefault("lm_head.weight", (0, stored["model.embed_tokens.weight"][1], b""))
    for key, (code, shape, raw) in sorted(stored.items()):
        head = struct.pack(f"<H{len(key)}sBB", len(key), key.encode(), code, len(shape))
        index += head + struct.pack(f"<{len(shape)}QQQ", *shape, len(data), len(raw))
        data += raw + bytes(-len(raw) % 64)
    index_offset = 64 + -(-len(meta) // 64) * 64
    data_offset = index_offset + -(-len(index) // 64) * 64
    first = b"APR\0" + struct.pack("<BBHIQIQQ", 2, 0, 1024, len(stored), 64, len(meta), index_offset, data_offset)
    body = first + struct.pack("<I", zlib.crc32(first + bytes(20))) + bytes(20)
    body = (body + meta).ljust(index_offset, b"\0") + index
    body = body.ljust(data_offset, b"\0") + data
    out.write_bytes(body + struct.pack("<I", zlib.crc32(body)))
    return out


@pytest.mark.parametrize("name", ["qwen2", "llama", "qwen3"])
def test_logits_are_those_of_the_source(name: str, tmp_path: Path) -> None:
    """Tied or not is read off the bytes: importers write tied_embeddings beside a stored head."""
    tokens = np.load(FIXTURES / name / "golden.npz")["tokens"].tolist()
    ours = Model.load(imported(name, tmp_path / "model.apr")).logits(tokens)
    np.testing.assert_array_equal(ours, Model.load(FIXTURES / name).logits(tokens))


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"hf_model_type": "gemma2"}, "gemma2"),
        ({"hf_model_type": None, "architecture": None}, "None"),
        ({"tied_embeddings": False}, "not tied"),
        ({"rope_theta": None}, "rope_theta"),
        ({"num_layers": 2}, "no place"),
    ],
)
def test_what_the_metadata_do_not_determine_is_refused(
    changes: dict[str, object], problem: str, tmp_path: Path
) -> None:
    """By name."""
    with pytest.raises(UnsupportedModel, match=problem):
        Model.load(imported("qwen2", tmp_path / "model.apr", **changes))
