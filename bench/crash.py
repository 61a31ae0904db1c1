"""`make crash`: runs, publishing and tickets stopped at random points, and what the same command came to afterwards.

Prints a table and writes it into the page given with `--page`. Exit status 1 when one result differed.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "pipeline" / "crash"))

from crashing import KINDS, Trial, Undisturbed
from material import material

HEAD = ("Command", "Changes it makes", *KINDS, "Same result afterwards", "Time, s")
PAGE = """\
# Crash consistency

Three commands are stopped at {points} random points each (`make crash`, seed {seed}), then given again: a run of the
tiny model at tier smoke with recorded observations (journal, evidence, reports, registry), publishing the two shards
of a plan, and drafting tickets. Every change of a file below the command's folder is a point. What goes wrong there:

- SIGKILL: the process dies before the change is made.
- Power cut: likewise, and what was not synced is lost: of each file only what was synced, or some of the bytes after
  it; of names (created, renamed, removed) any state that ever was, also one older than the last sync.
- Disk full: this and every later write, sync, new file and new folder fails.
- I/O error: this one change fails.

Afterwards all files must be, byte for byte, those of a command that nothing happened to. Left out are unfinished files
(their names begin with a dot; no reader looks at them) and the journal's index, a help for reading. The clock stands
still, since the time of a start is all that two undisturbed runs differ in. A stopped command must end cleanly or with
one of our own errors, never with a traceback.

{table}

Cells under the kinds: points tried, and how the stopped command ended (-9 killed, 3 an error that says what to do,
0 it got over it). The harness is held to finding a careless program with each kind of fault
(`tests/pipeline/crash/test_crash_points.py`).
"""


def main() -> int:
    """Try all points."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--points", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--page", type=Path)
    wanted = parser.parse_args()
    rows, bad = [], 0
    with tempfile.TemporaryDirectory() as folder:
        for name, (work, place) in material(Path(folder)).works(Path(folder) / "works").items():
            began = time.monotonic()
            undisturbed = Undisturbed(work, place)
            chance = random.Random(wanted.seed)
            trials = [undisturbed.trial(fault, chance) for fault in undisturbed.points(wanted.points, chance)]
            for trial in trials:
                if trial.problem:
                    print(f"{name}: {trial.fault.kind} at change {trial.fault.at}: {trial.problem}")
            right = sum(not trial.problem for trial in trials)
            bad += len(trials) - right
            cells = (_cell(trials, kind) for kind in KINDS)
            took = f"{time.monotonic() - began:.0f}"
            rows.append((name, str(undisturbed.changes), *cells, f"{right} of {len(trials)}", took))
            print("  ".join(rows[-1]))
    table = "\n".join("| " + " | ".join(row) + " |" for row in (HEAD, tuple("---" for _ in HEAD), *rows))
    if wanted.page:
        wanted.page.parent.mkdir(parents=True, exist_ok=True)
        wanted.page.write_text(PAGE.format(points=wanted.points, seed=wanted.seed, table=table), encoding="utf-8")
    return 1 if bad else 0


def _cell(trials: list[Trial], kind: str) -> str:
    ends = Counter(trial.first for trial in trials if trial.fault.kind == kind)
    return f"{ends.total()} ({', '.join(f'{n} x {status}' for status, n in sorted(ends.items()))})"


if __name__ == "__main__":
    sys.exit(main())
