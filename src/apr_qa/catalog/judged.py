"""How far this judge can be trusted, as it was last measured: one sentence for every certificate."""

from __future__ import annotations

from functools import cache
from typing import Any

from apr_qa.catalog import _data
from apr_qa.vocab.axes import Tier

FILE = "judged.yaml"


def sentence(tier: Tier) -> str:
    """Return what the judge found of planted faults at `tier`, and how often it cried wolf.

    A heavier tier asks all that a lighter one asks, so the nearest lighter tier that was measured speaks for it.
    """
    data = _measured()
    known = [one for one in Tier if one.rank <= tier.rank and one.value in data["tiers"]]
    alarms = [data[kind][0] for kind in ("clean", "clean_files")]
    healthy = [data[kind][1] for kind in ("clean", "clean_files")]
    silent = f"{sum(alarms)} false alarms on {sum(healthy)} healthy conversions"
    if not known:
        return silent
    found, felled = data["tiers"][known[-1].value]["found"], data["tiers"][known[-1].value]["gateway"]
    at = f"at {known[-1]}: {found[0]} of {found[1]} planted faults found"
    return f"{at}, {felled[0]} of {felled[1]} that must fell a gateway did; {silent}"


@cache
def _measured() -> dict[str, Any]:
    return dict(_data.document(FILE))
