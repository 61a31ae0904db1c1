"""Which tensor is what: names of Hugging Face and of GGUF to roles, and the shape that each role must have."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from apr_qa.gates._facts import Facts
from apr_qa.weights import Header, TensorInfo

PLAIN_FAMILIES = frozenset(
    {"llama", "mistral", "qwen2", "qwen3", "gemma", "gemma2", "gemma3_text", "gemma3", "phi", "phi2", "phi3"}
    | {"gpt_neox", "gptneox", "stablelm", "starcoder2", "olmo", "olmo2", "granite", "smollm3", "cohere", "exaone"}
)
"""Families (HF `model_type` or GGUF architecture) whose projections have the shapes below in every layer."""

_LAYER = re.compile(r"(?:^|\.)(?:layers|h|blocks|blk)\.(\d+)\.(.+)$")
_IN_LAYER = {
    "q": r"(?:self_attn\.q_proj|attn_q)",
    "k": r"(?:self_attn\.k_proj|attn_k)",
    "v": r"(?:self_attn\.v_proj|attn_v)",
    "qkv": r"(?:self_attn\.qkv_proj|attention\.query_key_value|attn_qkv)",
    "o": r"(?:self_attn\.(?:o_proj|dense)|attention\.dense|attn_output)",
    "gate": r"(?:mlp\.gate_proj|ffn_gate)",
    "up": r"(?:mlp\.up_proj|mlp\.fc1|mlp\.c_fc|mlp\.dense_h_to_4h|ffn_up)",
    "gate_up": r"mlp\.gate_up_proj",
    "down": r"(?:mlp\.down_proj|mlp\.fc2|mlp\.c_proj|mlp\.dense_4h_to_h|ffn_down)",
    "norm": r"(?:input_layernorm|post_attention_layernorm|attn_norm|ffn_norm)",
}
_LAYER_ROLES = {role: re.compile(rf"{pattern}\.(weight|bias)$") for role, pattern in _IN_LAYER.items()}
_TOP_ROLES = {
    "embedding": re.compile(
        r"(?:^|\.)(?:embed_tokens|wte|embed_in|word_embeddings|tok_embeddings|token_embd)\.weight$"
    ),
    "head": re.compile(r"^(?:(?:\w+\.)?lm_head|embed_out|output)\.weight$"),
    "norm": re.compile(r"(?:^|\.)(?:norm|ln_f|final_layer_norm|final_layernorm|output_norm)\.weight$"),
}
_OTHER_TOWERS = re.compile(r"(?:^|\.)(?:visual|vision\w*|audio\w*|multi_modal_projector|mtp)\.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A tensor with its role; `layer` is None outside the layers."""

    role: str
    kind: str
    """`weight` or `bias`."""
    layer: int | None
    info: TensorInfo


def placed(header: Header) -> Iterator[Placed]:
    """Yield the tensors of the text model whose role is known."""
    for info in header.tensors.values():
        found = place(info)
        if found is not None:
            yield found


def place(info: TensorInfo) -> Placed | None:
    """Return the role of one tensor, None when it has none that is known here."""
    if _OTHER_TOWERS.search(info.name):
        return None
    inside = _LAYER.search(info.name)
    if inside is None:
        role = next((role for role, pattern in _TOP_ROLES.items() if pattern.search(info.name)), None)
        return None if role is None else Placed(role=role, kind="weight", layer=None, info=info)
    for role, pattern in _LAYER_ROLES.items():
        match = pattern.fullmatch(inside[2])
        if match:
            return Placed(role=role, kind=match[1], layer=int(inside[1]), info=info)
    return None


def layer_numbers(header: Header) -> set[int]:
    """Return the numbers of the layers that have tensors, those of other towers left out."""
    names = (name for name in header.tensors if not _OTHER_TOWERS.search(name))
    return {int(match[1]) for name in names if (match := _LAYER.search(name))}


def shapes(facts: Facts) -> dict[tuple[str, str], tuple[tuple[int, ...], ...]]:
    """Return the allowed row-major shapes of (role, kind) for a plain family; what is not declared has none.

    Source: the kernel call `matmul(W, x, out_dim, in_dim)` makes every weight [out, in].
    """
    hidden, inner = facts.hidden, facts.intermediate
    if hidden is None or facts.heads is None or facts.kv_heads is None or facts.head_dim is None:
        return {}
    q, kv = facts.heads * facts.head_dim, facts.kv_heads * facts.head_dim
    rows = {"q": q, "k": kv, "v": kv, "qkv": q + 2 * kv}
    found: dict[tuple[str, str], tuple[tuple[int, ...], ...]] = {("norm", "weight"): ((hidden,),)}
    for role, count in rows.items():
        found |= {(role, "weight"): ((count, hidden),), (role, "bias"): ((count,),)}
    found |= {("o", "weight"): ((hidden, q),), ("o", "bias"): ((hidden,),), ("down", "bias"): ((hidden,),)}
    if inner is not None:
        # GGUF keeps a fused gate and up under the name of up.
        found |= {("gate", "weight"): ((inner, hidden),), ("up", "weight"): ((inner, hidden), (2 * inner, hidden))}
        found |= {("gate_up", "weight"): ((2 * inner, hidden),), ("down", "weight"): ((hidden, inner),)}
    return found
