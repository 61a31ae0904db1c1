"""Playbook files made from data: a registry model x a tier, with the questions that its architecture calls for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import Any

from apr_qa.catalog.kernels import STATED, architectures, is_long, kernel_ops
from apr_qa.catalog.models import known_models
from apr_qa.catalog.prompts import for_kernel_op
from apr_qa.catalog.tiers import tiers
from apr_qa.playbook.load import parse_playbook
from apr_qa.playbook.plain_yaml import yaml_text
from apr_qa.vocab.axes import FailurePolicy, SizeClass, Tier
from apr_qa.vocab.catalog import KnownModel, TierSpec
from apr_qa.vocab.playbook import Matrix, Playbook, Prompt

SUFFIX = ".playbook.yaml"
_ENDINGS = {Tier.SMOKE: "-smoke", Tier.MVP: "-mvp", Tier.QUICK: "", Tier.STANDARD: "-standard", Tier.DEEP: "-deep"}
"""How files are named; the default tier has no ending."""
_IN_FULL = ("qwen-coder", "tiny", "tiny-llama")
"""Families that have a file for every tier."""
_LIGHT = (SizeClass.TINY, SizeClass.SMALL)
_HEADER = (
    "# {model} at tier {tier}. {ops}\n"
    "# Made by `apr-qa generate-playbooks`; do not edit: change the catalogue and generate again.\n"
)
_TIMEOUT_MS = {
    SizeClass.TINY: 60_000,
    SizeClass.SMALL: 60_000,
    SizeClass.MEDIUM: 120_000,
    SizeClass.LARGE: 180_000,
    SizeClass.XLARGE: 300_000,
    SizeClass.HUGE: 600_000,
}
_EXPECTED = {
    "expected_hidden_dim": "hidden_size",
    "expected_num_layers": "num_hidden_layers",
    "expected_num_heads": "num_attention_heads",
    "expected_num_kv_heads": "num_key_value_heads",
    "expected_intermediate_dim": "intermediate_size",
}


@cache
def generated() -> Mapping[str, str]:
    """Return the text of every generated playbook by file name, sorted."""
    files = {
        file_name(model.model, tier): _text(model, tiers()[tier])
        for model in known_models()
        for tier in tiers_of(model)
    }
    return MappingProxyType(dict(sorted(files.items())))


def generated_playbook(model: KnownModel, tier: TierSpec) -> Playbook:
    """Return what the generated file of `model` at `tier` says: the same bytes, so the same digest and plan.

    It is there for every tier, with or without a file in the repository.
    """
    return parse_playbook(_text(model, tier), source="family x tier")


def _text(model: KnownModel, tier: TierSpec) -> str:
    return playbook_text(model, tier, architectures().get(model.model, {}))


def tiers_of(model: KnownModel) -> tuple[Tier, ...]:
    """Return the tiers that get a file: mvp for all, smoke and quick for light models, all five for some families."""
    if model.family in _IN_FULL:
        return tuple(Tier)
    return (Tier.SMOKE, Tier.MVP, Tier.QUICK) if model.size in _LIGHT else (Tier.MVP,)


def file_name(repo: str, tier: Tier) -> str:
    """Return the name of a playbook's file: `Qwen/Qwen2.5-Coder-1.5B-Instruct` -> `qwen2.5-coder-1.5b-mvp...`."""
    return f"{base_name(repo)}{_ENDINGS[tier]}{SUFFIX}"


def base_name(repo: str) -> str:
    """Return a model's name for files: after the slash, lower case, without `-instruct` and `-it`."""
    return repo.rpartition("/")[2].lower().replace("-instruct", "").removesuffix("-it")


def playbook_text(model: KnownModel, tier: TierSpec, config: Mapping[str, Any]) -> str:
    """Return the YAML of the playbook of `model` at `tier`; `config` holds keys of its `config.json`, as known."""
    ops = kernel_ops(config) if config and not model.local else ()
    head = _HEADER.format(model=model.model, tier=tier.tier, ops=_told(model, ops)).rstrip() + "\n"
    return f"{head}---\n{yaml_text(_document(model, tier, config, ops))}"


def _document(model: KnownModel, tier: TierSpec, config: Mapping[str, Any], ops: Sequence[str]) -> dict[str, Any]:
    policy = FailurePolicy.STOP_ON_P0 if tier.tier is Tier.SMOKE else FailurePolicy.COLLECT_ALL
    ending = _ENDINGS[tier.tier]
    matrix = {
        "modalities": [str(m) for m in tier.modalities],
        "backends": [str(b) for b in tier.backends],
        "scenario_count": tier.scenario_count,
        "prompts": [_entry(prompt) for prompt in _prompts(tier, ops, long=is_long(config))],
        "seed": Matrix().seed,
        "timeout_ms": _TIMEOUT_MS[model.size],
    }
    whole = {
        "name": f"{base_name(model.model)}{ending}",
        "version": "1.0.0",
        "description": f"{model.family} {model.parameters}. {tier.summary}",
        "tier": str(tier.tier),
        "model": _model(model, tier, config),
        "test_matrix": {key: value for key, value in matrix.items() if value != []},
        "failure_policy": str(policy),
        "kernel_profile": _profile(config, ops, tier),
    }
    return {key: value for key, value in whole.items() if value}


def _model(model: KnownModel, tier: TierSpec, config: Mapping[str, Any]) -> dict[str, Any]:
    numbers = {name: config.get(key) for name, key in _EXPECTED.items()} if config.get(STATED) else {}
    whole = {
        "hf_repo": model.model,
        "local_path": model.local,
        "formats": [str(f) for f in tier.formats],
        "size_category": str(model.size),
        "family": model.family,
        "size_variant": model.parameters.lower(),
        **numbers,
    }
    return {key: value for key, value in whole.items() if value}


def _profile(config: Mapping[str, Any], ops: Sequence[str], tier: TierSpec) -> dict[str, Any]:
    if not ops or tier.tier is Tier.SMOKE:
        return {}
    special = _special(ops, long=is_long(config))
    return {
        "family": config.get("model_type", "unknown"),
        "kernel_ops": list(ops),
        "prompt_count": len(special),
        "long_context": is_long(config),
    }


def _prompts(tier: TierSpec, ops: Sequence[str], *, long: bool) -> list[Prompt]:
    """The architecture's own questions, then the tier's, where they must share; else none, the loader finds them all.

    Smoke asks what every model is asked.
    """
    special = _special(ops, long=long)
    room = len(tier.cells) * tier.scenario_count
    if not special or tier.tier is Tier.SMOKE or len(special) + len(tier.prompts) <= room:
        return []
    texts = {prompt.text for prompt in special}
    usual = [prompt for prompt in tier.prompts if prompt.text not in texts]
    return [*special, *usual[: max(0, room - len(special))]]


def _special(ops: Sequence[str], *, long: bool) -> list[Prompt]:
    found = [p for op in ops if op != "Rope" or long for known in for_kernel_op(op) for p in known.prompts]
    return list({prompt.text: prompt for prompt in found}.values())


def _entry(prompt: Prompt) -> Any:
    entry: dict[str, Any] = {"text": prompt.text}
    if prompt.oracle:
        entry["oracle"] = prompt.oracle.name
        entry |= {"config": dict(prompt.oracle.config)} if prompt.oracle.config else {}
    return entry | ({"max_tokens": prompt.max_tokens} if prompt.max_tokens else {})


def _told(model: KnownModel, ops: Sequence[str]) -> str:
    if model.local:
        return "The shipped model is asked what it was trained on."
    return f"Kernels: {', '.join(ops)}." if ops else ""
