"""--plug-ins: a gate and an oracle of another package, really installed, take part when named, and only then."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from command_line import ROOT

from apr_qa.cli.main import run
from apr_qa.registry.store import parse_record

PROJECT = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "guest-gates"
version = "1.2"
[project.entry-points."apr_qa.gates"]
polite = "guest_gates:GATE"
thief = "guest_gates:THIEF"
nothing = "guest_gates:NOTHING"
[project.entry-points."apr_qa.oracles"]
polite = "guest_gates:ORACLE"
"""
CODE = """
from dataclasses import replace
from apr_qa.gates.g2_answer import GATES
from apr_qa.vocab.axes import Category
from apr_qa.vocab.gates import Drawn, Gate, GateSpec, Oracle
from apr_qa.vocab.plan import Claim, Subject
from apr_qa.vocab.verdict import Outcome, Verdict

SPEC = GateSpec(id="X-POLITE-001", claim="It greets.", category=Category.QUAL, remedy="Greet.")
HELD = Verdict(outcome=Outcome.CORROBORATED, reason="it greets")
CLAIM = dict(id="X-POLITE-001@model", gate=SPEC.id, gateway=None, category=SPEC.category, severity=SPEC.severity)
GATE = Gate(
    spec=SPEC,
    draw=lambda spec, brief: Drawn(claims=(Claim(**CLAIM, weight=1.0, subject=Subject()),)),
    judge=lambda claim, exhibits: HELD,
)
ORACLE = Oracle(name="polite", claim="It says please.", expect=lambda *_: None, judge=lambda *_: HELD)
THIEF = replace(GATES[0], spec=replace(GATES[0].spec, claim="Anything goes."))
NOTHING = 7
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The package, built and installed into a folder of its own."""
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("target")
    (source / "guest_gates").mkdir()
    (source / "guest_gates" / "__init__.py").write_text(CODE)
    (source / "pyproject.toml").write_text(PROJECT)
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation", "--no-index"]
    done = subprocess.run([*pip, "--target", target, source], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return target


def certify(installed, tmp_path, *words):
    """Certify the tiny model with the package in reach."""
    argv = [sys.executable, "-m", "apr_qa", "certify", ROOT / "models" / "tiny", "smoke", "--engine", "reference"]
    path = os.pathsep.join([str(installed), str(ROOT / "src")])
    env = {**os.environ, "PYTHONPATH": path, "OPENBLAS_NUM_THREADS": "1"}
    argv += [*words, "--json", "--output", tmp_path]
    return subprocess.run(argv, env=env, capture_output=True, text=True, check=False)


def test_a_named_plug_in_takes_part_and_evidence_says_which(installed, tmp_path):
    """Its claim is judged, and package and version are on record."""
    done = certify(installed, tmp_path, "--plug-ins", "polite")
    assert done.returncode == 0, done.stderr
    with open(json.loads(done.stdout)["evidence"], encoding="utf-8") as stream:  # noqa: PTH123
        text = stream.read()
    assert "X-POLITE-001@model" in text
    assert "polite (guest-gates 1.2)" in text
    (kept,) = (tmp_path / "records").rglob("*.json")
    record = parse_record(kept.read_text(encoding="utf-8"), where=kept.name)
    assert "judged with plug-in polite (guest-gates 1.2)" in record.reservations
    assert record.recheck.endswith("--plug-ins polite")


def test_what_is_not_named_stays_outside(installed, tmp_path):
    """Being installed is not enough: equal commands plan equal claims."""
    done = certify(installed, tmp_path, "--dry-run")
    assert done.returncode == 0, done.stderr
    assert "X-POLITE-001" not in done.stdout


@pytest.mark.parametrize(
    ("name", "words"),
    [("absent", "no installed package offers"), ("thief", "is taken"), ("nothing", "is no record")],
)
def test_a_plug_in_that_cannot_sit_is_bad_input(installed, tmp_path, name, words):
    """Nobody offers it, it takes the id of a gate of ours, or it is no gate at all."""
    done = certify(installed, tmp_path, "--plug-ins", name, "--dry-run")
    assert done.returncode == 2
    assert words in done.stderr


def test_shards_take_none(tmp_path, capsys):
    """Every machine would have to be told of it; said before anything is planned."""
    assert run(["plan", "tiny", "smoke", "--plug-ins", "polite", "--output", str(tmp_path / "plan.json")]) == 2
    assert "--plug-ins" in capsys.readouterr().err
