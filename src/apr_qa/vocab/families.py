"""A model family as data: which tensors it has, how large they are, and how each format writes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Op(StrEnum):
    """One step from the tensor of a SafeTensors file to that of another file. Rows are rows of the [out, in] matrix."""

    PERMUTE_Q = "permute_q"
    """In each query head, row j of half a becomes row 2j + a: for readers that rotate adjacent pairs."""
    PERMUTE_K = "permute_k"
    """The same with the key-value heads."""
    ADD_ONE = "add_one"
    """1 is added to every element: the model multiplies by (1 + weight), the reader by weight."""
    TRANSPOSE = "transpose"
    STACK = "stack"
    """Tensors that differ in `{i}` are joined along a new first axis."""
    TAKE_Q = "take_q"
    """The query rows of a matrix whose rows lie per key-value group as q heads, k, v."""
    TAKE_K = "take_k"
    TAKE_V = "take_v"
    TAKE_K_B = "take_k_b"
    """Of each head's rows the first `qk_nope_head_dim`, transposed head by head."""
    TAKE_V_B = "take_v_b"
    """Of each head's rows the last `v_head_dim`."""
    REGROUP = "regroup"
    """Rows that lie per key-value group as q heads, k, v become all q, then all k, then all v."""
    CUT_ROWS = "cut_rows"
    """Rows beyond the tokenizer's size are left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """How one format writes a tensor: the name there, and what is done to the values on the way, in order."""

    name: str
    ops: tuple[Op, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TensorSpec:
    """One tensor, or one for each layer `{n}` and each `{i}`."""

    role: str
    """`embedding`, `q`, `q_bias`, `ffn_norm` ..."""
    hf: str
    shape: tuple[str, ...] | None
    """Expressions over config keys, `[out, in]`; None where nobody could say."""
    gguf: tuple[Written, ...] = ()
    """Empty: GGUF does not hold it."""
    when: str = ""
    """Expression over config keys and `n`; empty: always."""
    layers: str = "num_hidden_layers"
    count: str = ""
    """How many `{i}` there are, an expression."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraints:
    """How the family computes; None where nobody could say."""

    attention: str | None
    """`mha`, `gqa`, `mqa`, `mla`, `ssm`, `linear`, `hybrid`."""
    activation: str | None
    norm: str | None
    """`rmsnorm` or `layernorm`."""
    positions: str | None
    """`rope`, `absolute`, `none`."""
    mlp: str | None
    """`gated`, `plain`, `moe`."""
    bias: bool | None
    """Do the projections of attention have biases by default?"""
    tied: bool | None
    """Are the embeddings tied by default?"""
    norm_placement: str | None = "pre"
    qk_norm: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigKeys:
    """Under which keys of config.json a family keeps what all families have."""

    context: str | None = "max_position_embeddings"
    eps: str | None = "rms_norm_eps"
    theta: str | None = "rope_theta"


@dataclass(frozen=True, slots=True, kw_only=True)
class GgufSpec:
    """How GGUF knows the family."""

    arch: str
    rope: str | None
    """`norm` (adjacent pairs), `neox` (two halves), or None without rotation."""
    eps: str | None
    """Key of the epsilon, after the prefix of the architecture."""
    extra: tuple[str, ...] = ()
    """Tensors that a converter may add on its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilySpec:
    """One family."""

    name: str
    summary: str
    model_types: tuple[str, ...]
    architectures: tuple[str, ...]
    constraints: Constraints
    keys: ConfigKeys = ConfigKeys()
    tensors: tuple[TensorSpec, ...]
    gguf: GgufSpec | None
    """None: how GGUF writes it was not found out; `gguf_unknown` says why."""
    gguf_unknown: str = ""
    apr_unknown: str = ""
    """Why it is not known how APR holds it; empty: under the Hugging Face names, unchanged."""
    dims: Mapping[str, str] = field(default_factory=dict)
    """Names used in shapes that config.json may leave out or spell otherwise, as expressions."""
    defaults: Mapping[str, bool | int | float] = field(default_factory=dict)
    """What a key means when config.json leaves it out."""
    spellings: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Beginnings of names and how else they are spelt: `model.` -> `language_model.model.`."""
    ignored: tuple[str, ...] = ()
    """Patterns (`*`) of tensors that are not of the text model, or hold no weights."""
    covers: tuple[str, ...] = ()
    """Other families of the registry that are built like this one."""
    sources: tuple[str, ...] = ()
    """Where the facts come from."""
