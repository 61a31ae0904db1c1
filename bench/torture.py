"""`make torture`: every way for an engine to misbehave, how it was judged, how long it took, what was left.

Prints the table and writes it into the page given with `--page`. Exit status 1 when one was judged wrongly.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "run"))

import psutil
from torture_ways import WAYS

from apr_qa.run import isolation
from torture import Seen, in_a_folder

HEAD = ("Way to misbehave", "Asked by", "Ended", "Judged", "Right", "Limit, s", "Took, s", "Left behind")
PAGE = """\
# Engine torture

Programs in place of `apr` that misbehave, one question each, asked and judged as a run does it (`make torture`).
Fence: {fence}. {right} of {count} were judged rightly; {left} left something behind. Processes of this program that
were still there a second after the last: {children}; processor time that they and all their like used in that
second: {busy:.2f} s.
The limits were 512 MiB of memory, 64 processes, files of 8 MiB, 1 MiB of output. A crash is asked again once, so its
limit counts twice. Times were taken on a busy machine of {cores} cores.

{table}
"""


def main() -> int:
    """Put all on trial."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--page", type=Path)
    page = parser.parse_args().page
    rows: list[tuple[str, ...]] = []
    seen: list[Seen] = []
    for way in WAYS:
        seen.append(in_a_folder(way))
        rows.append(_row(seen[-1]))
        print("  ".join(cell.ljust(width) for cell, width in zip(rows[-1], (37, 8, 9, 13, 5, 8, 8, 0), strict=True)))
    used = time.process_time() + sum(os.times()[2:4])
    time.sleep(1)
    children = len(psutil.Process().children(recursive=True))
    text = PAGE.format(
        fence=isolation.fence(),
        right=sum(one.is_right for one in seen),
        count=len(seen),
        left=sum(bool(one.left) for one in seen),
        children=children,
        busy=time.process_time() + sum(os.times()[2:4]) - used,
        cores=os.cpu_count(),
        table="\n".join("| " + " | ".join(row) + " |" for row in (HEAD, tuple("---" for _ in HEAD), *rows)),
    )
    if page:
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(text, encoding="utf-8")
    print(text.partition("\n\n")[2].partition("\n\n|")[0])
    return 0 if all(one.is_right and not one.left for one in seen) and not children else 1


def _row(one: Seen) -> tuple[str, ...]:
    return (
        one.way.name,
        one.way.modality.value,
        one.observation.reply.ending.value,
        one.verdict.outcome.value,
        "yes" if one.is_right else f"NO: {one.verdict.reason} {one.observation.note}"[:200],
        f"{one.limit_s:g}",
        f"{one.took_s:.1f}",
        "; ".join(one.left) or "nothing",
    )


if __name__ == "__main__":
    sys.exit(main())
