"""tools: every subcommand of apr is run, asked for its help, or left alone; the exit status tells the truth."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest
from command_line import ROOT

from apr_qa.catalog.apr_commands import tool_run, why_not_run
from apr_qa.run.fence import Fence
from apr_qa.run.isolation import fence

APR = shutil.which("apr") or shutil.which(Path.home() / ".local" / "apr" / "bin" / "apr")


@pytest.fixture
def model(tmp_path):
    """A copy of the shipped model, which a command may spoil."""
    folder = tmp_path / "model"
    shutil.copytree(ROOT / "models" / "tiny" / "safetensors", folder)
    return folder / "model.safetensors"


@pytest.fixture
def apr(tmp_path):
    """A function that makes a program with the faults given."""

    def make(*faults):
        folder = tmp_path / "bin"
        folder.mkdir()
        body = (Path(__file__).parent / "fake_apr.py").read_text()
        program = folder / "apr"
        program.write_text(f"#!{sys.executable} -I\n{body}")
        program.chmod(0o755)
        (folder / "faults").write_text(" ".join(faults))
        return program

    return make


WRITES = "left.json is new" if fence() in (Fence.NONE, Fence.LIFE) else "exit status 1"
"""Found out afterwards, or refused."""


def test_every_subcommand_is_classified(tell, apr, model, ear):
    """Read-only ones run on the model, unknown ones say their help, others stay alone; groups are no commands."""
    done = tell("tools", model, "--no-gpu", "--apr-binary", apr(), "--json")
    assert done.status == 0, done
    how = {tool["name"]: tool["how"] for tool in done.json["tools"]}
    assert how == {
        "inspect": "run",
        "check": "run",
        "diff": "run",
        "rosetta inspect": "run",
        "surface": "run",
        "frobnicate": "help only",
        "import": "not run",
        "pull": "not run",
        "rosetta convert": "not run",
    }
    asked = [json.loads(line) for line in ear.heard().splitlines()]
    argvs = [entry["argv"] for entry in asked]
    assert ["check", str(model), "--json", "--no-gpu"] in argvs
    assert ["inspect", str(model), "--json"] in argvs
    assert not any(argv[0] in ("import", "pull") or argv[:2] == ["rosetta", "convert"] for argv in argvs)
    homes = {entry["home"] for entry in asked}
    assert str(Path.home()) not in homes
    assert not any(Path(home).exists() for home in homes)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("inspect-fails", "exit status 1: error: Invalid APR format"),
        ("check-lies", "exit status 0, and yet all_passed is False"),
        ("diff-text", "it prints no JSON object"),
        ("no-help", "unexpected argument"),
        ("inspect-writes", WRITES),
    ],
)
def test_a_command_that_fails_is_no_pass(tell, apr, model, fault, words):
    """An error, a zero status over a refuted answer, prose for JSON, a touched model: exit status 1."""
    done = tell("tools", model, "--no-gpu", "--apr-binary", apr(fault))
    assert done.status == 1
    assert words in done.out


def test_without_apr_model_or_surface_nothing_is_claimed(tell, apr, model, tmp_path, monkeypatch):
    """Each is bad input with its remedy: exit status 2, never a pass."""
    monkeypatch.setenv("PATH", str(tmp_path))
    missing = tell("tools", model, "--no-gpu")
    assert missing.status == 2
    assert "cargo install apr-cli" in missing.err
    assert tell("tools", tmp_path / "none.apr").status == 2
    assert "does not list" in tell("tools", model, "--apr-binary", apr("no-surface")).err


def test_results_can_be_kept(tell, apr, model, tmp_path):
    """`--output` takes a folder for the same answer as JSON."""
    tell("tools", model, "--apr-binary", apr(), "--output", tmp_path / "out")
    kept = json.loads((tmp_path / "out" / "tool_tests.json").read_text())
    assert kept["exit"] == 0
    assert len(kept["tools"]) == 9


def test_no_command_is_both_run_and_left_alone():
    """The two lists do not contradict each other, and what writes or fetches is on the second."""
    for name in ("bench", "run", "rosetta inspect", "hex"):
        assert tool_run(name.split())
        assert why_not_run(name.split()) == ""
    for name in ("import", "rosetta convert", "pull", "train apply", "chat", "serve run", "qualify"):
        assert tool_run(name.split()) is None
        assert why_not_run(name.split())


@pytest.mark.apr
@pytest.mark.skipif(APR is None, reason="no apr on the PATH nor in ~/.local/apr/bin: cargo install apr-cli")
def test_the_real_apr_is_covered(tell, model):
    """Everything on its surface is classified, much of it runs, and the model stays as it was."""
    done = tell("tools", model, "--no-gpu", "--apr-binary", APR, "--json")
    how = [tool["how"] for tool in done.json["tools"]]
    assert len(how) > 200
    assert how.count("run") >= 15
    assert done.json["touched"] == []
    assert done.status == (1 if [tool for tool in done.json["tools"] if not tool["ok"]] else 0)
