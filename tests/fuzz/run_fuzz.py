"""Fuzzes every parser of foreign input for a number of executions and prints one table.

Each parser has a child process of its own with a fixed seed, a limit of time for one input, and a limit of memory.
An input that breaks a parser is kept below `--crashes`; move it to tests/fuzz/regressions/PARSER once it is mended.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from fuzz_target import HERE, REGRESSIONS, names, target

SECONDS_AN_INPUT = 5
MEGABYTES = 1024
_DONE = re.compile(r"#(\d+)\s+(?:DONE|pulse|NEW|REDUCE|INITED|RELOAD).*? cov: (\d+) ft: \d+ corp: (\d+)/")
_COLUMNS = "| Parser | Executions | Edges | Seeds | New corpus | Crashes | Seconds |\n|---|--:|--:|--:|--:|--:|--:|"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of one parser."""

    name: str
    executions: int
    edges: int
    seeds: int
    corpus: int
    crashes: int
    seconds: float

    def row(self) -> str:
        """Return a row of the table."""
        new = max(0, self.corpus - self.seeds)
        return (
            f"| {self.name} | {self.executions:,} | {self.edges:,} | {self.seeds} | {new} | {self.crashes} "
            f"| {self.seconds:.0f} |"
        )


def fuzz(name: str, options: argparse.Namespace) -> Result:
    """Fuzz one parser."""
    found = target(name)
    kept = Path(options.crashes) / name
    kept.mkdir(parents=True, exist_ok=True)
    inputs = [*found.seeds, *(file.read_bytes() for file in sorted((REGRESSIONS / name).glob("*")))]
    with tempfile.TemporaryDirectory(prefix="fuzz-") as scratch:
        corpus, words = Path(scratch, "corpus"), Path(scratch, "words")
        corpus.mkdir()
        for number, data in enumerate(inputs):
            (corpus / f"{number:03}").write_bytes(data[: found.longest])
        words.write_text("".join(f'"{_escaped(word)}"\n' for word in found.words), encoding="ascii")
        limits = [f"-runs={options.runs}", f"-seed={options.seed}", f"-max_len={found.longest}", f"-dict={words}"]
        limits += [f"-timeout={SECONDS_AN_INPUT}", f"-rss_limit_mb={MEGABYTES}", f"-artifact_prefix={kept}/"]
        argv = [sys.executable, str(HERE / "fuzz_one.py"), name, *limits, str(corpus)]
        began = time.monotonic()
        env = os.environ | {"PYTHONHASHSEED": "0", "TMPDIR": scratch}
        ended = subprocess.run(argv, env=env, capture_output=True, text=True, errors="replace", check=False)
    return _result(name, ended, len(inputs), time.monotonic() - began)


def _result(name: str, ended: subprocess.CompletedProcess[str], seeds: int, seconds: float) -> Result:
    shown = [tuple(map(int, found)) for found in _DONE.findall(ended.stderr)]
    executions, edges, corpus = shown[-1] if shown else (0, 0, 0)
    if ended.returncode:
        print(
            f"{name}: exit status {ended.returncode}\n{ended.stdout[-3000:]}\n{ended.stderr[-2000:]}", file=sys.stderr
        )
    return Result(
        name=name,
        executions=executions,
        edges=edges,
        seeds=seeds,
        corpus=corpus,
        crashes=int(bool(ended.returncode)),
        seconds=seconds,
    )


def _escaped(word: bytes) -> str:
    return "".join(f"\\x{byte:02x}" for byte in word)


def main() -> int:
    """Print the table; the exit status is 1 when a parser broke its contract."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("parsers", nargs="*", help="all when none is named")
    reader.add_argument("--runs", type=int, default=20_000, help="executions for each parser")
    reader.add_argument("--seed", type=int, default=1)
    reader.add_argument("--crashes", default="out/fuzz", help="where inputs that broke a parser are kept")
    options = reader.parse_args()
    try:
        import atheris  # noqa: F401
    except ImportError:
        print(
            "fuzzing needs atheris, which has no wheel for this Python: use Python 3.11 to 3.14 on Linux",
            file=sys.stderr,
        )
        return 2
    print(f"seed {options.seed}, {options.runs:,} executions a parser, Python {sys.version.split()[0]}\n")
    print(_COLUMNS)
    failed = 0
    for name in options.parsers or names():
        result = fuzz(name, options)
        print(result.row(), flush=True)
        failed += result.crashes
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
