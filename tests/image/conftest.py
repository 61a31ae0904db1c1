"""The image under test: named by the lane, never skipped."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from built_image import RUNNER, Image, called  # (after the path is set)


@pytest.fixture(scope="session")
def image() -> Image:
    """The image that `scripts/with-image.sh` built; without it the lane fails."""
    return Image(name=os.environ["APR_QA_IMAGE"], base=os.environ["APR_QA_BASE"])


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Path]:
    """A checkout as GitHub mounts it: owned by the runner's user, who is not root."""
    folder = tmp_path / "workspace"
    folder.mkdir()
    os.chown(folder, RUNNER, RUNNER)
    for parent in tmp_path.parents[:2]:
        parent.chmod(parent.stat().st_mode | 0o055)
    tmp_path.chmod(0o755)
    yield folder
    called("rm", "-rf", str(folder))
