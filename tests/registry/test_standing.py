"""The state machine of certification, one test for each transition."""

from __future__ import annotations

import itertools
from datetime import date

import pytest
from sample_records import MODEL, blocked, certified, no_verdict, on_engine, provisional, smoke, too_low

from apr_qa.registry.record import Record
from apr_qa.registry.standing import expired, standings, version_key
from apr_qa.vocab.axes import Tier
from apr_qa.vocab.score import Status

DEEP = {"tier": Tier.DEEP, "certified_at": 900}
WHOLE: dict[str, object] = {"narrowed": ()}


def stand(*records: Record) -> Record:
    """The record that stands after these, whatever order they are read in."""
    found = [standings(order)[MODEL].record for order in itertools.permutations(records)]
    assert all(record == found[0] for record in found)
    return found[0]


@pytest.mark.parametrize(
    ("made", "status"),
    [
        (certified(), Status.CERTIFIED),
        (provisional(), Status.PROVISIONAL),
        (blocked(), Status.BLOCKED),
        (no_verdict("2026-11-21"), Status.PARTIAL),
        (no_verdict("2026-11-21", Status.FAIL), Status.FAIL),
    ],
)
def test_from_pending_to_anything(made: Record, status: Status) -> None:
    """The first record stands, whatever it says."""
    assert stand(made).status is status


def test_a_model_without_records_has_no_standing() -> None:
    """PENDING is the absence of a record."""
    assert standings(()) == {}


@pytest.mark.parametrize("later", [certified("2026-12-01"), provisional("2026-12-01"), too_low("2026-12-01")])
def test_the_same_tier_again_replaces_up_and_down(later: Record) -> None:
    """A newer run of the same claim decides, also when it downgrades."""
    assert stand(certified("2026-11-01"), later) == later
    assert stand(too_low("2026-11-01"), later) == later


def test_a_higher_tier_replaces() -> None:
    """The heavier claim takes the row."""
    deep = provisional("2026-12-01", **DEEP)
    assert stand(certified("2026-11-01"), deep) == deep


@pytest.mark.parametrize("later", [smoke("2026-12-01"), too_low("2026-12-01", tier=Tier.SMOKE)])
def test_a_lower_tier_changes_nothing(later: Record) -> None:
    """Neither a pass nor a low score at a lower tier touches the row of a higher one."""
    before = certified("2026-11-01")
    assert stand(before, later) == before


def test_a_lower_tier_takes_away() -> None:
    """A gateway that fell blocks at any tier."""
    later = blocked("2026-12-01", tier=Tier.SMOKE)
    assert stand(certified("2026-11-01", **DEEP), later) == later


def test_what_was_taken_away_is_not_given_back_by_itself() -> None:
    """After the block, the next verdict at the blocking tier stands; the heavier claim must be earned again."""
    first, taken, again = certified("2026-11-01", **DEEP), blocked("2026-11-20", tier=Tier.SMOKE), smoke("2026-12-01")
    assert stand(first, taken, again) == again


def test_a_claim_that_needs_a_plug_in_does_not_replace_one_that_does_not() -> None:
    """Gates of somebody else earn no row from apr-qa's own."""
    own, guest = certified("2026-11-01", **WHOLE), certified("2026-12-01", plug_ins=("polite (g 1)",), **WHOLE)
    assert stand(own, guest).plug_ins == ()


def test_a_narrowed_claim_does_not_replace_a_whole_one() -> None:
    """At the same tier, cpu only is the lighter claim, unless a gateway fell in it."""
    whole = certified("2026-11-01", **WHOLE)
    assert stand(whole, certified("2026-12-01")) == whole
    assert stand(certified("2026-11-01"), certified("2026-12-01", **WHOLE)).narrowed == ()
    assert stand(whole, blocked("2026-12-01")).status is Status.BLOCKED


def test_a_new_revision_is_another_model() -> None:
    """Its verdict stands at any tier."""
    later = smoke("2026-12-01", revision="0ddba11")
    assert stand(certified("2026-11-01", **DEEP), later) == later


def test_without_a_revision_the_files_decide() -> None:
    """A folder whose files changed is another model."""
    before = certified("2026-11-01", revision="", **DEEP)
    same = smoke("2026-12-01", revision="")
    other = smoke("2026-12-01", revision="", files={"model.gguf": "99" * 32})
    assert stand(before, same) == before
    assert stand(before, other) == other


@pytest.mark.parametrize("status", [Status.PARTIAL, Status.FAIL])
def test_no_verdict_replaces_no_verdict_only(status: Status) -> None:
    """PARTIAL and FAIL never cover a verdict, not even with a new revision; a verdict always covers them."""
    later = no_verdict("2026-12-01", status)
    assert stand(certified("2026-11-01"), later).status is Status.CERTIFIED
    assert stand(blocked("2026-11-01"), no_verdict("2026-12-01", status, revision="0ddba11")).status is Status.BLOCKED
    assert stand(no_verdict("2026-11-01"), later) == later
    assert stand(no_verdict("2026-11-01", status, **DEEP), smoke("2026-12-01")).status is Status.PROVISIONAL


def test_a_newer_engine_makes_the_row_stale() -> None:
    """Any record of a newer version marks the rows of older ones; numbers are compared as numbers."""
    old, other = certified("2026-11-01"), on_engine(smoke("2026-12-01", model="a/b"), "0.100.0")
    found = standings([old, other])
    assert found[MODEL].stale == "apr is now 0.100.0"
    assert found["a/b"].stale == ""
    assert version_key("0.9.1") < version_key("v0.10") < version_key("1")


def test_a_run_on_the_newer_engine_clears_it() -> None:
    """The row is fresh again with a record of its own on the new version."""
    found = standings([certified("2026-11-01"), on_engine(certified("2026-12-01"), "0.73.0")])
    assert found[MODEL].stale == ""
    assert len(found[MODEL].history) == 2


def test_it_counts_for_ninety_days() -> None:
    """The last day is in the record; the day after, it is history."""
    record = certified("2026-11-21")
    assert record.expires == "2027-02-19"
    assert not expired(record, date(2027, 2, 19))
    assert expired(record, date(2027, 2, 20))
