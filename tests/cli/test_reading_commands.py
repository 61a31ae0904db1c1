"""Commands that answer without asking any engine: for people as text, for scripts as JSON."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Tell = Callable[..., Any]


def test_list_shows_models_and_filters_them(tell: Tell) -> None:
    """By family, size and status; an unknown word is named with the nearest one."""
    rows = tell("list", "--family", "tiny", "--json").answer
    assert [row["model_id"] for row in rows] == ["apr-qa/tiny"]
    everything = tell("list", "--json").answer
    assert len(everything) > 80
    small = tell("list", "--size", "small", "--json").answer
    assert {row["size_category"] for row in small} == {"small"}
    pending = tell("list", "--status", "pending", "--json").answer
    assert {row["status"] for row in pending} == {"PENDING"}
    shown = tell("list", "--family", "tiny")
    assert "apr-qa/tiny" in shown.out
    assert "1 models" in shown.out
    assert "did you mean small?" in tell("list", "--size", "smal").err
    assert tell("list", "--status", "pendig").status == 2


def test_explain_tells_a_gate(tell: Tell) -> None:
    """Claim, weight, tiers, axes and remedy; all gates without a name."""
    shown = tell("explain", "g4-basic-001").out
    for words in ("G4-BASIC-001", "Claim", "severity P0", "gateway G4 falls", "Remedy"):
        assert words in shown
    one = tell("explain", "G4-BASIC-001", "--json").answer
    assert (one["id"], one["gateway"]) == ("G4-BASIC-001", "G4")
    everything = tell("explain", "--json").answer
    assert {gate["category"] for gate in everything} == {"QUAL", "PERF", "STAB", "COMP", "EDGE", "REGR"}
    listed = tell("explain").out
    assert all(gate["id"] in listed for gate in everything)


def test_doctor_surveys_the_machine(tell: Tell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The embedded engines are there, a missing apr is told with the way to get it, the hub is not asked."""
    monkeypatch.setenv("PATH", str(tmp_path))
    by_what = {item["what"]: item for item in tell("doctor", "--json").answer}
    assert by_what["engine apr"]["mark"] == "-"
    assert "cargo install apr-cli" in by_what["engine apr"]["fix"]
    assert "go install github.com/ollama/ollama" in by_what["engine ollama"]["fix"]
    assert any(what.startswith("engine reference") and item["mark"] == "ok" for what, item in by_what.items())
    assert by_what["model hub"]["mark"] == "?"
    shown = tell("doctor").out
    assert "fix  cargo install apr-cli" in shown
    assert "Try  apr-qa certify" in shown


def test_the_registry_is_derived_linted_and_shown(tell: Tell, tmp_path: Path) -> None:
    """An empty registry derives its table once; one turned by hand is a contradiction, exit status 1."""
    folder = tmp_path / "registry"
    folder.mkdir()
    where = ("--folder", str(folder), "--readme", str(tmp_path / "README.md"))
    assert str(folder / "models.csv") in tell("registry", "derive", *where, "--json").answer
    assert tell("registry", "derive", *where, "--json").answer == []
    assert "nothing changed" in tell("registry", "derive", *where).out
    clean = tell("registry", "lint", *where, "--json")
    assert (clean.status, clean.answer) == (0, [])
    table = folder / "models.csv"
    table.write_text(table.read_text().replace("PENDING", "CERTIFIED", 1))
    harmed = tell("registry", "lint", *where, "--json")
    assert harmed.status == 1
    assert harmed.answer
    assert "x  " in tell("registry", "lint", *where).out


def test_the_site_is_written(tell: Tell, tmp_path: Path) -> None:
    """Every page named in the answer is there."""
    folder = tmp_path / "none"
    pages = tell("site", "--output", str(tmp_path / "site"), "--folder", str(folder), "--json").answer
    assert str(tmp_path / "site" / "index.html") in pages
    assert all(Path(page).is_file() for page in pages)
    assert "open" in tell("site", "--output", str(tmp_path / "site"), "--folder", str(folder)).out


def test_version(tell: Tell) -> None:
    """Name and version in one line."""
    told = tell("--version")
    assert told.status == 0
    assert told.out.startswith("apr-qa ")


@pytest.mark.parametrize(
    "words", [("--help",), ("certify", "--help"), ("registry", "--help"), ("registry", "lint", "-h")]
)
def test_help_is_plain_text(words: tuple[str, ...], tell: Tell) -> None:
    """No boxes and no colours: it reads the same in a pipe."""
    told = tell(*words)
    assert told.status == 0
    assert told.out.startswith("Usage: apr-qa")
    assert told.out.isascii()


def test_the_help_lists_every_command_under_its_heading(tell: Tell) -> None:
    """What judges a model comes first, with its whole first sentence."""
    shown = tell("--help").out
    assert shown.index("Judge a model:") < shown.index("  certify  ") < shown.index("Read the evidence:")
    assert "..." not in shown.partition("Judge a model:")[2]
