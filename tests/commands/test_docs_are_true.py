"""What README and pages say exists, exists: paths, command lines, fields; and the gate of the guide works."""

from __future__ import annotations

import dataclasses
import os
import re
import shlex
import shutil
import subprocess
import sys

import pytest
import yaml
from command_line import ROOT
from typer.main import get_command

from apr_qa.cli.main import application
from apr_qa.evidence.schema import evidence_schema
from apr_qa.registry.record import Record

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
HAND_MADE = [page for page in PAGES if "Made by `apr-qa" not in page.read_text()[:200]]
PATH = re.compile(r"`((?:src|tests|docs|playbooks|scripts|tools|bench|models|docker|requirements)/[\w./-]*\w/?)`")
WORDS = re.compile(r"(?:^\$ |`)(apr-qa [^`\n]+)", re.MULTILINE)
INVENTED = {"playbooks/models/my-model-1.5b-mvp.playbook.yaml"}
"""Files that a guide tells its reader to make."""
ROOT_COMMAND = get_command(application())


def known(page):
    return page.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", HAND_MADE, ids=known)
def test_every_path_that_is_named_exists(page):
    """Written as code, from the root of the checkout; what only a certification or the publisher makes is left out."""
    derived = ("docs/certifications/",)
    named = set(PATH.findall(page.read_text())) - INVENTED
    assert [name for name in named if not (ROOT / name).exists() and not name.startswith(derived)] == []


@pytest.mark.parametrize("page", HAND_MADE, ids=known)
def test_every_link_leads_to_a_file(page):
    """Relative links only; the web is not asked."""
    targets = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", page.read_text())
    assert [t for t in targets if not (page.parent / t).exists()] == []


def lines_of(page):
    """The command lines of a page: after a prompt, or as code that begins with the program's name."""
    for line in WORDS.findall(page.read_text()):
        words = shlex.split(line.partition("  #")[0].partition(" # ")[0])[1:]
        if words and not any(word == "..." or word.startswith("<") for word in words):
            yield words


@pytest.mark.parametrize("page", HAND_MADE, ids=known)
def test_every_command_line_is_understood(page):
    """The command is there and takes its arguments and options; a bare `apr-qa name` names it only."""
    wrong = []
    for words in lines_of(page):
        try:
            name, command, rest = ROOT_COMMAND.resolve_command(ROOT_COMMAND.make_context("apr-qa", [words[0]]), words)
            if rest and not rest[0].startswith(("--json", "--help")):
                command.make_context(name, list(rest), parent=None)
        except Exception as error:  # noqa: BLE001  (whatever click says of it is told)
            wrong.append(f"{' '.join(words)}: {error}")
    assert wrong == []


def test_every_field_of_evidence_and_record_is_documented():
    """Each has its line on the page."""
    page = (ROOT / "docs" / "reference" / "record.md").read_text()
    assert [f.name for f in dataclasses.fields(Record) if f"`{f.name}`" not in page] == []
    page = (ROOT / "docs" / "reference" / "evidence.md").read_text()
    whole = evidence_schema()
    for part in (whole, *whole["$defs"].values()):
        assert [key for key in part.get("properties", {}) if f"| `{key}` |" not in page] == []


def test_every_page_is_in_the_navigation():
    """A page nobody finds is not there; decisions and figures are reached from others."""
    text = (ROOT / "mkdocs.yml").read_text()
    listed = set(re.findall(r"[\w/-]+\.md", text))
    elsewhere = ("adr/", "oracles/", "reliability/", "pins.md", "engines/")
    pages = {page.relative_to(ROOT / "docs").as_posix() for page in (ROOT / "docs").rglob("*.md")}
    assert {page for page in pages - listed if not page.startswith(elsewhere)} == set()
    assert listed <= pages
    assert yaml.safe_load(text)["strict"] is True


def test_the_gate_of_the_guide_works_by_one_file(tmp_path):
    """Put into the folder of a copy, it is planned, documented, and judges a run; nothing else is edited."""
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    guide = (ROOT / "docs" / "guides" / "add-a-gate.md").read_text()
    (gate,) = re.findall(r"```python\n(.*?)```", guide, re.DOTALL)
    (tmp_path / "src" / "apr_qa" / "gates" / "qual_short.py").write_text(gate)
    argv = [sys.executable, "-m", "apr_qa", "certify", str(ROOT / "models" / "tiny"), "smoke", "--engine", "reference"]
    done = subprocess.run(
        [*argv, "--json", "--output", str(tmp_path / "out")],
        env={**os.environ, "PYTHONPATH": str(tmp_path / "src"), "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (evidence,) = (tmp_path / "out").glob("*/evidence.json")
    assert "F-QUAL-SHORT-001@safetensors-cpu-run" in evidence.read_text()
    assert "answers fit on a page" in evidence.read_text()
