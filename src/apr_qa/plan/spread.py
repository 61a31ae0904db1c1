"""Spreading prompts over cells, so that none is lost and no cell asks the same as its neighbour."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle, islice

from apr_qa.vocab.axes import Cell
from apr_qa.vocab.plan import NotRun
from apr_qa.vocab.playbook import Matrix, Placed


@dataclass(frozen=True, slots=True, kw_only=True)
class Dealt:
    """Which prompts each cell asks, in order."""

    by_cell: Mapping[Cell, tuple[str, ...]]
    not_run: tuple[NotRun, ...]
    notes: tuple[str, ...]


def deal(cells: Sequence[Cell], matrix: Matrix, supply: Sequence[str]) -> Dealt:
    """Deal the prompts of `matrix` to `cells`: placed ones first, then the others in turn, starting by the seed.

    Every prompt that the playbook lists is asked at least once, in scenarios beyond `scenario_count` if need be. Of
    `supply`, which serves when the playbook lists none, as many are taken as there is room.
    """
    placed, homeless = _place(cells, matrix.placed)
    pool = matrix.prompts or tuple(supply)
    room = {cell: max(0, matrix.scenario_count - len(placed[cell])) for cell in cells}
    turns = _in_turn(pool, matrix.seed)
    dealt = {cell: [*placed[cell], *islice(turns, room[cell])] for cell in cells}
    extra = max(0, len(matrix.prompts) - sum(room.values()))
    for cell, prompt in zip(cycle(cells), list(islice(turns, extra)), strict=False):
        dealt[cell].append(prompt)
    return Dealt(
        by_cell={cell: tuple(prompts) for cell, prompts in dealt.items()},
        not_run=tuple(_not_asked(homeless)),
        notes=tuple(_notes(matrix, extra)),
    )


def repeats(prompts: Iterable[str]) -> Iterator[tuple[str, int]]:
    """Yield each prompt with how often it stood there before: equal questions are to be asked anew."""
    seen: Counter[str] = Counter()
    for prompt in prompts:
        yield prompt, seen[prompt]
        seen[prompt] += 1


def _in_turn(pool: Sequence[str], seed: int) -> Iterator[str]:
    start = seed % len(pool) if pool else 0
    return cycle([*pool[start:], *pool[:start]])


def _place(cells: Sequence[Cell], placed: Sequence[Placed]) -> tuple[dict[Cell, list[str]], list[Placed]]:
    found: dict[Cell, list[str]] = {cell: [] for cell in cells}
    homeless = []
    for item in placed:
        home = next((cell for cell in cells if _fits(item, cell)), None)
        if home is None:
            homeless.append(item)
        else:
            found[home].append(item.prompt)
    return found, homeless


def _fits(item: Placed, cell: Cell) -> bool:
    wanted = ((item.format, cell.format), (item.backend, cell.backend), (item.modality, cell.modality))
    return all(want is None or want is has for want, has in wanted)


def _not_asked(homeless: Sequence[Placed]) -> Iterator[NotRun]:
    for item in homeless:
        place = "-".join(str(axis) for axis in (item.format, item.backend, item.modality) if axis)
        name = f" ({item.label})" if item.label else ""
        yield NotRun(what=f"prompt {item.prompt!r}{name}", reason=f"its cell {place} is not run")


def _notes(matrix: Matrix, extra: int) -> Iterator[str]:
    if extra:
        yield f"{extra} scenarios besides {matrix.scenario_count} a cell, so that every prompt of the playbook is asked"
    yield from (f"verification test {item.label!r} asks {item.prompt!r}" for item in matrix.placed if item.label)
