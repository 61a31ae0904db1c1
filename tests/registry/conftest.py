"""Make the builders of this folder and of the reports importable, whatever import mode pytest runs in."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "reports")]
