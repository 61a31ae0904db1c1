"""config.json to `Settings`: every number is stated there or documented for the class; the rest is refused."""

from __future__ import annotations

from collections.abc import Mapping

from apr_qa.reference.record import REQUIRED, Architecture, Key, Settings, Spec, UnsupportedModel
from apr_qa.reference.rope_config import read_rope

Config = Mapping[str, object]
_CHANGES_THE_SUMS = ("quantization_config", "num_local_experts", "num_experts", "text_config", "kv_lora_rank")
_SCALARS = ("attention_softcap", "final_softcap", "clip_qkv")


def resolve(config: Config, spec: Spec) -> object:
    """Return the constant `spec`, or what the config says under its key. Raises UnsupportedModel when it must."""
    if not isinstance(spec, Key):
        return spec
    value = config.get(spec.name)
    if value is None:
        if spec.default is REQUIRED:
            raise UnsupportedModel(f"config.json does not state {spec.name}")
        return spec.default
    return value


def read_settings(family: Architecture, config: Config) -> Settings:
    """Return the numbers of the model that `config` describes. Raises UnsupportedModel."""
    _refuse_unknown(family, config)
    hidden, heads = _count(config, Key("hidden_size")), _count(config, Key("num_attention_heads"))
    kv_heads = _count(config, Key("num_key_value_heads", heads))
    if "head_dim" not in config and hidden % heads:
        raise UnsupportedModel(f"hidden_size {hidden} is not a multiple of {heads} heads")
    head_dim = _count(config, Key("head_dim", hidden // heads))
    if heads % kv_heads:
        raise UnsupportedModel(f"{heads} heads are not a multiple of {kv_heads} key-value heads")
    layers = _count(config, Key("num_hidden_layers"))
    return Settings(
        model_type=family.model_type,
        vocab=_count(config, Key("vocab_size")),
        hidden=hidden,
        layers=layers,
        heads=heads,
        kv_heads=kv_heads,
        head_dim=head_dim,
        intermediate=_count(config, Key("intermediate_size")),
        context=_count(config, Key("max_position_embeddings")),
        norm=family.norm,
        norm_eps=number(config, family.norm_eps),
        activation=_activation(config, family),
        parallel=_flag(config, family.parallel),
        tied=_flag(config, family.tied),
        qk_norm=family.qk_norm if _flag(config, family.qk_normed) else None,
        qkv_bias=_flag(config, family.qkv_bias),
        out_bias=_flag(config, family.out_bias),
        mlp_bias=_flag(config, family.mlp_bias),
        rope=read_rope(config, family, int(head_dim * number(config, _rotary_spec(config, family)))),
        windows=_windows(config, family, layers),
        query_scale=_query_scale(config, family, head_dim),
        embedding_scale=_embedding_scale(config, family, hidden),
        residual_scale=number(config, family.residual_scale),
        logits_divisor=number(config, family.logits_divisor),
        **{name: _optional(config, getattr(family, name)) for name in _SCALARS},
    )


def _refuse_unknown(family: Architecture, config: Config) -> None:
    for key in _CHANGES_THE_SUMS:
        if config.get(key) is not None:
            raise UnsupportedModel(f"config.json states {key}, which is not computed for {family.model_type}")
    for key, known in family.only.items():
        if config.get(key) not in known:
            raise UnsupportedModel(f"{key} = {config.get(key)!r} is not computed for {family.model_type}")


def _count(config: Config, spec: Key) -> int:
    value = resolve(config, spec)
    if type(value) is not int or not 0 < value < 1 << 31:
        raise UnsupportedModel(f"config.json: {spec.name} = {value!r} is not a positive whole number")
    return value


def number(config: Config, spec: Spec) -> float:
    """Return the number that `spec` stands for. Raises UnsupportedModel when it is none."""
    value = resolve(config, spec)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UnsupportedModel(f"config.json: {spec} is {value!r}, not a number")
    return float(value)


def _optional(config: Config, spec: Spec) -> float | None:
    return None if resolve(config, spec) is None else number(config, spec)


def _flag(config: Config, spec: Spec) -> bool:
    value = resolve(config, spec)
    if not isinstance(value, bool):
        raise UnsupportedModel(f"config.json: {spec} is {value!r}, not true or false")
    return value


def _activation(config: Config, family: Architecture) -> str:
    stated = {str(config[key]) for key in ("hidden_act", "hidden_activation") if config.get(key) is not None}
    if len(stated) > 1:
        raise UnsupportedModel(f"config.json states two activations: {', '.join(sorted(stated))}")
    return stated.pop() if stated else str(resolve(config, family.activation))


def _rotary_spec(config: Config, family: Architecture) -> Spec:
    """Return where the rotated share of a head is stated: newer configs nest it with the rope parameters."""
    nested = config.get("rope_parameters")
    if isinstance(family.rotary_fraction, Key) and isinstance(nested, Mapping):
        inner = nested.get("partial_rotary_factor")
        outer = config.get(family.rotary_fraction.name)
        if inner is not None and outer not in (None, inner):
            raise UnsupportedModel(f"config.json states two rotary shares: {inner} and {outer}")
        if inner is not None:
            return inner
    return family.rotary_fraction


def _query_scale(config: Config, family: Architecture, head_dim: int) -> float:
    if family.query_scale is None:
        return float(head_dim**-0.5)
    return float(number(config, family.query_scale) ** family.query_scale_power)


def _embedding_scale(config: Config, family: Architecture, hidden: int) -> float:
    if family.embedding_scale == "sqrt_hidden":
        return float(hidden**0.5)
    return number(config, family.embedding_scale)


def _windows(config: Config, family: Architecture, layers: int) -> tuple[int | None, ...]:
    width = config.get("sliding_window")
    if family.window == "none" or width is None:
        return (None,) * layers
    if family.window == "upper" and not _flag(config, Key("use_sliding_window", False)):
        return (None,) * layers
    size = _count(config, Key("sliding_window"))
    return tuple(size if slides else None for slides in _sliding_layers(config, family, layers))


def _sliding_layers(config: Config, family: Architecture, layers: int) -> list[bool]:
    kinds = config.get("layer_types")
    if kinds is not None:
        known = {"sliding_attention": True, "full_attention": False}
        if not isinstance(kinds, list) or len(kinds) != layers or any(kind not in known for kind in kinds):
            raise UnsupportedModel("config.json: layer_types does not name a known kind for each layer")
        return [known[kind] for kind in kinds]
    if family.window == "alternate":
        return [layer % 2 == 0 for layer in range(layers)]
    first = _count(config, Key("max_window_layers")) if family.window == "upper" else 0
    return [layer >= first for layer in range(layers)]
