"""Lint re-derives everything and finds every contradiction."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from sample_records import ALL_HOLD, FACTS, MODEL, blocked, certified, no_verdict, provisional, smoke, too_low

from apr_qa.registry.lint import contradictions, lint
from apr_qa.registry.record import Throughput
from apr_qa.registry.store import publish, write_record
from apr_qa.registry.table import END, START
from apr_qa.score import grade
from apr_qa.vocab.axes import Gateway, Tier
from apr_qa.vocab.score import GatewayState, Status

FELL = ALL_HOLD | {Gateway.G2: GatewayState.FELL}
OPEN = ALL_HOLD | {Gateway.G2: GatewayState.NOT_EVALUATED}
SOUND = [certified(), provisional(), smoke("2026-11-21"), blocked(), too_low("2026-11-21"), no_verdict("2026-11-21")]
BROKEN = {
    "a fallen gateway on a certified model": (certified(gateways=FELL), "G2 fell"),
    "a score beside a fallen gateway": (blocked(mqs=741), "G4 fell"),
    "a gateway that nobody evaluated": (certified(gateways=OPEN), "was not evaluated"),
    "points taken by no gateway": (certified(before_gateways=990), "no gateway fell"),
    "certified below the bar": (provisional(status=Status.CERTIFIED), "CERTIFIED takes 850"),
    "smoke certified": (certified(tier=Tier.SMOKE), "may not claim"),
    "certified beyond the cap": (certified(best_status=Status.PROVISIONAL), "may not claim"),
    "provisional below 700": (provisional(mqs=650), "below 700"),
    "blocked for nothing": (provisional(status=Status.BLOCKED), "yet it says BLOCKED"),
    "pending with a record": (provisional(status=Status.PENDING), "cannot be PENDING"),
    "certified without a judged claim": (certified(judged=0, corroborated=0, lower_bound=None), "0 claims were judged"),
    "cells that were not run": (certified(narrowed=()), "9 cells were not run"),
    "more survivors than judged": (certified(corroborated=99), "99 claims survived"),
    "a bound above the rate": (blocked(lower_bound=0.99), "above 50 of"),
    "a wrong normalised score": (certified(normalised=10.0), "normalised"),
    "a speed of nothing": (certified(tps={"apr-cpu": Throughput(median=4.0, answers=0)}), "no passed answer"),
    "a longer life": (dataclasses.replace(certified(), expires="2030-01-01"), "expires on 2030-01-01"),
}


@pytest.mark.parametrize("record", SOUND)
def test_a_sound_record_has_no_contradiction(record) -> None:
    """What the score stage may say passes."""
    assert list(contradictions(record)) == []


@pytest.mark.parametrize("case", BROKEN)
def test_a_contradiction_is_found(case: str) -> None:
    """Each is named in words."""
    record, words = BROKEN[case]
    assert any(words in problem for problem in contradictions(record))


def test_the_bar_is_the_scores() -> None:
    """One table: lint uses the number of the score stage."""
    from apr_qa.registry.lint import PROVISIONAL_AT

    assert PROVISIONAL_AT == grade.PROVISIONAL_FROM


@pytest.fixture
def registry(tmp_path: Path) -> tuple[Path, Path]:
    """A sound registry with a README."""
    readme = tmp_path / "README.md"
    readme.write_text(f"x\n{START}\n{END}\n", encoding="utf-8")
    write_record(tmp_path, certified())
    publish(tmp_path, FACTS, readme)
    return tmp_path, readme


def test_a_published_registry_is_clean(registry: tuple[Path, Path]) -> None:
    """Nothing to report."""
    assert lint(registry[0], FACTS, registry[1]) == ()


def test_an_edited_table_is_found(registry: tuple[Path, Path]) -> None:
    """A row cannot be promoted by hand."""
    folder, readme = registry
    table = folder / "models.csv"
    table.write_text(table.read_text(encoding="utf-8").replace("PENDING", "CERTIFIED"), encoding="utf-8")
    assert lint(folder, FACTS, readme) == ("models.csv: is not what the records say",)


def test_a_missing_or_stray_badge_and_a_stale_readme_are_found(registry: tuple[Path, Path]) -> None:
    """Everything derived is compared."""
    folder, readme = registry
    (folder / "badges" / f"{MODEL}.svg").rename(folder / "badges" / "stray.svg")
    readme.write_text(f"{START}\nold\n{END}\n", encoding="utf-8")
    found = lint(folder, FACTS, readme)
    assert found == (
        f"badges/{MODEL}.svg: missing",
        "badges/stray.svg: no record stands behind it",
        "README.md: its table is not what the records say",
    )


def test_a_record_in_the_wrong_place_or_edited_is_found(registry: tuple[Path, Path]) -> None:
    """A record may stand only below its model, under the name of its bytes."""
    folder, readme = registry
    (path,) = (folder / "records").rglob("*.json")
    elsewhere = folder / "records" / "other" / path.name
    elsewhere.parent.mkdir()
    elsewhere.write_bytes(path.read_bytes())
    assert any("it belongs below" in problem for problem in lint(folder, FACTS, readme))
    elsewhere.write_text("{}", encoding="utf-8")
    assert any("name promises" in problem for problem in lint(folder, FACTS, readme))
