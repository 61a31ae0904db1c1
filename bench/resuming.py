"""How long a long run takes to go on: from the journal's opening to the list of questions that are left.

The plan is made before; the index beside the journal is there, as a run leaves it. Measured once more with the index
gone, which is what it saves.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.figures import Figure
from bench.records import make, plan_for, run_of


def go_on(records: int, journal: Path) -> dict[str, float]:
    """Open the journal of a run of about `records` records and take over what it holds; return seconds."""
    from apr_qa.evidence.journal import Journal
    from apr_qa.pipeline.trial import Trial
    from apr_qa.vocab.artefacts import ModelFiles
    from apr_qa.vocab.axes import FailurePolicy

    plan = plan_for(records)
    run = run_of(plan)
    Trial(plan, ModelFiles(model=plan.model), _Nothing(), FailurePolicy.COLLECT_ALL)  # plug-ins are loaded once
    wall, own = time.perf_counter(), time.process_time()
    with Journal.open(journal, run) as opened:
        trial = Trial(plan, ModelFiles(model=plan.model), opened, FailurePolicy.COLLECT_ALL)
        trial.recall()
        left = len(trial.pending())
        taken = {"wall_s": time.perf_counter() - wall, "own_s": time.process_time() - own}
    return {**taken, "left": left, "judged": trial.judged}


class _Nothing:
    """No journal."""

    resumed = False

    def observation(self, place: int) -> Any:
        raise KeyError(place)


def in_a_child(records: int, journal: Path) -> dict[str, float]:
    """Do the same in a program of its own."""
    argv = [sys.executable, "-m", "bench.resuming", str(records), str(journal)]
    answer: dict[str, float] = json.loads(subprocess.run(argv, check=True, capture_output=True, text=True).stdout)
    return answer


def resuming(records: int, rounds: int) -> list[Figure]:
    """Return what it takes with the index, and without it."""
    with tempfile.TemporaryDirectory(prefix="apr-qa-bench-") as folder:
        make(records, Path(folder))
        journal = Path(folder) / "journal.jsonl"
        without = in_a_child(records, journal)  # makes the index
        with_it = [in_a_child(records, journal) for _ in range(rounds)]
    return [
        Figure(
            name=f"going on with {records:,} journal lines",
            unit="s cpu",
            values=[one["own_s"] for one in with_it],
            target="under 1 s" if records >= 1_000_000 else "",
            bare=without["own_s"],
            bare_is="without the index",
        ),
        Figure(name="  by the clock on the wall", unit="s", values=[one["wall_s"] for one in with_it]),
    ]


if __name__ == "__main__":
    print(json.dumps(go_on(int(sys.argv[1]), Path(sys.argv[2]))))
