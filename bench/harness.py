"""Our own overhead, as ratios in one run: ``python bench/harness.py [--quick]``.

Start-up, planning, what a certification costs besides the engine, reading and scoring. `cpu` is processor time, which
on a quiet machine is the time that passes; other programs disturb it less. Nothing here is an assertion.
"""

from __future__ import annotations

import argparse
import os
import platform

from certifying import overhead
from figures import show
from planning import expansion
from starting import start_up


def main() -> None:
    """Measure and print one table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="One round of everything, few scenarios: does it run?")
    quick = parser.parse_args().quick
    rounds = 1 if quick else 5
    figures = [
        *start_up(rounds),
        expansion(100 if quick else 10_000, rounds, "under 1 s"),
        *([] if quick else [expansion(100_000, 1, "under 10 s")]),
        *overhead(10, 50 if quick else 2_000, rounds if quick else 3),
    ]
    load = os.getloadavg()[0]
    print(f"{platform.machine()}, {os.cpu_count()} cores, load {load:.1f}, Python {platform.python_version()}\n")
    print(show(figures))


if __name__ == "__main__":
    main()
