"""How far this judge can be trusted, as `apr-qa qualify --summary` last measured it; docs/judge.md is all of it."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent / "judged.json"
_LIGHTEST_FIRST = ("smoke", "mvp", "quick", "standard", "deep")


def sentence(tier: str) -> str:
    """Return what the judge found of planted faults at `tier`, and how often it cried wolf.

    A heavier tier asks all that a lighter one asks, so the nearest lighter tier that was measured speaks for it.
    """
    data = _measured()
    known = [one for one in _LIGHTEST_FIRST[: _LIGHTEST_FIRST.index(tier) + 1] if one in data["tiers"]]
    alarms = [data[kind][0] for kind in ("clean", "clean_files")]
    healthy = [data[kind][1] for kind in ("clean", "clean_files")]
    silent = f"{sum(alarms)} false alarms on {sum(healthy)} healthy conversions"
    if not known:
        return silent
    found, felled = data["tiers"][known[-1]]["found"], data["tiers"][known[-1]]["gateway"]
    at = f"at {known[-1]}: {found[0]} of {found[1]} planted faults found"
    return f"{at}, {felled[0]} of {felled[1]} that must fell a gateway did; {silent}"


@cache
def _measured() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return found
