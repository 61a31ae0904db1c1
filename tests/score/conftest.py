"""Make the builders of records importable, whatever import mode pytest runs in."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "evidence"))
