"""What a benchmark prints: one line a figure, with its target, the ratio to a bare counterpart, and the spread."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured thing; `values` are the rounds, in `unit`."""

    name: str
    unit: str
    values: Sequence[float]
    target: str = ""
    bare: float | None = None
    """The same done without us, measured in the same run, in the same unit."""
    bare_is: str = ""
    why: str = ""
    """Where the cost lies: said when the target is missed."""

    def missed(self) -> str:
        """Return by how much the median misses its target, or nothing where it is met or there is none.

        Targets read `under 5 s`, `at least 1.5 GB/s` (in the figure's own unit) or `within 10 % of ...` (of `bare`).
        Raises ValueError for any other: a target that nobody can check is none.
        """
        if not self.target:
            return ""
        found = re.match(r"(under|at least|within) ([\d.]+) (%|\S+)", self.target)
        if not found or found[3] not in ("%", self.unit.split()[0]):
            raise ValueError(f"{self.name}: the target {self.target!r} cannot be checked in {self.unit}")
        told, bound = median(self.values), float(found[2])
        if found[1] == "within":
            told, bound = told / (self.bare or 0.0), 1 + bound / 100
        over = 1 - told / bound if found[1] == "at least" else told / bound - 1
        return f"{over:.0%} past the target" if over > 0 else ""

    def cells(self) -> tuple[str, ...]:
        """Return the line: name, target, median, ratio with what it is to, rounds, spread."""
        middle, lowest, highest = median(self.values), min(self.values), max(self.values)
        ratio = f"{middle / self.bare:.2f} x {self.bare_is} ({self.bare:.3g})" if self.bare else ""
        spread = f"{lowest:.3g} to {highest:.3g}"
        return (self.name, self.target, f"{middle:.3g} {self.unit}", ratio, str(len(self.values)), spread)


def show(figures: Sequence[Figure]) -> str:
    """Return all lines as one table."""
    rows = [("figure", "target", "measured (median)", "ratio", "n", "spread"), *(f.cells() for f in figures)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)


def peak_mb() -> float:
    """Return the peak memory of this program alone, in MB (`ru_maxrss` would begin with what its parent had)."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024 / 1e6


def timed(work: Callable[[], object], rounds: int, clock: Callable[[], float] = time.process_time) -> list[float]:
    """Return what each of `rounds` calls took by `clock`, in seconds: of our own processor unless told otherwise."""
    taken = []
    for _ in range(rounds):
        began = clock()
        work()
        taken.append(clock() - began)
    return taken
