"""Headers of healthy models: every family with published dimensions, in all three formats; the data are a hole."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from weight_builders import apr_tensor, gguf_tensor, key_value, text

from apr_qa.catalog.expressions import evaluate
from apr_qa.catalog.families import family_for, family_specs, numbers
from apr_qa.catalog.kernels import architectures
from apr_qa.vocab.families import FamilySpec, TensorSpec

Shape = tuple[int, ...]
VOCABULARY = 151_936
PUBLISHED: dict[str, dict[str, Any]] = {
    "bert": {"hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12, "max_position_embeddings": 512,
             "vocab_size": 30_522},
    "deepseek": {"hidden_size": 2048, "intermediate_size": 10_944, "num_attention_heads": 16, "num_hidden_layers": 28,
                 "vocab_size": 102_400},
    "deepseek_v2": {"hidden_size": 2048, "intermediate_size": 10_944, "moe_intermediate_size": 1408,
                    "n_routed_experts": 64, "n_shared_experts": 2, "num_attention_heads": 16,
                    "num_hidden_layers": 27, "kv_lora_rank": 512,
                    "q_lora_rank": None, "qk_nope_head_dim": 128, "qk_rope_head_dim": 64, "v_head_dim": 128,
                    "first_k_dense_replace": 1, "vocab_size": 102_400},
    "falcon": {"hidden_size": 4544, "num_attention_heads": 71, "num_hidden_layers": 32, "vocab_size": 65_024},
    "falcon_h1": {"hidden_size": 2048, "intermediate_size": 4096, "num_attention_heads": 8, "num_hidden_layers": 24,
                  "vocab_size": 65_537},
    "gemma3": {"hidden_size": 2560, "intermediate_size": 10_240, "num_hidden_layers": 34},
    "gemma3_text": {"hidden_size": 1152, "intermediate_size": 6912, "num_hidden_layers": 26},
    "gpt2": {"n_embd": 768, "n_head": 12, "n_layer": 12, "n_positions": 1024, "vocab_size": 50_257},
    "gpt_bigcode": {"n_embd": 2048, "n_head": 16, "n_layer": 24, "n_positions": 8192, "vocab_size": 49_280},
    "gpt_neox": {"hidden_size": 2048, "intermediate_size": 8192, "num_attention_heads": 8, "num_hidden_layers": 16,
                 "vocab_size": 50_304},
    "mamba": {"hidden_size": 768, "num_hidden_layers": 24, "vocab_size": 50_280},
    "mixtral": {"hidden_size": 4096, "intermediate_size": 14_336, "num_attention_heads": 32, "num_key_value_heads": 8,
                "num_hidden_layers": 32, "num_local_experts": 8, "vocab_size": 32_000},
    "moonshine": {"hidden_size": 288, "decoder_num_hidden_layers": 6, "encoder_num_hidden_layers": 6,
                  "num_hidden_layers": 6, "vocab_size": 32_768},
    "nemotron": {"hidden_size": 3072, "intermediate_size": 9216, "num_attention_heads": 24, "num_key_value_heads": 8,
                 "head_dim": 128, "num_hidden_layers": 32, "vocab_size": 256_000},
    "olmo": {"hidden_size": 4096, "intermediate_size": 11_008, "num_attention_heads": 32, "num_hidden_layers": 32,
             "vocab_size": 50_304},
    "olmo2": {"hidden_size": 4096, "intermediate_size": 11_008, "num_attention_heads": 32, "num_hidden_layers": 32,
              "vocab_size": 100_352},
    "openelm": {"num_transformer_layers": 16, "model_dim": 1280, "vocab_size": 32_000},
    "phi": {"hidden_size": 2560, "intermediate_size": 10_240, "num_attention_heads": 32, "num_hidden_layers": 32,
            "vocab_size": 51_200},
    "phi3small": {"hidden_size": 4096, "ff_intermediate_size": 14_336, "num_attention_heads": 32,
                  "num_hidden_layers": 32, "vocab_size": 100_352},
    "qwen2_moe": {"hidden_size": 2048, "moe_intermediate_size": 1408, "num_attention_heads": 16, "num_experts": 60,
                  "num_hidden_layers": 24, "shared_expert_intermediate_size": 5632, "vocab_size": VOCABULARY},
    "qwen3_5": {"hidden_size": 2560, "intermediate_size": 9728, "num_attention_heads": 32, "num_key_value_heads": 8,
                "head_dim": 128, "num_hidden_layers": 36, "vocab_size": VOCABULARY},
    "qwen3_moe": {"hidden_size": 2048, "moe_intermediate_size": 768, "num_attention_heads": 32, "num_experts": 128,
                  "num_key_value_heads": 4, "head_dim": 128, "num_hidden_layers": 48, "vocab_size": VOCABULARY},
    "rwkv7": {"hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12, "vocab_size": 65_536},
    "whisper": {"d_model": 512, "decoder_ffn_dim": 2048, "decoder_layers": 6, "encoder_ffn_dim": 2048,
                "encoder_layers": 6, "max_source_positions": 1500, "max_target_positions": 448, "num_hidden_layers": 6,
                "vocab_size": 51_865},
}  # fmt: skip
"""Of families of which the registry states no dimensions; qwen3_5 is given those of Qwen3 4B."""


def models() -> Iterator[tuple[str, FamilySpec, dict[str, Any]]]:
    """Yield (name, family, config): every model of the registry with known dimensions, then the other families."""
    for model, stated in architectures().items():
        spec = family_for(stated)
        if spec is not None:
            yield model, spec, {"vocab_size": VOCABULARY, **stated}
    for family, config in PUBLISHED.items():
        yield family, family_specs()[family], config


def tensors(spec: FamilySpec, config: Mapping[str, Any]) -> Iterator[tuple[TensorSpec, int | None, int | None, Shape]]:
    """Yield (what it is, layer, which of several, shape) of every tensor; a shape that nobody knows is one row."""
    stated = numbers(spec, config)
    for tensor in spec.tensors:
        for layer in range(_number(tensor.layers, stated)) if "{n}" in tensor.hf else (None,):
            here = {**stated, "n": layer}
            if tensor.when and not evaluate(tensor.when, here):
                continue
            shape = tuple(_number(size, here) for size in tensor.shape or ("64",))
            for one in range(_number(tensor.count, here)) if tensor.count else (None,):
                yield tensor, layer, one, shape


def _number(expression: str, stated: Mapping[str, Any]) -> int:
    value = evaluate(expression, stated)
    return value if type(value) is int else 64


def _called(name: str, layer: int | None, one: int | None = None) -> str:
    return name.replace("{n}", str(layer)).replace("{i}", str(one))


def _size(shape: Shape) -> int:
    total = 1
    for size in shape:
        total *= size
    return total


def _hole(file: Path, head: bytes, size: int) -> None:
    with file.open("wb") as stream:
        stream.write(head)
        stream.truncate(len(head) + size)


def write_safetensors(file: Path, spec: FamilySpec, config: Mapping[str, Any]) -> int:
    """Write the model in BF16 and return how many tensors it has."""
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    end = 0
    for tensor, layer, one, shape in tensors(spec, config):
        begin, end = end, end + 2 * _size(shape)
        header[_called(tensor.hf, layer, one)] = {"dtype": "BF16", "shape": list(shape), "data_offsets": [begin, end]}
    said = json.dumps(header).encode()
    said += b" " * (-len(said) % 8)
    _hole(file, struct.pack("<Q", len(said)) + said, end)
    return len(header) - 1


def write_gguf(file: Path, spec: FamilySpec, config: Mapping[str, Any]) -> int:
    """Write the model as Q4_K where rows allow it and return how many tensors it has; experts stand in one tensor."""
    entries: dict[str, bytes] = {}
    end = 0
    for tensor, layer, one, shape in tensors(spec, config):
        stacked = (_number(tensor.count, numbers(spec, config)), *shape) if one is not None else shape
        code, size = _ggml(stacked)
        for written in tensor.gguf:
            name = _called(written.name, layer, one)
            if name not in entries:
                entries[name] = gguf_tensor(name, [*reversed(stacked)], code=code, offset=end)
                end += -(-size // 32) * 32
    words = b"".join(text(f"w{i}") for i in range(2000))
    pairs = [key_value("general.architecture", 8, text(spec.gguf.arch if spec.gguf else ""))]
    pairs += [key_value("tokenizer.ggml.tokens", 9, struct.pack("<IQ", 8, 2000) + words)]
    pairs += [key_value("tokenizer.ggml.scores", 9, struct.pack("<IQ", 6, 2000) + bytes(8000))]
    head = b"GGUF" + struct.pack("<IQQ", 3, len(entries), len(pairs)) + b"".join([*pairs, *entries.values()])
    _hole(file, head + bytes(-len(head) % 32), end)
    return len(entries)


def _ggml(shape: Shape) -> tuple[int, int]:
    if len(shape) > 1 and shape[-1] % 256 == 0:
        return 12, _size(shape) // 256 * 144
    return (8, _size(shape) // 32 * 34) if len(shape) > 1 and shape[-1] % 32 == 0 else (0, _size(shape) * 4)


def write_apr(file: Path, spec: FamilySpec, config: Mapping[str, Any]) -> int:
    """Write the model in BF16, without a footer, and return how many tensors it has."""
    entries: list[bytes] = []
    end = 0
    for tensor, layer, one, shape in tensors(spec, config):
        size = 2 * _size(shape)
        entries.append(apr_tensor(_called(tensor.hf, layer, one), 30, list(shape), end, size))
        end += -(-size // 64) * 64
    metadata = json.dumps({"model_type": spec.name, **config}).encode()
    index = b"".join(entries)
    index_at = 64 + -(-len(metadata) // 64) * 64
    data_at = index_at + -(-len(index) // 64) * 64
    first = b"APR\0" + struct.pack("<BBHIQIQQ", 2, 0, 1024, len(entries), 64, len(metadata), index_at, data_at)
    head = first + struct.pack("<I", zlib.crc32(first + bytes(20))) + bytes(20)
    _hole(file, head + metadata.ljust(index_at - 64, b"\0") + index.ljust(data_at - index_at, b"\0"), end)
    return len(entries)
