"""Make the helpers of this folder, and the converter of fixtures, importable, whatever import mode pytest runs in."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
for folder in (HERE, HERE.parent / "reference"):
    sys.path.insert(0, str(folder))
