"""The shipped tiny models are what ``models/README.md`` says: sizes, numbers, spellings and equal weights."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from apr_qa.weights import open_weights

gguf = pytest.importorskip("gguf")
np = pytest.importorskip("numpy")

ROOT = Path(__file__).resolve().parents[2]
MODELS = ROOT / "models"
NAMES = ("tiny", "tiny-llama")
MEGABYTE = 1_000_000  # bytes
# What transformers, llama.cpp and apr assume when a value is missing.
LIBRARY_DEFAULTS: dict[str, set[float | None]] = {
    "rope_theta": {10_000.0, 500_000.0, 1_000_000.0},
    "rms_norm_eps": {1e-5, 1e-6},
    "max_position_embeddings": {512, 1024, 2048, 4096, 32768, 131072},
    "vocab_size": {32000, 128256, 151936},
    "bos_token_id": {None, 0, 1, 128000, 151643},
    "eos_token_id": {None, 0, 1, 2, 128001, 151643, 151645},
    "pad_token_id": {None, -1, 0},
}
GGUF_KEYS = {
    "context_length": "max_position_embeddings",
    "embedding_length": "hidden_size",
    "block_count": "num_hidden_layers",
    "feed_forward_length": "intermediate_size",
    "attention.head_count": "num_attention_heads",
    "attention.head_count_kv": "num_key_value_heads",
    "attention.layer_norm_rms_epsilon": "rms_norm_eps",
    "rope.freq_base": "rope_theta",
    "vocab_size": "vocab_size",
}


def _read(name: str, file: str) -> Any:
    return json.loads((MODELS / name / "safetensors" / file).read_text(encoding="utf-8"))


def _gguf(name: str, kind: str) -> Any:
    return gguf.GGUFReader(MODELS / name / "gguf" / f"model-{kind}.gguf")


def _tensors(name: str) -> dict[str, Any]:
    """All SafeTensors tensors as float32; the format is read by hand, because numpy knows no BF16."""
    found = {}
    for path in sorted((MODELS / name / "safetensors").glob("*.safetensors")):
        data = path.read_bytes()
        header_size = int.from_bytes(data[:8], "little")
        header = json.loads(data[8 : 8 + header_size])
        header.pop("__metadata__", None)
        for key, entry in header.items():
            assert entry["dtype"] == "BF16"
            start, end = (8 + header_size + offset for offset in entry["data_offsets"])
            halves = np.frombuffer(data[start:end], dtype="<u2").astype(np.uint32)
            found[key] = (halves << 16).view(np.float32).reshape(entry["shape"])
    return found


def test_sizes_stay_within_the_promise() -> None:
    """At most 4 MB per model, at most 20 MB for everything in ``models/``."""
    for name in NAMES:
        weights = sum(path.stat().st_size for path in (MODELS / name / "safetensors").glob("*.safetensors"))
        assert weights <= 4 * MEGABYTE
    assert sum(path.stat().st_size for path in MODELS.rglob("*") if path.is_file()) <= 20 * MEGABYTE


@pytest.mark.parametrize("name", NAMES)
def test_numbers_differ_from_library_defaults(name: str) -> None:
    """A value that an engine rewrites to a default has to be seen."""
    config = _read(name, "config.json")
    for key, defaults in LIBRARY_DEFAULTS.items():
        assert config[key] not in defaults, key
    assert config["num_key_value_heads"] < config["num_attention_heads"]
    assert config["torch_dtype"] == "bfloat16"


def test_the_two_models_differ_in_every_number() -> None:
    """Nothing may be fitted to one model."""
    one, other = (_read(name, "config.json") for name in NAMES)
    same = {key for key in (*LIBRARY_DEFAULTS, "hidden_size", "intermediate_size", "tie_word_embeddings", "model_type")
            if one[key] == other[key]}  # fmt: skip
    assert same == set()


@pytest.mark.parametrize("name", NAMES)
def test_special_ids_and_template_agree_between_files(name: str) -> None:
    """config.json, generation_config.json, tokenizer.json and both template places say the same."""
    config, generation = _read(name, "config.json"), _read(name, "generation_config.json")
    ids = {token["content"]: token["id"] for token in _read(name, "tokenizer.json")["added_tokens"]}
    assert config["eos_token_id"] == ids["<|im_end|>"]
    assert generation["eos_token_id"] == [ids["<|im_end|>"], ids["<|endoftext|>"]]
    template = (MODELS / name / "safetensors" / "chat_template.jinja").read_text(encoding="utf-8")
    assert _read(name, "tokenizer_config.json")["chat_template"] == template


@pytest.mark.parametrize("name", NAMES)
def test_merges_are_strings_and_digits_stay_single(name: str) -> None:
    """The spelling that every reader takes; no token joins two digits."""
    model = _read(name, "tokenizer.json")["model"]
    assert model["merges"]
    assert all(isinstance(merge, str) and merge.count(" ") == 1 for merge in model["merges"])
    assert not [text for text in model["vocab"] if sum(letter in "0123456789" for letter in text) > 1]
    assert model["vocab"]["!"] == 0


@pytest.mark.parametrize("name", NAMES)
def test_shards_and_index(name: str) -> None:
    """``tiny`` is one file; ``tiny-llama`` is two, and its index names every tensor in its place."""
    folder = MODELS / name / "safetensors"
    files = sorted(path.name for path in folder.glob("*.safetensors"))
    if name == "tiny":
        assert files == ["model.safetensors"]
        return
    assert files == ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]
    index = _read(name, "model.safetensors.index.json")
    assert set(index["weight_map"]) == set(_tensors(name))
    assert set(index["weight_map"].values()) == set(files)
    assert index["metadata"]["total_size"] == sum(2 * tensor.size for tensor in _tensors(name).values())


@pytest.mark.parametrize("kind", ["f16", "q8_0"])
@pytest.mark.parametrize("name", NAMES)
def test_gguf_metadata_equals_config(name: str, kind: str) -> None:
    """Shape, rotary base, norm epsilon, special ids, tokens, merges and template."""
    config, reader = _read(name, "config.json"), _gguf(name, kind)
    for key, ours in GGUF_KEYS.items():
        value = reader.get_field(f"{config['model_type']}.{key}").contents()
        assert value == pytest.approx(config[ours], rel=1e-6), key
    for key in ("bos", "eos"):
        assert reader.get_field(f"tokenizer.ggml.{key}_token_id").contents() == config[f"{key}_token_id"]
    assert reader.get_field("tokenizer.ggml.padding_token_id").contents() == config["pad_token_id"]
    tokenizer = _read(name, "tokenizer.json")
    tokens = reader.get_field("tokenizer.ggml.tokens").contents()
    assert {token: number for number, token in enumerate(tokens)} == tokenizer["model"]["vocab"] | {
        token["content"]: token["id"] for token in tokenizer["added_tokens"]
    }
    assert reader.get_field("tokenizer.ggml.merges").contents() == tokenizer["model"]["merges"]
    template = (MODELS / name / "safetensors" / "chat_template.jinja").read_text(encoding="utf-8")
    assert reader.get_field("tokenizer.chat_template").contents() == template


@pytest.mark.parametrize("name", NAMES)
def test_gguf_weights_equal_safetensors(name: str) -> None:
    """F16 differs by rounding only; the Q and K rows of llama (and of llama alone) are permuted."""
    config, ours = _read(name, "config.json"), _tensors(name)
    theirs = {tensor.name: tensor for tensor in _gguf(name, "f16").tensors}
    assert len(theirs) == len(ours)
    assert ("output.weight" in theirs) is not config["tie_word_embeddings"]
    for short, part, heads in (("attn_q", "q_proj", "num_attention_heads"), ("attn_k", "k_proj", "num_key_value_heads"),
                               ("attn_v", "v_proj", None)):  # fmt: skip
        wanted = ours[f"model.layers.0.self_attn.{part}.weight"]
        stored = theirs[f"blk.0.{short}.weight"].data.astype(np.float32)
        if config["model_type"] == "llama" and heads:
            assert not np.allclose(stored, wanted, atol=1e-3)
            # Rows 2i and 2i+1 of a head go back to rows i and i+half.
            stored = stored.reshape(config[heads], -1, 2, wanted.shape[1]).swapaxes(1, 2).reshape(wanted.shape)
        np.testing.assert_allclose(stored, wanted, rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_apr_weights_are_those_of_safetensors_bit_by_bit(name: str) -> None:
    """The file that `apr import` made holds the same BF16 bytes; a tied head is an entry without any."""
    folder = MODELS / name
    with open_weights(folder / "safetensors") as truth, open_weights(folder / "apr" / "model.apr") as copy:
        extra = set(copy.tensors) - set(truth.tensors)
        assert extra == ({"lm_head.weight"} if _read(name, "config.json")["tie_word_embeddings"] else set())
        for key, info in truth.tensors.items():
            assert tuple(copy.tensors[key].shape) == tuple(info.shape)
            assert copy.raw(key).tobytes() == truth.raw(key).tobytes(), key


def test_gguf_stores_vectors_as_float32() -> None:
    """Norm weights and biases are never cut."""
    for name in NAMES:
        for kind in ("f16", "q8_0"):
            kinds = {
                t.name.rsplit(".", 1)[-1] + str(len(t.shape)): t.tensor_type.name for t in _gguf(name, kind).tensors
            }
            assert kinds["weight1"] == "F32"
            assert kinds["weight2"] == kind.upper()


@pytest.mark.parametrize("name", NAMES)
def test_pair_merges_copy(name: str, tmp_path: Path) -> None:
    """The copy with merges as pairs holds the same merges and the same weights."""
    sys.path.insert(0, str(ROOT / "tools"))
    try:
        from pair_merges import with_pair_merges
    finally:
        sys.path.pop(0)
    source = MODELS / name / "safetensors"
    copy = with_pair_merges(source, tmp_path / "pairs")
    merges = json.loads((copy / "tokenizer.json").read_text(encoding="utf-8"))["model"]["merges"]
    assert all(isinstance(merge, list) and len(merge) == 2 for merge in merges)
    assert [" ".join(merge) for merge in merges] == _read(name, "tokenizer.json")["model"]["merges"]
    for path in source.iterdir():
        if path.name != "tokenizer.json":
            assert (copy / path.name).read_bytes() == path.read_bytes()


def test_file_modes() -> None:
    """Readable by everyone, executable by nobody."""
    assert {path.stat().st_mode & 0o777 for path in MODELS.rglob("*") if path.is_file()} == {0o644}
