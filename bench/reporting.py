"""Reading, scoring and reporting long evidence: seconds, and peak memory of the program that does it.

A child program reads evidence made by `records.py`, scores it and writes every report, as `apr-qa report` does.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.figures import Figure, peak_mb
from bench.records import make


def report_once(evidence: Path, out: Path) -> dict[str, float]:
    """Read, score and report `evidence` in this program; return seconds and megabytes."""
    from apr_qa.pipeline.rescore import rescore
    from apr_qa.pipeline.results import write_reports

    marks = [(time.perf_counter(), time.process_time())]
    scored = rescore(evidence)
    marks.append((time.perf_counter(), time.process_time()))
    read_mb = peak_mb()
    written = write_reports(scored.evidence, scored.scorecard, out)
    marks.append((time.perf_counter(), time.process_time()))
    return {
        "wall_s": marks[2][0] - marks[0][0],
        "own_s": marks[2][1] - marks[0][1],
        "read_s": marks[1][1] - marks[0][1],
        "read_mb": read_mb,
        "peak_mb": peak_mb(),
        "html_mb": next(one.path for one in written if one.name == "html").stat().st_size / 1e6,
    }


def in_a_child(evidence: Path) -> dict[str, float]:
    """Do the same in a program of its own, so that its memory is its own."""
    with tempfile.TemporaryDirectory(prefix="apr-qa-bench-") as out:
        argv = [sys.executable, "-m", "bench.reporting", str(evidence), out]
        done = subprocess.run(argv, check=True, capture_output=True, text=True)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def reporting(few: int, many: int, rounds: int) -> list[Figure]:
    """Return what `many` records cost, and how much more memory they take than `few`."""
    with tempfile.TemporaryDirectory(prefix="apr-qa-bench-") as folder:
        for records in (few, many):
            (Path(folder) / str(records)).mkdir()
            make(records, Path(folder) / str(records))
        small = [in_a_child(Path(folder) / str(few) / "evidence.json") for _ in range(rounds)]
        large = [in_a_child(Path(folder) / str(many) / "evidence.json") for _ in range(rounds)]
    whole = many >= 1_000_000
    return [
        Figure(
            name=f"reading, scoring, reporting {many:,} records",
            unit="s cpu",
            values=[one["own_s"] for one in large],
            target="under 60 s" if whole else "",
            why="About half of it is decoding: each report's pass reads its records anew, so that none are held.",
            bare=min(one["own_s"] for one in small),
            bare_is=f"{few:,} records",
        ),
        Figure(name="  by the clock on the wall", unit="s", values=[one["wall_s"] for one in large]),
        Figure(
            name="  peak memory",
            unit="MB",
            values=[one["peak_mb"] for one in large],
            target="under 300 MB" if whole else "",
            bare=min(one["peak_mb"] for one in small),
            bare_is=f"{few:,} records",
        ),
        Figure(name="  size of the HTML", unit="MB", values=[one["html_mb"] for one in large], target="under 2 MB"),
    ]


if __name__ == "__main__":
    print(json.dumps(report_once(Path(sys.argv[1]), Path(sys.argv[2]))))
