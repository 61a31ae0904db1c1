"""Make the helpers of this folder importable, whatever import mode pytest runs in."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.append(str(Path(__file__).parents[1] / "reports"))  # sample evidence


@pytest.fixture
def tell(capsys):
    """The command line, in this process."""
    from command_line import CommandLine

    return CommandLine(capsys)
