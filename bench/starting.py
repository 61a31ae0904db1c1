"""What `apr-qa --help` takes, beside an empty Python and one that only imports what the command line is made of."""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from statistics import median

from bench.figures import Figure, timed


def start_up(rounds: int) -> list[Figure]:
    """Return the figures, measured in turns so that noise disturbs all alike."""
    commands = {
        "help": (sys.executable, "-m", "apr_qa", "--help"),
        "empty": (sys.executable, "-c", "pass"),
        "libraries": (sys.executable, "-c", "import typer, rich"),
    }
    spent: dict[str, list[float]] = {name: [] for name in commands}
    help_again, waited = commands["help"], list[float]()
    for _ in range(rounds):
        for name, argv in commands.items():
            spent[name] += timed(
                lambda argv=argv: subprocess.run(argv, check=True, capture_output=True), 1, _of_children
            )
        waited += timed(lambda: subprocess.run(help_again, check=True, capture_output=True), 1, time.perf_counter)
    empty, libraries = median(spent["empty"]), median(spent["libraries"])
    return [
        Figure(
            name="apr-qa --help",
            unit="s cpu",
            values=spent["help"],
            target="under 0.3 s",
            bare=libraries,
            bare_is="importing typer and rich",
        ),
        Figure(name="  by the clock on the wall", unit="s", values=waited),
        Figure(name="  an empty Python", unit="s cpu", values=spent["empty"]),
        Figure(
            name="  importing typer and rich",
            unit="s cpu",
            values=spent["libraries"],
            bare=empty,
            bare_is="an empty Python",
        ),
    ]


def _of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
