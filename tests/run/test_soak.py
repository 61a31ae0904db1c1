"""A short soak: one session answers hundreds of questions, and nothing grows."""

from __future__ import annotations

from pathlib import Path

from script_engines import CELL_FORMAT, FACTS, SERVE, ask, engine, files_in, script
from soaking import CLIENTS, allowance, soak

from apr_qa.vocab.axes import Modality
from apr_qa.vocab.engines import Equipped

QUESTIONS = 480
GROWTH = 1.25


def _soaked(folder: Path, bad: str):
    questions = [ask(f"question {n}", Modality.SERVE) for n in range(QUESTIONS)]
    equipped = Equipped(engine=engine(), facts=FACTS, program=script(folder, SERVE, bad=bad))
    return soak(questions, CELL_FORMAT, equipped, files_in(folder))


def test_nothing_grows_with_the_questions(tmp_path: Path) -> None:
    """One session, all answered by many clients; the last quarter needs what the first did."""
    seen = _soaked(tmp_path, "time.sleep(0.02)")
    assert (seen.answered, seen.sessions) == (QUESTIONS, 1)
    for name in ("our memory, MB", "our descriptors", "engine's memory, MB", "engine's descriptors"):
        first, last = seen.quarters(name)
        assert last <= first * GROWTH + allowance(name), name
    assert max(sample["engine's threads"] for sample in seen.samples) > CLIENTS / 2


def test_a_leak_is_seen(tmp_path: Path) -> None:
    """An engine that keeps a file and some memory for every question grows by more than the bound."""
    kept = "threading.__dict__.setdefault('kept', [])"
    seen = _soaked(tmp_path, f"{kept}.append((open('/dev/null'), bytearray(1 << 18)))")
    for name in ("engine's memory, MB", "engine's descriptors"):
        first, last = seen.quarters(name)
        assert last > first * GROWTH + allowance(name), name
