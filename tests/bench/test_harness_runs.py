"""The benchmarks run and print one table; absolute times are for people, never an assertion."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from bench.__main__ import missed  # noqa: E402  (after the path is set)
from bench.figures import Figure  # noqa: E402
from bench.fleet import simulate  # noqa: E402
from bench.records import make  # noqa: E402
from bench.reporting import in_a_child  # noqa: E402


def test_a_quick_round_prints_every_figure_and_writes_the_page(tmp_path: Path) -> None:
    """One line a figure, with its target where it has one; the page holds the table and no path of the machine."""
    page = tmp_path / "page.md"
    argv = [sys.executable, "-m", "bench", "--quick", "--write", str(page)]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=280, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    for words in (
        "apr-qa --help",
        "planning ",
        "our time a scenario",
        "reading and scoring",
        "peak memory",
        "under 5 ms",
        "going on with",
        "headers of safetensors",
        "GB of BF16",
        "against ground truth",
        "truth and file",
        "fleet: makespan",
        "under 2 MB",
    ):
        assert words in done.stdout
        assert words in page.read_text(encoding="utf-8")
    assert str(ROOT) not in page.read_text(encoding="utf-8")


def test_ten_times_the_records_need_far_less_than_ten_times_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reading, scoring and reporting streams: nine tenths more evidence adds less than a kilobyte a record."""
    monkeypatch.chdir(ROOT)
    peaks = {}
    for records in (6_000, 60_000):
        (tmp_path / str(records)).mkdir()
        make(records, tmp_path / str(records))
        peaks[records] = in_a_child(tmp_path / str(records) / "evidence.json")["peak_mb"]
    size_mb = (tmp_path / "60000" / "evidence.json").stat().st_size / 1e6
    assert peaks[60_000] - peaks[6_000] < size_mb, "more than the file itself"
    assert peaks[60_000] < 2 * peaks[6_000]


def test_the_simulated_fleet_is_near_its_lower_bound() -> None:
    """Stragglers and lost runners included, over several seeds; never below it."""
    for seed in range(3):
        found = simulate(10_000, seed)
        assert 1.0 <= found.makespan_h / found.bound_h < 1.1
        assert found.lost_runners > 0


@pytest.mark.parametrize(
    ("target", "unit", "value", "said"),
    [
        ("under 5 ms", "ms cpu", 5.0, ""),
        ("under 5 ms", "ms cpu", 6.0, "20% past the target"),
        ("at least 1.5 GB/s", "GB/s cpu", 1.5, ""),
        ("at least 1.5 GB/s", "GB/s cpu", 1.0, "33% past the target"),
        ("within 10 % of the bound", "h", 109.0, ""),
        ("within 10 % of the bound", "h", 132.0, "20% past the target"),
        ("", "s", 9e9, ""),
    ],
)
def test_what_misses_its_target_says_so(target: str, unit: str, value: float, said: str) -> None:
    """By how much, on the page too, with the reason where one is known."""
    figure = Figure(name="it", unit=unit, values=[value], target=target, bare=100.0, why="It is slow.")
    assert figure.missed() == said
    assert missed([figure]) == (
        f"Targets missed:\n\n- it: {said} ({target}). It is slow." if said else "Every target in this table was met."
    )


@pytest.mark.parametrize("target", ["fast", "under 5 s"])
def test_a_target_that_cannot_be_checked_is_refused(target: str) -> None:
    """Another unit than the figure's, or no number at all."""
    with pytest.raises(ValueError, match="cannot be checked"):
        Figure(name="it", unit="ms", values=[1.0], target=target).missed()
