"""Judging stored evidence again, and merging shards of one plan."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from record_builders import claim, judged, observation, run_record, scenario, verdict

from apr_qa.errors import InputError
from apr_qa.evidence.merge import merge
from apr_qa.evidence.rejudge import exhibits_for, rejudge
from apr_qa.vocab.axes import Category
from apr_qa.vocab.evidence import Evidence
from apr_qa.vocab.gates import Drawn, Exhibits, Gate, GateSpec, Oracle
from apr_qa.vocab.observation import Ending
from apr_qa.vocab.verdict import Outcome

NAMES = ("s-0", "s-1", "s-2")
CLAIMS = tuple(claim(f"F-QUAL-001@x#{n}", needs=(name,)) for n, name in enumerate(NAMES))
RUN = run_record(scenarios=tuple(scenario(name) for name in NAMES), claims=CLAIMS)


def own_answer(one, exhibits):
    return exhibits.answers[one.needs[0]]


SPEC = GateSpec(id="F-QUAL-001", claim="", category=Category.QUAL)
GATES = {SPEC.id: Gate(spec=SPEC, draw=lambda _spec, _brief: Drawn(), judge=own_answer)}


def oracles(right):
    def judge(answer, expected, config):
        return verdict(Outcome.CORROBORATED if answer == right else Outcome.FALSIFIED, answer)

    names = ("garbage", "number")
    return {n: Oracle(name=n, claim="", expect=lambda _p, _c: {"x": 1}, judge=judge) for n in names}


def test_stored_answers_get_new_verdicts():
    """The same observations under other oracles: verdicts change, the seal goes, a note says so."""
    stored = Evidence(
        run=RUN,
        observations=(observation("s-0", text="4"), observation("s-1", text="5"), observation("elsewhere")),
        judged=(judged(CLAIMS[0], Outcome.FALSIFIED),),
        seal="f" * 64,
    )
    again = rejudge(stored, oracles("4"), GATES)
    assert [j.verdict.outcome for j in again.judged] == [Outcome.CORROBORATED, Outcome.FALSIFIED, Outcome.UNJUDGED]
    assert again.seal == ""
    assert again.notes == ("Judged again from the stored observations.",)
    assert again.observations == stored.observations


def test_verdicts_on_files_that_are_gone_stand():
    """What an engine converted was removed when it was judged; nothing is left to judge it by again."""
    made = replace(CLAIMS[0], needs=(), params={"routes": [["safetensors", "apr"]]})
    stored = Evidence(
        run=run_record(claims=(made,)), observations=(), judged=(judged(made, Outcome.FALSIFIED),), seal="f" * 64
    )
    assert [j.verdict.outcome for j in rejudge(stored, {}, {}).judged] == [Outcome.FALSIFIED]


def test_a_claim_of_an_unknown_gate_is_unjudged():
    """Evidence of a gate that is not installed is not guessed at."""
    stored = Evidence(run=RUN, observations=tuple(observation(n) for n in NAMES), judged=())
    outcomes = {j.verdict.outcome for j in rejudge(stored, oracles("4"), {}).judged}
    assert outcomes == {Outcome.UNJUDGED}


def test_a_gate_sees_only_what_its_claim_needs():
    """Exhibits are cut to the claim, so that a gate cannot lean on what it did not ask for."""
    seen = {n: observation(n) for n in NAMES[:2]}
    whole = Exhibits(scenarios={s.id: s for s in RUN.scenarios}, observations=seen, answers={"s-0": verdict()})
    cut = exhibits_for(claim(needs=("s-0", "s-2")), whole)
    assert (list(cut.scenarios), list(cut.observations), list(cut.answers)) == (["s-0", "s-2"], ["s-0"], ["s-0"])


endings = st.sampled_from([Ending.ANSWERED, Ending.UNSTARTED, Ending.CRASHED])
shards = st.builds(
    lambda seen, decided, started, notes: Evidence(
        run=replace(RUN, started_at=started), observations=tuple(seen), judged=tuple(decided), notes=tuple(notes)
    ),
    st.lists(st.builds(observation, st.sampled_from(NAMES), endings, st.sampled_from(["4", "5"])), max_size=3),
    st.lists(st.builds(judged, st.sampled_from(CLAIMS), st.sampled_from(Outcome)), max_size=3),
    st.sampled_from(["2026-11-25T12:00:00Z", "2026-11-25T13:00:00Z"]),
    st.lists(st.sampled_from(["a", "b"]), max_size=2),
)


@given(st.lists(shards, min_size=3, max_size=3))
def test_merging_is_order_free_and_associative(parts):
    """Shards may come in any order and be merged in any grouping."""
    whole = merge(parts)
    assert all(merge(order) == whole for order in permutations(parts))
    assert merge([merge(parts[:2]), parts[2]]) == whole
    assert merge([whole]) == whole


def test_merged_records_stand_in_the_order_of_the_plan():
    """Each shard brings its part; what was not planned comes last."""
    first = Evidence(run=RUN, observations=(observation("s-2"), observation("other")), judged=(judged(CLAIMS[1]),))
    second = Evidence(run=RUN, observations=(observation("s-0"),), judged=(judged(CLAIMS[0]),))
    whole = merge([first, second])
    assert [seen.scenario for seen in whole.observations] == ["s-0", "s-2", "other"]
    assert [j.claim for j in whole.judged] == [CLAIMS[0], CLAIMS[1]]


def test_a_loss_stands_when_shards_disagree():
    """Merging never turns a loss into a pass, nor an answer into a question that was not asked."""
    good = Evidence(run=RUN, observations=(observation("s-0"),), judged=(judged(CLAIMS[0]),))
    bad = Evidence(
        run=RUN,
        observations=(observation("s-0", Ending.UNSTARTED),),
        judged=(judged(CLAIMS[0], Outcome.FALSIFIED),),
    )
    whole = merge([good, bad])
    assert whole.observations == good.observations
    assert whole.judged == bad.judged


def test_shards_of_two_plans_are_not_merged():
    """What belongs to different plans is no run; neither is nothing."""
    other = Evidence(run=replace(RUN, plan_digest="q"), observations=(), judged=())
    with pytest.raises(InputError, match="2 different plans"):
        merge([Evidence(run=RUN, observations=(), judged=()), other])
    with pytest.raises(InputError, match="no shards"):
        merge([])
