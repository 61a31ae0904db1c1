"""Make the sample evidence of the reports importable, whatever import mode pytest runs in."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "reports"))
