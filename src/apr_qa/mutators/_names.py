"""Names of tensors: Hugging Face's, which are the canonical ones here, and GGUF's."""

from __future__ import annotations

_IN_LAYER = {
    "input_layernorm": "attn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
_OUTSIDE = {"model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output"}
_LAYERS = "model.layers."
EMBEDDING, HEAD, NORM = "model.embed_tokens.weight", "lm_head.weight", "model.norm.weight"


def in_layer(layer: int, part: str, kind: str = "weight") -> str:
    """Return the canonical name of a layer's tensor: `in_layer(1, "self_attn.k_proj")`."""
    return f"{_LAYERS}{layer}.{part}.{kind}"


def gguf_name(name: str) -> str:
    """Return GGUF's name of a canonical one; a name that has none stays as it is."""
    stem, _, kind = name.rpartition(".")
    if stem.startswith(_LAYERS):
        layer, _, part = stem.removeprefix(_LAYERS).partition(".")
        return f"blk.{layer}.{_IN_LAYER[part]}.{kind}" if part in _IN_LAYER else name
    return f"{_OUTSIDE[stem]}.{kind}" if stem in _OUTSIDE else name


def canonical_name(name: str) -> str:
    """Return the canonical name of GGUF's; a name that is none of GGUF's stays as it is."""
    stem, _, kind = name.rpartition(".")
    if stem.startswith("blk."):
        layer, _, part = stem.removeprefix("blk.").partition(".")
        found = [canonical for canonical, own in _IN_LAYER.items() if own == part]
        return in_layer(int(layer), found[0], kind) if found else name
    found = [canonical for canonical, own in _OUTSIDE.items() if own == stem]
    return f"{found[0]}.{kind}" if found else name
