"""What a benchmark prints: one line a figure, with its target, the ratio to a bare counterpart, and the spread."""

from __future__ import annotations

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
