"""Our own cost, as one table: ``python -m bench [--quick] [--write docs/performance.md] [--only NAME,...]``.

`cpu` is processor time, which on a quiet machine is the time that passes; other programs disturb it less. Nothing here
is an assertion.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.certifying import overhead
from bench.figures import Figure, show
from bench.fleet import fleet
from bench.forward import forward
from bench.headers import headers
from bench.planning import expansion
from bench.reporting import reporting
from bench.resuming import resuming
from bench.scan import scanning
from bench.starting import start_up

Part = Callable[[bool], list[Figure]]


def _planning(quick: bool) -> list[Figure]:
    sizes = ((100, ""),) if quick else ((10_000, "under 1 s"), (100_000, "under 5 s"))
    return [expansion(size, 1 if quick else 3, target) for size, target in sizes]


PARTS: dict[str, Part] = {
    "start": lambda quick: start_up(1 if quick else 5),
    "planning": _planning,
    "overhead": lambda quick: overhead(10, 50 if quick else 2_000, 1 if quick else 3),
    "reporting": lambda quick: reporting(400, 4_000 if quick else 1_000_000, 1),
    "resuming": lambda quick: resuming(4_000 if quick else 1_000_000, 1 if quick else 3),
    "headers": lambda quick: headers(20 if quick else 1_000, 1 if quick else 3),
    "scan": lambda quick: scanning(0.1 if quick else 1.0, 512 if quick else 4096, 1 if quick else 3),
    "forward": lambda quick: forward(2, 256 if quick else 2048, 16 if quick else 64, 1 if quick else 3),
    "fleet": lambda quick: fleet(200 if quick else 10_000, 1 if quick else 5),
}
_ABOUT = """# Performance

What this program costs besides the engines, and how its planner does. Made by

    python -m bench{words} --write {name}

on {machine}. Figures are medians of n rounds; `cpu` is processor time. A ratio compares with the thing named, measured
in the same run; where the machine was busy (its load is given) the ratio says more than the figure.

```
{table}
```

{missed}
"""


def machine() -> str:
    """Return the facts of this machine that a figure depends on; no names."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    load = os.getloadavg()[0]
    return (
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, {memory:.0f} GB of memory, load {load:.1f},"
        f" Python {platform.python_version()}"
    )


def missed(figures: Sequence[Figure]) -> str:
    """Return what the page says of targets that were missed: by how much, and why as far as it is known."""
    late = [(figure, by) for figure in figures if (by := figure.missed())]
    if not late:
        return "Every target in this table was met."
    lines = [f"- {f.name.strip()}: {by} ({f.target}). {f.why or 'Why is not known yet.'}" for f, by in late]
    return "Targets missed:\n\n" + "\n".join(lines)


def main(argv: Sequence[str] | None = None) -> None:
    """Measure and print one table, or write the page."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="One round of everything, few scenarios: does it run?")
    parser.add_argument("--write", type=Path, help="Write the page of figures there.")
    parser.add_argument("--only", default=",".join(PARTS), help=f"Some of: {', '.join(PARTS)}.")
    asked = parser.parse_args(argv)
    names = asked.only.split(",")
    if unknown := [name for name in names if name not in PARTS]:
        parser.error(f"no part is called {unknown[0]!r}; there are {', '.join(PARTS)}")
    facts, figures = machine(), list[Figure]()
    for name in names:
        print(f"measuring: {name}", file=sys.stderr)
        figures += PARTS[name](asked.quick)
    table = "\n".join(line.rstrip() for line in show(figures).splitlines())
    print(f"{facts}\n\n{table}")
    if asked.write:
        words = (" --quick" if asked.quick else "") + (f" --only {asked.only}" if len(names) < len(PARTS) else "")
        text = _ABOUT.format(
            words=words, name=asked.write.as_posix(), machine=facts, table=table, missed=missed(figures)
        )
        asked.write.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
