"""The chart of shards: safe whatever a model is called, its numbers in words, gone before the verdict is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from apr_qa.bot.comments.shards import Bar, chart

NOW = datetime(2026, 11, 25, 23, 58, tzinfo=UTC)
BARS = [
    Bar(model="org/model", number=1, minutes=9.4, began=NOW - timedelta(minutes=12), ended=True),
    Bar(model="org/model", number=2, minutes=0.2, began=NOW),
    Bar(model="a:b;\n```\n# c", number=3, minutes=5),
]


def test_every_shard_is_a_bar_with_its_state() -> None:
    """Done, running and waiting ones; under a minute is one; midnight is no trouble."""
    (made,) = chart(BARS, NOW)
    full, short = made.versions
    assert short == "Shards: 1 done, 1 running, 1 waiting"
    assert short in full
    assert "    Shard 1 :done, 2026-11-25T23:46, 9m\n" in full
    assert "    Shard 2 :active, 2026-11-25T23:58, 1m\n" in full
    assert "    Shard 3 :2026-11-25T23:58, 5m\n" in full


def test_a_models_name_means_nothing_to_the_chart() -> None:
    """No colon, no fence, no line of its own."""
    (made,) = chart(BARS, NOW)
    assert "  section a_b_______ c\n" in made.versions[0]
    assert made.versions[0].count("```") == 2


def test_one_shard_needs_no_chart() -> None:
    """The table tells it all."""
    assert chart(BARS[:1], NOW) == []
