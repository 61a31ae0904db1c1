"""Changes the program at one place at a time and counts the changes that no test sees; prints a table.

Works in a copy of the tree, with mutmut. `--most` bounds the work: of a part with more mutants as many are drawn, by
the seed. Survivors are listed by name below the table; `mutmut show NAME` in the copy (`--copy`) shows one.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LEFT_OUT = shutil.ignore_patterns(".git", ".venv", "out", "mutants", "__pycache__", ".*_cache", ".hypothesis")
_CONFIG = """
[tool.mutmut]
paths_to_mutate = [{paths}]
also_copy = ["src", "tests", "models", "docs", "playbooks", "tools", "scripts", "bench", ".github"]
tests_dir = [{tests}]
"""
_KILLED = (1, 3)
_SLOW = (24, 36, -24, 152, 255)
"""Exit statuses of a mutant that ran out of time: a test would hang, which is seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What is changed, and the tests that should see it."""

    name: str
    paths: tuple[str, ...]
    tests: tuple[str, ...]


_GATEWAYS = ("_answers", "_judging", "g1_load", "g2_answer", "g3_stable", "g4_basic", "g4_garbage")
PARTS = (
    Part(name="score", paths=("src/apr_qa/score/",), tests=("tests/score",)),
    Part(name="authority", paths=("src/apr_qa/github/authority.py",), tests=("tests/github/test_authority.py",)),
    Part(name="parser", paths=("src/apr_qa/bot/parser.py",), tests=("tests/bot/test_bot_parser.py",)),
    Part(
        name="gateways",
        paths=tuple(f"src/apr_qa/gates/{name}.py" for name in _GATEWAYS),
        tests=(
            "tests/gates/test_behaviour_gates.py",
            "tests/gates/test_what_gateways_say.py",
            "tests/gates/test_answers_compared.py",
        ),
    ),
    Part(name="gates", paths=("src/apr_qa/gates/",), tests=("tests/gates",)),
)


def mutate(part: Part, copy: Path, options: argparse.Namespace) -> dict[str, int | None]:
    """Return the exit status of the tests for each mutant of `part` that was tried."""
    shutil.copytree(ROOT, copy, ignore=LEFT_OUT)
    listed = [", ".join(f'"{item}"' for item in items) for items in (part.paths, part.tests)]
    with (copy / "pyproject.toml").open("a", encoding="utf-8") as stream:
        stream.write(_CONFIG.format(paths=listed[0], tests=listed[1]))
    _mutmut(copy, "run", "no such mutant")  # makes them, and finds which tests reach which
    names = sorted(_statuses(copy))
    chosen = sorted(random.Random(options.seed).sample(names, min(options.most, len(names))))
    _mutmut(copy, "run", "--max-children", str(options.jobs), *chosen)
    found = _statuses(copy)
    return {name: found[name] for name in chosen}


def _mutmut(copy: Path, *arguments: str) -> None:
    env = os.environ | {"PYTHONHASHSEED": "0", "OPENBLAS_NUM_THREADS": "1"}
    program = [sys.executable, "-m", "mutmut", *arguments]
    subprocess.run(program, cwd=copy, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)


def _statuses(copy: Path) -> dict[str, int | None]:
    found: dict[str, int | None] = {}
    for file in sorted((copy / "mutants").rglob("*.meta")):
        found |= json.loads(file.read_text(encoding="utf-8"))["exit_code_by_key"]
    return found


def main() -> int:
    """Print the table; the exit status is 1 when fewer than `--least` per cent of a part were killed."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("parts", nargs="*", choices=[[], *(part.name for part in PARTS)], help="all when none is named")
    reader.add_argument("--most", type=int, default=300, help="mutants tried for each part")
    reader.add_argument("--seed", type=int, default=1)
    reader.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    reader.add_argument("--least", type=float, default=90.0, help="per cent that must be killed")
    reader.add_argument("--copy", type=Path, default=ROOT / "out" / "mutants", help="folder for the copies")
    options = reader.parse_args()
    print("| Part | Mutants | Killed | Survived | Killed, % |\n|---|--:|--:|--:|--:|")
    survivors, failed = [], False
    for part in PARTS:
        if options.parts and part.name not in options.parts:
            continue
        shutil.rmtree(options.copy / part.name, ignore_errors=True)
        tried = mutate(part, options.copy / part.name, options)
        killed = sum(status in (*_KILLED, *_SLOW) for status in tried.values())
        share = 100 * killed / len(tried) if tried else 0.0
        print(f"| {part.name} | {len(tried)} | {killed} | {len(tried) - killed} | {share:.1f} |", flush=True)
        survivors += [name for name, status in tried.items() if status not in (*_KILLED, *_SLOW)]
        failed |= share < options.least
    print("\nSurvivors:", *(survivors or ["none"]), sep="\n")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
