"""docs: the reference pages are what the catalogues say, and nothing of the program is missing from them."""

from __future__ import annotations

import re

import pytest
from command_line import ROOT
from typer.main import get_command

from apr_qa.cli.main import application
from apr_qa.rooms import furnish
from apr_qa.vocab.engines import Engine
from apr_qa.vocab.gates import Gate, Oracle
from apr_qa.vocab.plugs import Report

PAGES = ROOT / "docs" / "reference"


def page(name):
    return (PAGES / f"{name}.md").read_text()


def test_the_pages_are_current(tell):
    """`apr-qa docs` has nothing to do in a clean checkout."""
    done = tell("docs", "--folder", PAGES, "--check")
    assert done.status == 0, done.out + "run: apr-qa docs"


def test_a_stale_page_is_found_and_written(tell, tmp_path):
    """--check names it and exits with 1; without it the page is written, and nothing else to do is left."""
    folder = tmp_path / "reference"
    assert len(tell("docs", "--folder", folder, "--json").json) == 10
    (folder / "gates.md").write_text("old")
    stale = tell("docs", "--folder", folder, "--check")
    assert stale.status == 1
    assert "gates.md" in stale.out
    tell("docs", "--folder", folder)
    assert tell("docs", "--folder", folder, "--check").status == 0


@pytest.mark.parametrize(
    ("name", "room", "record"),
    [
        ("gates", "apr_qa.gates", Gate),
        ("oracles", "apr_qa.oracles", Oracle),
        ("engines", "apr_qa.engines", Engine),
        ("reports", "apr_qa.reports", Report),
    ],
)
def test_every_plug_in_stands_on_its_page(name, room, record):
    """No gate, oracle, engine or report is undocumented."""
    text = page(name)
    for item in furnish(room, record):
        assert (item.spec.id if record is Gate else f"`{item.name}`") in text


def test_every_command_and_option_stands_on_the_page():
    """Each has its heading, and each option its line under it."""
    text = page("cli")
    for name, command in get_command(application()).commands.items():
        for word, one in getattr(command, "commands", {"": command}).items():
            heading = f"## apr-qa {name} {word}".strip()
            section = text.partition(f"\n{heading}\n")[2].partition("\n## ")[0]
            assert section, heading
            for param in one.params:
                if param.param_type_name == "option" and not param.hidden and param.name != "help":
                    assert param.opts[0] in section, f"{heading} {param.opts[0]}"


def test_links_inside_a_page_lead_somewhere():
    """Each `#anchor` is a heading of the same page."""
    for name in ("cli", "gates"):
        text = page(name)
        anchors = {
            re.sub(r"[^\w -]", "", line[3:].lower()).replace(" ", "-") for line in text.split("\n") if line[:3] == "## "
        }
        assert set(re.findall(r"\]\(#([^)]+)\)", text)) <= anchors
