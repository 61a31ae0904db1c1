"""Runs one plan twice, once: by three programs at the same time, and whole."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from sharding import Returned, finished, program  # (after the path is set)

_WORDS = ("tiny", "smoke", "--engine", "embedded", "--modalities", "run", "--formats", "safetensors", "--json")


@pytest.fixture(scope="session")
def returned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Returned]:
    """The tiny model at smoke, in three shards and whole, by real engines."""
    folder = tmp_path_factory.mktemp("sharded")
    plan = folder / "plan.json"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        finished(program("plan", *_WORDS, "--shards", "3", "--output", plan))
        paths = [folder / f"shard-{number}.json" for number in (1, 2, 3)]
        jobs = [program("run-shard", plan, k, "--json", "--output", path) for k, path in enumerate(paths, start=1)]
        for job in jobs:
            finished(job)
        whole = Path(finished(program("certify", *_WORDS, "--output", folder / "whole"))["evidence"])
        yield Returned(plan=plan, shards=tuple(paths), whole=whole)
