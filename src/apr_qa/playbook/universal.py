"""A playbook for a model that nobody has described: universal questions x a tier."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from apr_qa.catalog.prompts import UNIVERSAL, prompt_set, take
from apr_qa.files import digest_of
from apr_qa.vocab.axes import Format
from apr_qa.vocab.catalog import TierSpec
from apr_qa.vocab.playbook import Matrix, ModelSpec, Playbook

_SUMS = "sums"
_NOT_IN_A_NAME = re.compile(r"[^a-z0-9._-]+")


def universal(name: str, tier: TierSpec, *, formats: Sequence[Format] = (), repo: str = "") -> Playbook:
    """Return a playbook for a model that nobody has described: sums, a greeting and a list, no two questions equal.

    `name` is the folder's, file's or repository's name; `repo` the whole name on the Hub, empty for what lies here.
    `formats` are those that are there; the tier's when none is given. No path goes into it, so that another machine
    reproduces its digest.
    """
    own = prompt_set(UNIVERSAL).prompts
    sums = max(0, min(100, len(tier.cells) * tier.scenario_count - len(own)))
    prompts = [*own, *take({_SUMS: sums})]
    matrix = Matrix(
        modalities=tier.modalities,
        backends=tier.backends,
        scenario_count=tier.scenario_count,
        prompts=tuple(dict.fromkeys(prompt.text for prompt in prompts)),
        details={prompt.text: prompt for prompt in prompts if prompt.oracle or prompt.max_tokens},
    )
    spec = ModelSpec(hf_repo=repo or f"local/{_slug(name)}", formats=tuple(formats) or tier.formats)
    playbook = Playbook(
        name=f"{_slug(name)}-{tier.tier}", tier=tier.tier, model=spec, matrix=matrix, source="universal x tier"
    )
    return replace(playbook, digest=digest_of(playbook))


def _slug(name: str) -> str:
    return _NOT_IN_A_NAME.sub("-", name.lower()).strip("-.") or "model"
