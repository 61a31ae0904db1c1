"""The guide to conversions states the gates, routes and limits that there are."""

from __future__ import annotations

import re
from pathlib import Path

from apr_qa.contracts.envelopes import envelopes
from apr_qa.gates import _conversions, _ollama
from apr_qa.rooms import furnish
from apr_qa.vocab.gates import Gate

GUIDE = (Path(__file__).resolve().parents[2] / "docs" / "guides" / "conversions.md").read_text(encoding="utf-8")


def test_the_limits_are_those_that_are_used() -> None:
    """A row for each type, figure for figure."""
    rows = re.findall(r"^\| (\w+) \| (the whole tensor|\d+) \| (\S+) \| (\S+) \| (\S+) \|$", GUIDE, re.MULTILINE)
    stated = {name: (unit, *map(float, figures)) for name, unit, *figures in rows}
    used = {
        name: (str(e.unit) if e.unit else "the whole tensor", e.residual, e.peak, e.gain)
        for name, e in envelopes().items()
    }
    assert stated == used


def test_every_gate_is_told_with_its_tier() -> None:
    """Single steps from tier quick on, routes from tier standard on; the lists by which slips are found are whole."""
    specs = {gate.spec.id: gate.spec for gate in furnish("apr_qa.gates", Gate)}
    conversions = {name: spec for name, spec in specs.items() if name.startswith("F-CONV-")}
    assert set(_conversions.IDS) == set(conversions)
    assert set(_ollama.IDS) == {name for name in specs if name.startswith("F-OLLAMA-")}
    assert all(name in GUIDE for name in _ollama.IDS)
    for name, spec in conversions.items():
        stem = "F-CONV-RT-001" if re.fullmatch(r"F-CONV-RT-\d+", name) else name
        short = f"`{stem.removeprefix('F-CONV')}`"
        (row,) = (
            line for line in GUIDE.splitlines() if line.startswith("| `") and (f"`{stem}`" in line or short in line)
        )
        assert row.endswith(f"| {spec.tiers[0]} |")
