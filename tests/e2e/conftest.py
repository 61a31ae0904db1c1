"""Make the fake GitHub and the helpers of this folder importable, whatever import mode pytest runs in."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "github" / "fake"))
sys.path.insert(0, str(Path(__file__).parents[1] / "bot"))
sys.path.insert(0, str(Path(__file__).parent))
