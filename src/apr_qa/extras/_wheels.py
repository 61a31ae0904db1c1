"""Is the wheel of an extra installed, and in which version?"""

from __future__ import annotations

import sys
from importlib.metadata import PackageNotFoundError, version


def installed(distribution: str, extra: str) -> str:
    """Return the version of `distribution`; end the program with a clear message when it is not there."""
    try:
        return version(distribution)
    except PackageNotFoundError:
        sys.exit(f"{distribution} is not installed: pip install 'apr-qa[{extra}]'")
