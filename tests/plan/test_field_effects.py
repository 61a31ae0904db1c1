"""Every field of a playbook has an effect: each is changed in turn, and the plan must not stay the same."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from apr_qa.catalog.tiers import tiers
from apr_qa.plan.expand import make_plan, plan_content
from apr_qa.playbook.faults import known_keys
from apr_qa.playbook.load import parse_playbook
from apr_qa.playbook.shape import PlaybookFile
from apr_qa.vocab.axes import Category
from apr_qa.vocab.playbook import Playbook

from . import plan_records as records
from .full_playbook import DROPPED, FULL, KEPT, OTHER, OTHER_FORMS


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], str]]:
    """Yield the way to each plain value, and its dotted name."""
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from leaves(item, (*path, key))
    elif isinstance(value, list) and value:
        for i, item in enumerate(value):
            yield from leaves(item, (*path, i))
    else:
        yield path, "".join(f"[{s}]" if isinstance(s, int) else f".{s}" for s in path)[1:]


def changed(base: dict[str, Any], path: tuple[Any, ...], dotted: str) -> dict[str, Any]:
    """Return `base` with the one value at `path` replaced by another legal one."""
    data = copy.deepcopy(base)
    *way, last = path
    parent = data
    for step in way:
        parent = parent[step]
    if dotted.startswith(DROPPED):
        del parent[last]
    else:
        parent[last] = _another(parent[last], dotted)
    return data


def _another(value: Any, dotted: str) -> Any:
    if dotted in OTHER:
        return OTHER[dotted]
    if isinstance(value, bool):
        return not value
    return value + 1000 if isinstance(value, int | float) else f"{value}x"


def effect(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return all that a plan says, but for the digest and name of the file itself."""
    playbook = parse_playbook(json.dumps(data), source="p.yaml")
    playbook = replace(playbook, digest="", source="")
    gates = [*records.GATES, records.gate(Category.PERF, name="F-PERF-LIMITS", reads=_limits)]
    plan = make_plan(records.request(playbook=playbook, tier=tiers()[playbook.tier], gates=gates))
    return plan_content(plan)


def _limits(playbook: Playbook) -> dict[str, Any]:
    section = playbook.extras.get("profile_ci") or {}
    limits = dict(section.get("assertions") or {}) if section.get("enabled") else {}
    expected = {name: getattr(playbook.model, name) for name in FULL["model"] if name.startswith("expected_")}
    return {**expected, **limits}


CASES = {
    f"{form}:{dotted}": (base, path, dotted)
    for form, base in (("full", FULL), ("other", OTHER_FORMS))
    for path, dotted in leaves(base)
    if dotted not in KEPT and (form == "full" or dotted.startswith(("property_tests", "state_machine")))
}


@pytest.fixture(scope="module")
def usual():
    return {id(base): effect(base) for base in (FULL, OTHER_FORMS)}


@pytest.mark.parametrize("case", CASES)
def test_a_changed_field_changes_the_plan(case, usual):
    """No field is accepted and forgotten: the claims, the questions, a note or a `not run` line differs."""
    base, path, dotted = CASES[case]
    assert effect(changed(base, path, dotted)) != usual[id(base)]


def test_every_key_of_the_schema_is_tried():
    """The playbooks that are changed above use every key that a file may have."""
    used = {tuple(s for s in path[:n] if isinstance(s, str)) for _, path, _ in CASES.values() for n in range(1, 9)}

    def missing(path):
        for key in known_keys(PlaybookFile, path):
            if (*path, key) not in used:
                yield (*path, key)
            elif (*path, key) != path:
                yield from missing((*path, key))

    states = ("state_machine", "states", "idle")
    renamed = {("state_machine", "initial"), (*states, "transitions", "target")}
    assert set(missing(())) | set(missing(states)) == renamed


def test_a_renamed_state_changes_the_plan(usual):
    """The names of states count too."""
    text = json.dumps(FULL).replace('"idle"', '"resting"')
    assert effect(json.loads(text)) != usual[id(FULL)]
