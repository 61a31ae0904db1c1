"""A family as data (`Architecture`), one model's numbers (`Settings`), and its tensors (`Parameters`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]


class UnsupportedModel(Exception):
    """The model is not one that this engine knows; it says what, and never guesses."""


class UnknownArchitecture(UnsupportedModel):
    """It names an architecture of which we know nothing: no word against the model, nor for it."""


REQUIRED = object()
"""The default of a `Key` that a config must state."""


@dataclass(frozen=True, slots=True)
class Key:
    """A value that the model's config states under `name`; `default` is the documented default of the class."""

    name: str
    default: object = REQUIRED


Spec = object
"""A constant, or a `Key` to look up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Architecture:
    """What every model of one `model_type` has in common. Sources: `families-facts`, goldens by transformers."""

    model_type: str
    class_name: str
    tensors: Mapping[str, str]
    """Role -> tensor name; `{n}` is the layer, `{h}` a head. A norm role that is absent does not exist."""
    norm: str = "rms"
    """`rms`, `layer`, or `bare` (a layer norm without parameters)."""
    norm_eps: Spec = Key("rms_norm_eps")
    norm_offset: float = 0.0
    """Added to stored norm weights: Gemma stores weight - 1."""
    norm_bias: bool = False
    qkv: str = "split"
    """`split`, `rows` (q, k, v stacked in one matrix) or `per_head` (q, k, v of each head together)."""
    qk_norm: str | None = None
    """`head` (over each head), `full` (over all heads at once), `heads` (a layer norm of its own for each head)."""
    qk_normed: Spec = True
    """Whether the model has them, where the config decides."""
    qkv_bias: Spec = False
    out_bias: Spec = False
    mlp: str = "gated"
    """`gated`, `gated_rows` (gate and up stacked in one matrix) or `plain`."""
    mlp_bias: Spec = False
    activation: Spec = Key("hidden_act")
    parallel: Spec = False
    """Attention and MLP read the same residual."""
    parallel_shares_norm: bool = False
    """When parallel, the MLP reads the normed input of the attention; else it has a norm of its own."""
    clip_qkv: Spec = None
    head_bias: bool = False
    tied: Spec = Key("tie_word_embeddings", False)
    rope_theta_key: str = "rope_theta"
    rope_theta_default: float | None = None
    """Only where published configs of the family leave it out and the class documents it."""
    rotary_fraction: Spec = 1.0
    window: str = "none"
    """`none`, `all` layers, `upper` (Qwen: from max_window_layers up), `alternate` (Gemma 2: every second)."""
    query_scale: Spec = None
    """None: head_dim ** -0.5; else the number that `query_scale_power` is applied to."""
    query_scale_power: float = 1.0
    attention_softcap: Spec = None
    final_softcap: Spec = None
    embedding_scale: Spec = 1.0
    """A number, or `sqrt_hidden`."""
    residual_scale: Spec = 1.0
    logits_divisor: Spec = 1.0
    only: Mapping[str, tuple[object, ...]] = field(default_factory=dict)
    """Config key -> the values we know how to compute; anything else is refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rope:
    """Rotary embedding: how many dimensions turn, and how fast."""

    dimensions: int
    theta: float
    kind: str = "default"
    scaling: Mapping[str, object] = field(default_factory=dict)
    original_context: int = 0
    """Positions of pretraining, where the kind needs them."""
    factors: tuple[float, ...] = ()
    """Divisors of the frequencies, where a file carries them as a tensor (GGUF)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One model's numbers, every one stated by its config or documented for its class."""

    model_type: str
    vocab: int
    hidden: int
    layers: int
    heads: int
    kv_heads: int
    head_dim: int
    intermediate: int
    context: int
    norm: str
    norm_eps: float
    activation: str
    parallel: bool
    tied: bool
    qk_norm: str | None
    qkv_bias: bool
    out_bias: bool
    mlp_bias: bool
    rope: Rope
    windows: tuple[int | None, ...]
    """For each layer, how many positions back a token sees, itself included; None is all."""
    query_scale: float
    attention_softcap: float | None
    final_softcap: float | None
    clip_qkv: float | None
    embedding_scale: float
    residual_scale: float
    logits_divisor: float


@dataclass(frozen=True, slots=True)
class Norm:
    """The parameters of a norm; both None for a bare one."""

    weight: Floats | None = None
    bias: Floats | None = None


@dataclass(frozen=True, slots=True)
class Linear:
    """A matrix [out, in] and perhaps a bias [out]."""

    weight: Floats
    bias: Floats | None = None

    def __call__(self, x: Floats) -> Floats:
        """Return x [n, in] times the matrix: [n, out]."""
        product: Floats = x @ self.weight.T
        return product if self.bias is None else product + self.bias


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """The tensors of one layer; a norm that is None leaves its input as it is."""

    attn_in: Norm | None
    attn_out: Norm | None
    ffn_in: Norm | None
    ffn_out: Norm | None
    q: Linear
    k: Linear
    v: Linear
    o: Linear
    q_norm: Norm | None
    k_norm: Norm | None
    gate: Linear | None
    up: Linear
    down: Linear


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """All tensors of a model, float32."""

    embedding: Floats
    """[vocab, hidden]"""
    layers: tuple[Layer, ...]
    final_norm: Norm
    head: Linear
    """[vocab, hidden]; the embedding itself when tied."""
