"""The matrix scenarios: each cell with its prompts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from apr_qa.plan.expecting import Expecting
from apr_qa.plan.request import PlanRequest
from apr_qa.plan.spread import deal, repeats
from apr_qa.text import one_line
from apr_qa.vocab.axes import Cell, Modality
from apr_qa.vocab.plan import NotRun
from apr_qa.vocab.playbook import Playbook
from apr_qa.vocab.scenario import Message, Role, Scenario


@dataclass(frozen=True, slots=True, kw_only=True)
class Questions:
    """Matrix scenarios, and what could not be made one."""

    scenarios: tuple[Scenario, ...]
    not_run: tuple[NotRun, ...]
    notes: tuple[str, ...]


def ask(request: PlanRequest, cells: Sequence[Cell]) -> Questions:
    """Return the matrix scenarios of `cells`, in their order. Raises InputError for an oracle that cannot be used."""
    playbook = _with_tier_prompts(request)
    supply = [prompt.text for prompt in request.tier.prompts]
    dealt = deal(cells, playbook.matrix, supply)
    expecting = Expecting(playbook=playbook, room=request.oracles)
    asked: list[Scenario] = []
    refused: list[NotRun] = []
    for cell in cells:
        refuses = request.equipment[cell.format].engine.refuses
        kept = []
        for number, (prompt, repeat) in enumerate(repeats(dealt.by_cell[cell]), start=1):
            scenario = _scenario(playbook, expecting, cell, (prompt, repeat), number)
            if reason := refuses(scenario):
                refused.append(NotRun(what=f"{scenario.id} {one_line(prompt, 40)!r}", reason=reason))
            else:
                kept.append(scenario)
        asked += _first_cold(cell, kept)
    return Questions(scenarios=tuple(asked), not_run=(*dealt.not_run, *refused), notes=dealt.notes)


def _with_tier_prompts(request: PlanRequest) -> Playbook:
    """Return the playbook with what the tier knows of its own prompts, under what the playbook itself says."""
    playbook = request.effective
    known = {prompt.text: prompt for prompt in request.tier.prompts if not playbook.matrix.prompts}
    return replace(playbook, matrix=replace(playbook.matrix, details={**known, **playbook.matrix.details}))


def _scenario(playbook: Playbook, expecting: Expecting, cell: Cell, asked: tuple[str, int], number: int) -> Scenario:
    """`asked`: the prompt, and how often it stood in the cell before."""
    matrix = playbook.matrix
    prompt, repeat = asked
    detail = matrix.details.get(prompt)
    return Scenario(
        id=f"{cell}-matrix-{number:03d}",
        cell=cell,
        messages=(Message(role=Role.USER, content=prompt),),
        oracle=expecting.of(prompt),
        max_tokens=(detail.max_tokens if detail else None) or matrix.max_tokens,
        seed=matrix.seed,
        timeout_s=matrix.timeout_ms / 1000,
        repeat=repeat,
    )


def _first_cold(cell: Cell, scenarios: list[Scenario]) -> list[Scenario]:
    """Each run cell measures one cold start, with its first question."""
    if cell.modality is not Modality.RUN or not scenarios:
        return scenarios
    return [replace(scenarios[0], cold=True), *scenarios[1:]]
