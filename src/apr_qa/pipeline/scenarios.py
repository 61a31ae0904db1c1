"""The matrix of a model without any engine or file: which questions each cell would be asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from apr_qa.catalog.tiers import tiers
from apr_qa.errors import InputError
from apr_qa.pipeline.targets import by_words
from apr_qa.pipeline.trial import ORACLES
from apr_qa.plan.cells import cells_of
from apr_qa.plan.matrix import ask
from apr_qa.plan.request import PlanRequest
from apr_qa.rooms import furnish
from apr_qa.vocab.artefacts import ModelFiles
from apr_qa.vocab.axes import Format, Tier
from apr_qa.vocab.engines import Engine, Equipped
from apr_qa.vocab.evidence import EngineFacts
from apr_qa.vocab.gates import Oracle
from apr_qa.vocab.machine import Machine
from apr_qa.vocab.scenario import Scenario

_NOBODY = EngineFacts(name="none", version="")
_WILLING = Equipped(
    engine=Engine(name="none", summary="", identify=lambda _: _NOBODY, supports=lambda *_: ""),
    facts=_NOBODY,
    program=(),
)
"""Asks nothing and refuses nothing."""


def scenarios_of(word: str, count: int, seed: int) -> Sequence[Scenario]:
    """Return `count` scenarios for every cell of the model that `word` names: formats x backends x modalities.

    Raises InputError for a word that names nothing, or several models.
    """
    targets = by_words([word], Tier.DEEP)
    if len(targets) != 1:
        names = ", ".join(target.playbook.model.hf_repo for target in targets[:4])
        raise InputError(f"{word!r} names {len(targets)} models: {names} ...", remedy="Name one of them.")
    playbook = targets[0].playbook
    # A playbook's own prompts are all asked, beyond the count if need be; here as many are wanted as the cells hold.
    held = playbook.matrix.prompts[: count * len(cells_of(playbook))]
    playbook = replace(playbook, matrix=replace(playbook.matrix, scenario_count=count, seed=seed, prompts=held))
    request = PlanRequest(
        playbook=playbook,
        tier=tiers()[Tier.DEEP],
        files=ModelFiles(model=playbook.model.hf_repo),
        equipment=dict.fromkeys(Format, _WILLING),
        machine=Machine(os="", arch="", cpu="", cores=1, memory_bytes=0),
        gates=(),
        oracles=furnish(ORACLES, Oracle),
    )
    return ask(request, cells_of(playbook)).scenarios
