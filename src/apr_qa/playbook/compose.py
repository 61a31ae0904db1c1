"""Playbooks made from data: a known model x a tier, or a bare path x a tier."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from apr_qa.catalog.prompts import UNIVERSAL, prompt_set, take
from apr_qa.files import digest_of
from apr_qa.vocab.axes import Format, SizeClass
from apr_qa.vocab.catalog import KnownModel, PromptSet, TierSpec
from apr_qa.vocab.playbook import Matrix, ModelSpec, Playbook, Prompt

_TIMEOUT_MS = {
    SizeClass.TINY: 60_000,
    SizeClass.SMALL: 60_000,
    SizeClass.MEDIUM: 120_000,
    SizeClass.LARGE: 180_000,
    SizeClass.XLARGE: 300_000,
    SizeClass.HUGE: 600_000,
}
_SUMS = "sums"
_NOT_IN_A_NAME = re.compile(r"[^a-z0-9._-]+")


def compose(model: KnownModel, tier: TierSpec, *, kernel_sets: Sequence[PromptSet] = ()) -> Playbook:
    """Return the playbook of `model` at `tier`; the prompts of `kernel_sets` are asked besides the tier's own."""
    special = [prompt for found in kernel_sets for prompt in found.prompts]
    asked = [*tier.prompts, *special] if special else []  # none of its own: as many of the tier's as the cells hold
    spec = ModelSpec(
        hf_repo=model.model,
        local_path=model.local or None,
        formats=tier.formats,
        size_category=model.size,
        family=model.family,
        size_variant=model.parameters.lower(),
    )
    matrix = _matrix(tier, asked, _TIMEOUT_MS[model.size])
    return _sealed(model.model.partition("/")[2], tier, spec, matrix, "family x tier")


def universal(name: str, tier: TierSpec, *, formats: Sequence[Format] = (), local_path: str | None = None) -> Playbook:
    """Return a playbook for a model that nobody has described: sums, a greeting and a list, no two questions equal.

    `name` is the folder's or file's name. `formats` are those that are there; the tier's when none is given.
    """
    own = prompt_set(UNIVERSAL).prompts
    sums = max(0, min(100, len(tier.cells) * tier.scenario_count - len(own)))
    prompts = [*own, *take({_SUMS: sums})]
    spec = ModelSpec(hf_repo=f"local/{_slug(name)}", local_path=local_path, formats=tuple(formats) or tier.formats)
    return _sealed(name, tier, spec, _matrix(tier, prompts, Matrix().timeout_ms), "universal x tier")


def _matrix(tier: TierSpec, prompts: Sequence[Prompt], timeout_ms: int) -> Matrix:
    return Matrix(
        modalities=tier.modalities,
        backends=tier.backends,
        scenario_count=tier.scenario_count,
        prompts=tuple(dict.fromkeys(prompt.text for prompt in prompts)),
        details={prompt.text: prompt for prompt in prompts if prompt.oracle or prompt.max_tokens},
        timeout_ms=timeout_ms,
    )


def _sealed(name: str, tier: TierSpec, model: ModelSpec, matrix: Matrix, source: str) -> Playbook:
    playbook = Playbook(name=f"{_slug(name)}-{tier.tier}", tier=tier.tier, model=model, matrix=matrix, source=source)
    return replace(playbook, digest=digest_of(playbook))


def _slug(name: str) -> str:
    return _NOT_IN_A_NAME.sub("-", name.lower()).strip("-.") or "model"
