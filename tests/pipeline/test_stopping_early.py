"""--sequential: a heavy tier stops by its own rule, in the same place whatever the workers do, and says so."""

from __future__ import annotations

import dataclasses

import pytest
from certifying_runs import certify

from apr_qa.cli.main import run
from apr_qa.evidence.read import read_evidence
from apr_qa.pipeline.early import weigh
from apr_qa.pipeline.rescore import rescore
from apr_qa.plan.rounds import rounds
from apr_qa.registry.record import make_record
from apr_qa.reports.html import HTML
from apr_qa.reports.markdown import MARKDOWN
from apr_qa.score.mqs import score
from apr_qa.stats.sequential import Decision
from apr_qa.vocab.observation import Ending
from apr_qa.vocab.plan import Plan
from apr_qa.vocab.score import Status
from apr_qa.vocab.sequential import STOPPED
from apr_qa.vocab.stopped import stopped_early
from apr_qa.vocab.verdict import Outcome, Verdict

ONE_CELL = ("--engine", "reference", "--formats", "safetensors", "--backends", "cpu", "--modalities", "run")
WORDS = ("tiny", "deep", "--sequential", *ONE_CELL)


@pytest.fixture(scope="module")
def stopped(tmp_path_factory):
    """The tiny model at tier deep in one cell: a hundred questions, ten a look."""
    return certify(*WORDS, output=tmp_path_factory.mktemp("stopped"), more=())


def test_it_stops_at_a_look_and_asks_no_more(stopped):
    """Whole rounds of ten; the rest of the matrix was never put to the engine, and is skipped with the reason."""
    evidence = read_evidence(stopped.evidence)
    asked = [o for o in evidence.observations if "-matrix-" in o.scenario]
    assert stopped.status == 0
    assert 10 <= len(asked) < 100
    assert len(asked) % 10 == 0
    assert {o.scenario for o in asked} == {f"safetensors-cpu-run-matrix-{n:03}" for n in range(1, len(asked) + 1)}
    left = [j for j in evidence.judged if j.verdict.outcome is Outcome.SKIPPED and STOPPED in j.verdict.detail]
    assert len(left) == 100 - len(asked)
    assert stopped.answer["judged"] == len(asked)
    assert stopped.answer["planned"]["matrix"] == 100
    assert not any(j.verdict.outcome is Outcome.UNJUDGED for j in evidence.judged)


def test_evidence_certificate_and_record_say_so(stopped):
    """With the two rates and both error bounds; the command in the record asks the same again."""
    found = rescore(stopped.evidence)
    sentence = stopped_early(found.evidence)
    assert "decided for good" in sentence
    assert "5.3%" in sentence
    assert found.evidence.run.sequential.looks == 10
    for report in (HTML, MARKDOWN):
        assert "Stopped early" in report.text(found.evidence, found.scorecard)
    record = make_record(found.evidence, found.scorecard)
    assert record.stopped_early == sentence
    assert "stopped early" in record.reservations
    assert record.recheck.endswith("--sequential")


def test_judged_again_it_is_worth_the_same(stopped):
    """Oracles and gates run again over what was asked; what was not asked stays skipped."""
    stored, again = rescore(stopped.evidence), rescore(stopped.evidence, rejudge=True)
    assert again.scorecard == stored.scorecard


def test_the_same_command_has_nothing_left_to_do(stopped):
    """A stopped run is a whole one."""
    again = certify(*WORDS, output=stopped.output, more=())
    assert read_evidence(again.evidence).seal == read_evidence(stopped.evidence).seal


def test_the_place_depends_on_the_answers_alone(stopped):
    """Verdicts of a round that was begun when the run was killed do not weigh at an earlier look."""
    plan, verdicts = _plan_of(stopped), {}
    for claim in plan.claims:
        verdicts[claim.id] = Verdict(outcome=Outcome.CORROBORATED, reason="held")
    first, second = rounds(plan)[:2]
    early = weigh(plan, first, verdicts)
    assert (early.decision, early.asked, early.survived) == (Decision.OPEN, 10, 10)
    assert weigh(plan, [*first, *second], verdicts).asked == 20


def test_one_wrong_answer_loses_the_question_in_all_cells(stopped):
    """Answers of one model to one question are not independent, so a question counts once."""
    plan = _plan_of(stopped)
    first = rounds(plan)[0]
    matrix = [s for s in first if s.purpose == "matrix"]
    twin = dataclasses.replace(matrix[0], id="twin")
    claim = next(c for c in plan.claims if c.needs == (matrix[0].id,) and c.gate == "F-A1-001")
    twin_claim = dataclasses.replace(claim, id="twin", needs=("twin",))
    both = dataclasses.replace(plan, claims=(*plan.claims, twin_claim))
    verdicts = {c.id: Verdict(outcome=Outcome.CORROBORATED, reason="held") for c in plan.claims}
    verdicts["twin"] = Verdict(outcome=Outcome.FALSIFIED, reason="wrong")
    found = weigh(both, [*first, twin], verdicts)
    assert (found.survived, found.lost, found.asked) == (9, 1, 11)


def test_an_engine_that_is_always_wrong_is_found_out_at_the_first_look(stopped, tmp_path):
    """The rule decides for bad; the verdict is not better for having stopped."""
    from apr_qa.evidence.seal import seal_evidence

    evidence = read_evidence(stopped.evidence)
    wrong = tuple(
        dataclasses.replace(o, reply=dataclasses.replace(o.reply, text="no")) if "-matrix-" in o.scenario else o
        for o in evidence.observations
        if o.reply.ending is Ending.ANSWERED
    )
    path = tmp_path / "wrong.json"
    seal_evidence(dataclasses.replace(evidence, observations=wrong), path)
    assert rescore(path, rejudge=True).scorecard.mqs < rescore(path).scorecard.mqs


def test_a_decision_for_bad_certifies_nothing(stopped, tmp_path):
    """The rule bounds how often a bad model passes for a good one; what it finds bad is not certified all the same."""
    evidence = read_evidence(stopped.evidence)
    run_ = dataclasses.replace(evidence.run, best_status=Status.CERTIFIED, certified_at=0)

    def scored(decision):
        judged = [dataclasses.replace(j, verdict=_decided(j.verdict, decision)) for j in evidence.judged]
        return score(run_, judged, evidence.observations)

    assert scored("good").status is Status.CERTIFIED
    card = scored("bad")
    assert card.status is Status.PROVISIONAL
    assert "sequential test stopped the run" in card.reason


def _decided(verdict, decision):
    said = verdict.detail.get(STOPPED)
    return dataclasses.replace(verdict, detail={STOPPED: said | {"decision": decision}}) if said else verdict


@pytest.mark.parametrize("tier", ["smoke", "mvp", "quick"])
def test_lighter_tiers_ask_everything(tier, capsys):
    """--sequential is bad input there, and for shards, which run apart."""
    assert run(["certify", "tiny", tier, "--sequential", "--dry-run", *ONE_CELL]) == 2
    assert "standard and deep may stop early" in capsys.readouterr().err


def test_shards_cannot_stop_each_other(tmp_path, capsys):
    """`apr-qa plan` refuses it."""
    assert run(["plan", "tiny", "deep", "--sequential", "--output", str(tmp_path / "plan.json")]) == 2
    assert "shards" in capsys.readouterr().err


def _plan_of(done) -> Plan:
    """The plan that a run was of, as its evidence has it."""
    run_ = read_evidence(done.evidence).run
    return Plan(
        digest=run_.plan_digest,
        playbook=run_.playbook,
        playbook_digest=run_.playbook_digest,
        model=run_.model,
        tier=run_.tier,
        seed=run_.seed,
        cells=(),
        matrix_cells=(),
        scenarios=run_.scenarios,
        claims=run_.claims,
        sequential=run_.sequential,
    )
