"""How to ask for less, when this machine cannot run all that a tier requires."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations, product

from apr_qa.vocab.axes import Cell
from apr_qa.vocab.plan import Plan


def narrower(plan: Plan) -> str:
    """Return the options that narrow the claim to the most cells that can run; empty when that would not help.

    Only whole axes can be named, so the answer is the largest block of formats x backends x modalities of which
    every cell runs.
    """
    held_back = {item.what for item in plan.not_run if item.required}
    if not plan.cells or not any(str(cell) in held_back for cell in plan.matrix_cells):
        return ""
    axes = [tuple(dict.fromkeys(axis)) for axis in _axes(plan.matrix_cells)]
    running = set(zip(*_axes(plan.cells), strict=True))
    blocks = (
        (len(f) * len(b) * len(m), (f, b, m))
        for f, b, m in product(*(list(_subsets(axis)) for axis in axes))
        if running.issuperset(product(f, b, m))
    )
    _, best = max(blocks, key=lambda block: block[0])
    names = ("--formats", "--backends", "--modalities")
    return " ".join(f"{n} {','.join(b)}" for n, b, whole in zip(names, best, axes, strict=True) if len(b) < len(whole))


def _axes(cells: Iterable[Cell]) -> Iterator[Sequence[str]]:
    return zip(*((cell.format, cell.backend, cell.modality) for cell in cells), strict=True)


def _subsets(axis: Sequence[str]) -> Iterator[tuple[str, ...]]:
    for size in range(1, len(axis) + 1):
        yield from combinations(axis, size)
