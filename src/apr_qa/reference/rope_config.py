"""Rotary embedding as configs state it: at the top level (Hub) or nested (transformers 5); never defaulted silently."""

from __future__ import annotations

from collections.abc import Mapping

from apr_qa.reference.record import Architecture, Rope, UnsupportedModel

Config = Mapping[str, object]
_NEEDS: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "default": (frozenset(), frozenset()),
    "linear": (frozenset({"factor"}), frozenset()),
    "llama3": (
        frozenset({"factor", "low_freq_factor", "high_freq_factor", "original_max_position_embeddings"}),
        frozenset(),
    ),
    "yarn": (
        frozenset({"factor", "original_max_position_embeddings"}),
        frozenset({"attention_factor", "beta_fast", "beta_slow", "truncate"}),
    ),
    "longrope": (
        frozenset({"short_factor", "long_factor"}),
        frozenset({"factor", "attention_factor", "original_max_position_embeddings"}),
    ),
}
"""Rope type -> (keys it needs, keys it may have). A key beyond these would change the sums unseen."""
_COMMON = {"rope_type", "type", "rope_theta", "partial_rotary_factor"}


def read_rope(config: Config, family: Architecture, dimensions: int) -> Rope:
    """Return the rotary embedding of `dimensions` per head. Raises UnsupportedModel for what is unknown or missing."""
    nested = _mapping(config, "rope_parameters")
    scaling = _scaling(config, nested)
    kind = _kind(scaling)
    needs, may = _NEEDS[kind]
    missing = sorted(needs - set(scaling))
    if missing and not (
        missing == ["original_max_position_embeddings"] and "original_max_position_embeddings" in config
    ):
        raise UnsupportedModel(f"rope type {kind} does not state {', '.join(missing)}")
    unknown = sorted(set(scaling) - needs - may - _COMMON)
    if unknown:
        raise UnsupportedModel(f"rope type {kind} with {', '.join(unknown)} is not computed")
    if dimensions <= 0 or dimensions % 2:
        raise UnsupportedModel(f"{dimensions} rotary dimensions cannot be paired")
    return Rope(
        dimensions=dimensions,
        theta=_theta(config, nested, family),
        kind=kind,
        scaling=scaling,
        original_context=_original_context(config, scaling, kind),
    )


def _mapping(config: Config, key: str) -> Mapping[str, object]:
    value = config.get(key)
    if value is None:
        return {}
    if not isinstance(value, Mapping) or any(isinstance(item, Mapping) for item in value.values()):
        raise UnsupportedModel(f"config.json: {key} is not one plain set of parameters")
    return value


def _scaling(config: Config, nested: Mapping[str, object]) -> Mapping[str, object]:
    classic = _mapping(config, "rope_scaling")
    stated = {key: value for key, value in nested.items() if value is not None}
    if classic and stated and any(stated.get(key, value) != value for key, value in classic.items()):
        raise UnsupportedModel("config.json: rope_scaling and rope_parameters disagree")
    return {key: value for key, value in {**stated, **classic}.items() if value is not None}


def _kind(scaling: Mapping[str, object]) -> str:
    names = {str(scaling[key]) for key in ("rope_type", "type") if key in scaling}
    names = {"longrope" if name == "su" else name for name in names}  # the first name Phi-3 gave it
    if len(names) > 1:
        raise UnsupportedModel(f"config.json states two rope types: {', '.join(sorted(names))}")
    kind = names.pop() if names else "default"
    if not names and kind == "default" and set(scaling) - _COMMON:
        raise UnsupportedModel("config.json scales the rope without naming its type")
    if kind not in _NEEDS:
        raise UnsupportedModel(f"rope type {kind!r} is not computed; known: {', '.join(_NEEDS)}")
    return kind


def _theta(config: Config, nested: Mapping[str, object], family: Architecture) -> float:
    stated = [config.get(family.rope_theta_key), config.get("rope_theta"), nested.get("rope_theta")]
    values = {float(value) for value in stated if isinstance(value, int | float) and not isinstance(value, bool)}
    if len(values) > 1:
        raise UnsupportedModel(f"config.json states two values of rope_theta: {sorted(values)}")
    if values:
        theta = values.pop()
        if not 1.0 < theta < 1e12:
            raise UnsupportedModel(f"rope_theta = {theta} is out of range")
        return theta
    if family.rope_theta_default is None or nested:
        raise UnsupportedModel(f"config.json does not state {family.rope_theta_key}")
    return family.rope_theta_default


def _original_context(config: Config, scaling: Mapping[str, object], kind: str) -> int:
    if kind in ("default", "linear"):
        return 0
    # Phi-3 states it outside the rope, and that wins over the inner value in transformers.
    value = config.get("original_max_position_embeddings", scaling.get("original_max_position_embeddings"))
    if type(value) is not int or value <= 0:
        raise UnsupportedModel(f"rope type {kind} does not state original_max_position_embeddings")
    return value
