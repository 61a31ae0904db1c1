"""Plans, verdicts and running certifications as a person sees them: every fact, no markup from outside, no colours."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console

from apr_qa.cli import live
from apr_qa.cli.show import show_plan, show_verdict
from apr_qa.cli.watch import Watch, about, clock_text
from apr_qa.score.mqs import score
from apr_qa.vocab.axes import Backend, Category, Cell, Format, Gateway, Modality, Severity, Tier
from apr_qa.vocab.evidence import Evidence, Judged, RunRecord
from apr_qa.vocab.observation import Ending, Observation, Reply
from apr_qa.vocab.plan import Claim, NotRun, Plan, Subject
from apr_qa.vocab.scenario import Message, OracleSpec, Role, Scenario
from apr_qa.vocab.verdict import Outcome, Verdict

CELL = Cell(format=Format.GGUF, backend=Backend.CPU, modality=Modality.RUN)
OTHER = Cell(format=Format.APR, backend=Backend.GPU, modality=Modality.CHAT)
HOSTILE = "[bold red]CERTIFIED[/] \x1b[2J\nrow"
QUESTION = Scenario(
    id="gguf-cpu-run-matrix-001",
    cell=CELL,
    messages=(Message(role=Role.USER, content="What is 2+2?"),),
    oracle=OracleSpec(name="arithmetic"),
)
CLAIM = Claim(
    id="G4-BASIC-001@gguf-cpu",
    gate="G4-BASIC-001",
    gateway=Gateway.G4,
    category=Category.QUAL,
    severity=Severity.P0,
    weight=1.0,
    subject=Subject(format=Format.GGUF, backend=Backend.CPU),
    needs=(QUESTION.id,),
)
PLAN = Plan(
    digest="0123456789abcdef",
    playbook="tiny-mvp",
    playbook_digest="",
    model="org/[model]",
    tier=Tier.MVP,
    seed=42,
    cells=(CELL,),
    matrix_cells=(CELL, OTHER),
    scenarios=(QUESTION,),
    claims=(CLAIM,),
    not_run=(
        NotRun(what="apr-gpu-chat", reason="no GPU here", required=True),
        *(NotRun(what=f"part {n}", reason="not built") for n in range(6)),
    ),
    narrowed=("backends: cpu",),
    predicted_minutes=3.0,
    predicted_disk_bytes=2_000_000,
    notes=(HOSTILE,),
)
LOST = Judged(claim=CLAIM, verdict=Verdict(outcome=Outcome.FALSIFIED, reason=f"the answer is {HOSTILE}"))
SEEN = Observation(
    scenario=QUESTION.id, unit="", reply=Reply(ending=Ending.ANSWERED, text="5"), reproduce="apr run 'a [b]'"
)


def _evidence(*judged: Judged) -> Evidence:
    run = RunRecord(
        plan_digest=PLAN.digest,
        playbook=PLAN.playbook,
        playbook_digest="",
        model=PLAN.model,
        revision="",
        tier=PLAN.tier,
        seed=42,
        started_at="2026-01-01T00:00:00+00:00",
        apr_qa_version="0",
        score_formula="mqs-1",
        narrowed=PLAN.narrowed,
        not_run=PLAN.not_run,
        claims=PLAN.claims,
        scenarios=PLAN.scenarios,
    )
    return Evidence(run=run, observations=(SEEN,), judged=judged)


def test_a_plan_tells_cells_costs_and_what_is_not_run(capsys: pytest.CaptureFixture[str]) -> None:
    """Each reason stands once, with what it holds back; a required cell that cannot run is warned of."""
    show_plan(PLAN, "apr 0.72.3", started=False)
    said = capsys.readouterr().out
    for words in (
        "org/[model], tier mvp, engine apr 0.72.3",
        "1 matrix scenarios and 0 probes in 1 of 2 cells",
        "QUAL 1",
        "about 3 min, 2.0 MB",
        "narrowed to backends: cpu",
        "not run: apr-gpu-chat: no GPU here",
        "part 0, part 1, part 2, part 3 and 2 more: not built",
        "the best status is PARTIAL",
        "To narrow the claim instead, give  --formats gguf --backends cpu --modalities run",
        "Plan sha256:01234567. Drop --dry-run to start.",
    ):
        assert words in said
    assert "\x1b" not in said


def test_a_started_plan_does_not_say_that_nothing_was_run(capsys: pytest.CaptureFixture[str]) -> None:
    """The last line belongs to a dry run alone."""
    show_plan(replace(PLAN, not_run=()), "apr", started=True)
    said = capsys.readouterr().out
    assert "Nothing was run" not in said
    assert "PARTIAL" not in said


def test_a_verdict_tells_why_and_how_to_see_it(capsys: pytest.CaptureFixture[str]) -> None:
    """Status, reason, score, the loss with the command that shows it; an answer is never read as markup."""
    evidence = _evidence(LOST)
    show_verdict(evidence, score(evidence.run, evidence.judged, evidence.observations), "fail-fast: lost")
    said = capsys.readouterr().out
    for words in (
        "BLOCKED   org/[model]   tier mvp, backends: cpu",
        "The run stopped early: fail-fast: lost.",
        "0 of 1 survived",
        "1 falsified",
        "G4 fell",
        "x  G4-BASIC-001",
        "[bold red]CERTIFIED[/]",
        "see it  apr run 'a [b]'",
        "not run: apr-gpu-chat",
    ):
        assert words in said
    assert "\x1b" not in said


def test_lost_claims_of_one_gate_stand_together_and_no_command_is_torn(capsys: pytest.CaptureFixture[str]) -> None:
    """A gate has one entry with all its places; what cannot be copied from a screen whole is not shown in part."""
    elsewhere = replace(CLAIM, id="other", subject=Subject(format=Format.APR, backend=Backend.CPU))
    evidence = _evidence(LOST, replace(LOST, claim=elsewhere))
    torn = replace(SEEN, reproduce="apr run '--prompt=one\ntwo'")
    for seen, words in ((SEEN, "see it  apr run 'a [b]'"), (torn, "see it  apr-qa explain G4-BASIC-001")):
        shown = replace(evidence, observations=(seen,))
        show_verdict(shown, score(shown.run, shown.judged, shown.observations), "")
        said = capsys.readouterr().out
        assert said.count("x  G4-BASIC-001") == 1
        assert "gguf-cpu, apr-cpu" in said
        assert words in said


def test_a_running_certification_is_drawn_from_what_is_known() -> None:
    """Gateways, cells, the latest loss, what runs now, the bar and what is left."""
    now = [100.0]
    watch = Watch(clock=lambda: now[0])
    watch.busy("hashing files")
    assert "hashing files" in _drawn(watch)
    watch.begun(PLAN, 0)
    watch.started(QUESTION)
    now[0] += 65
    assert "now   gguf-cpu-run: What is 2+2?" in _drawn(watch)
    watch.observed(QUESTION, SEEN, LOST.verdict)
    assert "x 1" not in _drawn(watch), "one wrong answer may be within the bound of its claim"
    about_cell = Subject(format=CELL.format, backend=CELL.backend, modality=CELL.modality)
    watch.judged(replace(LOST, claim=replace(CLAIM, subject=about_cell)))
    shown = _drawn(watch)
    for words in (
        "org/x   mvp   plan 01234567   1:05",
        "G4 Quality",
        "fell",
        "gguf cpu",
        "x 1",
        "1 of 1 claims, 1 lost",
    ):
        assert words in shown
    assert "row" in shown
    watch.ended("stopped")
    assert watch.doing == ""
    watch.begun(PLAN, 1)
    assert "1 of 1 claims taken up" in _drawn(watch)


def _drawn(watch: Watch) -> str:
    out = io.StringIO()
    Console(file=out, width=140, force_terminal=False).print(live.picture("org/x   mvp", watch))
    return out.getvalue()


def test_a_log_gets_plain_lines_and_a_sign_of_life(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Losses and milestones as they come; in between, at least a line every heartbeat with what runs."""
    monkeypatch.setattr(live, "HEARTBEAT_S", 0.01)
    beats: list[str] = []
    with live.watching("org/x   mvp") as watch:
        watch.begun(PLAN, 0)
        watch.started(QUESTION)
        said = watch.changed
        while not beats:
            watch.changed = lambda news: (beats.append(news), said(news))[1]
        watch.judged(LOST)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].strip() == "org/x   mvp"
    assert any("started" in line for line in lines)
    assert any("... gguf-cpu-run: What is 2+2?" in line for line in lines)
    assert any("x  G4-BASIC-001" in line and "1/1" in line for line in lines)


def test_a_quiet_watch_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """With `--json`, standard error stays empty as well."""
    with live.watching("org/x", quiet=True) as watch:
        watch.begun(PLAN, 0)
        watch.judged(LOST)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(("seconds", "text"), [(0, "0:00"), (65.9, "1:05"), (3661, "1:01:01")])
def test_clock(seconds: float, text: str) -> None:
    """Minutes and seconds, hours when there are any."""
    assert clock_text(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(None, ""), (0.2, "about 1 s left"), (89, "about 89 s left"), (150, "about 2 min left")]
)
def test_what_is_left(seconds: float | None, text: str) -> None:
    """Seconds while they are few, else minutes; nothing when nothing is known."""
    assert about(seconds) == text
