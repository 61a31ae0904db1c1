"""Makes the modules of this folder importable, and what the stopped commands work on, once."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from material import Material, material  # (after the path is set)


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Material:
    """One plan, asked once."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("crash")
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        return material(folder)
