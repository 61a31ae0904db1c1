"""Make the builders of this folder importable, whatever import mode pytest runs in."""

import sys
from pathlib import Path

from hypothesis import settings

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[2])]  # a spawned child imports its test by name

settings.register_profile("without a clock", deadline=None)
settings.load_profile("without a clock")
