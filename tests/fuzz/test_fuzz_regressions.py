"""What once broke a parser, and what fuzzing begins with, is read again in every run of the tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from fuzz_target import REGRESSIONS, Target, names, target

CASES = [(file.parent.name, file) for file in sorted(REGRESSIONS.glob("*/*"))]


@pytest.mark.parametrize("name", names())
def test_the_seeds_reach_behind_the_first_check(name: str) -> None:
    """At least one seed of each parser gives a value, and no seed breaks it."""
    found = target(name)
    assert any([found.accepts(seed) for seed in found.seeds])  # noqa: C419  (all of them are read)


@pytest.mark.parametrize(("name", "file"), CASES, ids=[f"{name}-{file.name}" for name, file in CASES])
def test_what_broke_a_parser_does_so_no_more(name: str, file: Path) -> None:
    """A value or a named error, and nothing else."""
    target(name).accepts(file.read_bytes())


def test_every_folder_of_regressions_has_a_parser() -> None:
    """A parser that is renamed takes its regressions along."""
    assert {name for name, _ in CASES} <= set(names())


def test_a_broken_contract_is_seen() -> None:
    """An exception that is no named error comes through, so that the fuzzer stops at it."""

    def read(data: bytes) -> None:
        if 1 // len(data) == 0:
            raise KeyError

    broken = Target(name="x", read=read, refusals=(KeyError,), seeds=())
    assert [broken.accepts(b"a"), broken.accepts(b"aa")] == [True, False]
    with pytest.raises(ZeroDivisionError):
        broken.accepts(b"")
