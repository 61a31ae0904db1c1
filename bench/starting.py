"""How long `apr-qa --help` takes, beside an empty Python and one that only imports what the command line is made of."""

from __future__ import annotations

import subprocess
import sys
from statistics import median

from figures import Figure, timed


def start_up(rounds: int) -> list[Figure]:
    """Return the figures, measured in turns so that noise disturbs all alike."""
    commands = {
        "help": (sys.executable, "-m", "apr_qa", "--help"),
        "empty": (sys.executable, "-c", "pass"),
        "libraries": (sys.executable, "-c", "import typer, rich"),
    }
    taken: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, argv in commands.items():
            taken[name] += timed(lambda argv=argv: subprocess.run(argv, check=True, capture_output=True), 1)
    empty, libraries = median(taken["empty"]), median(taken["libraries"])
    return [
        Figure(
            name="apr-qa --help",
            unit="s",
            values=taken["help"],
            target="under 0.3 s",
            bare=libraries,
            bare_is="importing typer and rich",
        ),
        Figure(name="  an empty Python", unit="s", values=taken["empty"]),
        Figure(
            name="  importing typer and rich",
            unit="s",
            values=taken["libraries"],
            bare=empty,
            bare_is="an empty Python",
        ),
    ]
