"""The consumer's workflow in the README is short, and what it names is there. `make lint` runs actionlint on it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
LINES = 20
FENCE = re.compile(r"<!-- CONSUMER_WORKFLOW_START -->\s+```yaml\n(.*?)```\s+<!-- CONSUMER_WORKFLOW_END -->", re.DOTALL)
OTHERS = (ROOT / "tests" / "e2e" / "consumer.yml",)
"""Workflows of consumers that tests play."""


def readme_workflow() -> str:
    """Return the text between the marks."""
    (text,) = FENCE.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    return str(text)


def _jobs(text: str) -> dict[str, Any]:
    jobs: dict[str, Any] = yaml.safe_load(text)["jobs"]
    return jobs


def problems(text: str) -> list[str]:
    """Return what a consumer's workflow names that the called workflow does not know, and rights that are missing."""
    found = []
    for job in _jobs(text).values():
        name = job["uses"].removeprefix("paiml/apr-qa/").partition("@")[0]
        called = yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))
        takes = called[True]["workflow_call"]
        found += [f"input {given}" for given in job.get("with", {}) if given not in takes["inputs"]]
        found += [f"secret {given}" for given in job.get("secrets", {}) if given not in takes["secrets"]]
        for inner in called["jobs"].values():
            asked = inner["permissions"].items()
            found += [f"right {r}" for r, level in asked if job["permissions"].get(r) not in (level, "write")]
    return found


def test_it_is_short() -> None:
    """At most twenty lines, blank ones included."""
    assert 0 < len(readme_workflow().splitlines()) <= LINES


@pytest.mark.parametrize("text", [readme_workflow(), *(path.read_text(encoding="utf-8") for path in OTHERS)])
def test_what_it_names_is_there(text: str) -> None:
    """Inputs, secrets and rights are those of the workflow that it calls."""
    assert problems(text) == []


def test_a_slip_in_it_is_seen() -> None:
    """A misspelt input, an unknown secret and a missing right are each found."""
    text = readme_workflow()
    assert problems(text.replace("runners:", "runner:")) == ["input runner"]
    assert problems(text.replace("hf-token:", "token:")) == ["secret token"]
    assert problems(text.replace("id-token: write, ", "")) == ["right id-token"]
