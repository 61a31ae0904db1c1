"""Make the builders of records importable, whatever import mode pytest runs in."""

import sys
from pathlib import Path

from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parents[1] / "evidence"))

settings.register_profile("without a clock", deadline=None)
settings.load_profile("without a clock")
