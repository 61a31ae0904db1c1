"""`make soak`: thousands of real questions through one serve session of the reference engine, with 32 clients.

Prints a table and writes it into the page given with `--page`. Exit status 1 when something grew.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "run"))

from script_engines import ask
from soaking import CLIENTS, allowance, soak

from apr_qa.engines.reference import REFERENCE
from apr_qa.run.find import equip
from apr_qa.vocab.artefacts import Artefact, ModelFiles
from apr_qa.vocab.axes import Backend, Cell, Format, Modality

FOLDER = Path(__file__).resolve().parents[1] / "models" / "tiny" / "safetensors"
GROWTH = 1.1
PAGE = """\
# Soak

{count:,} sums through one serve session of the reference engine with the tiny model, {clients} clients at once
(`make soak`): {answered:,} answered in {sessions} session and {took:.0f} s. Means over the first and the last quarter
of the answers. More than {growth} times as much counts as growth, but for connections and their threads, of which each
side opens one a client as they are needed.

{table}
"""


def main() -> int:
    """Ask, and compare the quarters."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--page", type=Path)
    wanted = parser.parse_args()
    cell = Cell(format=Format.SAFETENSORS, backend=Backend.CPU, modality=Modality.SERVE)
    weights = FOLDER / "model.safetensors"
    artefact = Artefact(format=Format.SAFETENSORS, path=weights, folder=FOLDER, files=(weights,))
    files = ModelFiles(model="tiny", artefacts={Format.SAFETENSORS: artefact}, root=FOLDER)
    questions = [
        ask(f"What is {n % 90}+{n % 7}?", Modality.SERVE, id=f"q{n}", cell=cell, max_tokens=2, timeout_s=600.0)
        for n in range(wanted.count)
    ]
    seen = soak(questions, Format.SAFETENSORS, equip(REFERENCE), files)
    rows = [("what", "first quarter", "last quarter", "ratio"), ("---",) * 4]
    grew = []
    for name in seen.samples[0]:
        first, last = seen.quarters(name)
        grew += [name] * (last > first * GROWTH + allowance(name))
        rows.append((name, f"{first:.1f}", f"{last:.1f}", f"{last / first:.3f}"))
    text = PAGE.format(
        count=wanted.count,
        clients=CLIENTS,
        answered=seen.answered,
        sessions=seen.sessions,
        took=seen.took_s,
        growth=GROWTH,
        table="\n".join("| " + " | ".join(row) + " |" for row in rows),
    )
    print(text)
    if wanted.page:
        wanted.page.parent.mkdir(parents=True, exist_ok=True)
        wanted.page.write_text(text, encoding="utf-8")
    return 0 if not grew and seen.answered == wanted.count and seen.sessions == 1 else 1


if __name__ == "__main__":
    sys.exit(main())
