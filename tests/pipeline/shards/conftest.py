"""Runs one plan twice, once: by three programs at the same time, and whole."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from sharding import Returned, finished, program  # (after the path is set)

_NARROW = {
    "smoke": ("--modalities", "run", "--formats", "safetensors"),
    "mvp": ("--modalities", "run,serve", "--formats", "gguf", "--backends", "cpu"),
}


@pytest.fixture(scope="session")
def returned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Returned]:
    """The tiny model at smoke, in three shards and whole, by real engines."""
    yield from _run("smoke", tmp_path_factory.mktemp("smoke"))


@pytest.fixture(scope="session")
def returned_mvp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Returned]:
    """The same at a narrowed mvp: another engine, and servers besides."""
    yield from _run("mvp", tmp_path_factory.mktemp("mvp"))


def _run(tier: str, folder: Path) -> Iterator[Returned]:
    plan = folder / "plan.json"
    words = ("tiny", tier, "--engine", "embedded", *_NARROW[tier], "--json")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        finished(program("plan", *words, "--shards", "3", "--output", plan))
        paths = [folder / f"shard-{number}.json" for number in (1, 2, 3)]
        jobs = [program("run-shard", plan, k, "--json", "--output", path) for k, path in enumerate(paths, start=1)]
        for job in jobs:
            finished(job)
        whole = finished(program("certify", *words, "--output", folder / "whole"), statuses=(0, 3))["evidence"]
        yield Returned(plan=plan, shards=tuple(paths), whole=Path(whole))
