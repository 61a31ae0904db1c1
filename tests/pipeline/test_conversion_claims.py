"""A certification lets the engine convert: planned, judged, resumed; no workspace is left."""

from __future__ import annotations

import signal
import sys
import time
from pathlib import Path

import pytest
from certifying_runs import certify, copied, digests, started

from apr_qa.evidence.read import read_evidence
from apr_qa.vocab.verdict import Outcome

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "gates"))

from converting_engine import converter

WORDS = ("quick", "--backends", "cpu", "--modalities", "run", "--failure-policy", "collect-all", "--workers", "1")
PAUSE = "import time\ntarget.touch()\ntime.sleep(1)"
"""Long enough to be seen at work."""
STEPS = {f"F-CONV-{a}-{b}" for a in "GAS" for b in "GAS" if a != b} | {
    f"F-CONV-{name}-001" for name in ("CONFIG", "TOK", "TEMPLATE")
}


def test_the_engine_converts_and_is_judged(tmp_path: Path) -> None:
    """Tier quick goes every single step once; the same command again converts nothing."""
    model = copied(tmp_path)
    before = digests(model)
    engine = f"apr={converter(tmp_path / 'bin')}"
    done = certify(str(model), *WORDS, "--engine", engine, output=tmp_path / "out", more=())
    evidence = read_evidence(done.evidence)
    judged = {j.claim.gate: j.verdict for j in evidence.judged if j.claim.gate.startswith("F-CONV-")}
    assert {name: verdict.outcome for name, verdict in judged.items()} == dict.fromkeys(STEPS, Outcome.CORROBORATED)
    assert digests(model) == before
    assert not list(tmp_path.rglob("conversions"))
    assert str(tmp_path) not in done.evidence.read_text()
    text = done.evidence.read_bytes()
    certify(str(model), *WORDS, "--engine", engine, output=tmp_path / "out", more=())
    assert done.evidence.read_bytes() == text


def test_a_run_stopped_among_conversions_goes_on(tmp_path: Path) -> None:
    """The workspace is gone when it has ended; the same command judges what is left, and nothing twice."""
    words = [str(copied(tmp_path)), "quick", "--backends", "cpu", "--formats", "safetensors,apr"]
    words += ["--failure-policy", "collect-all", "--engine", f"apr={converter(tmp_path / 'bin', PAUSE)}"]
    process = started(*words, output=tmp_path / "out")
    while not list(tmp_path.glob("out/*/conversions/*/model.*")):
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 130, process.communicate()
    process.communicate()
    assert not list(tmp_path.rglob("conversions"))
    done = certify(*words, output=tmp_path / "out")
    evidence = read_evidence(done.evidence)
    assert sorted(j.claim.id for j in evidence.judged) == sorted(claim.id for claim in evidence.run.claims)
    made = {j.claim.gate for j in evidence.judged if j.verdict.outcome is Outcome.CORROBORATED}
    assert {"F-CONV-S-A", "F-CONV-A-S"} <= made


@pytest.mark.parametrize(("tier", "engine"), [("quick", "embedded"), ("mvp", "embedded")])
def test_an_engine_without_conversions_is_said_beforehand(tier: str, engine: str, tmp_path: Path) -> None:
    """The plan of a tier that wants them names each gate with the reason; a lighter tier has nothing to say."""
    words = ("tiny", tier, "--backends", "cpu", "--engine", engine, "--dry-run")
    planned = certify(*words, output=tmp_path / "out", more=()).answer
    plans = planned if isinstance(planned, list) else [planned]
    said = {item["what"]: item["reason"] for plan in plans for item in plan["plan"]["not_run"]}
    conversions = {what: reason for what, reason in said.items() if what.startswith("F-CONV-")}
    assert bool(conversions) == (tier == "quick")
    assert all(reason.startswith("no other formats are made by") for reason in conversions.values())
