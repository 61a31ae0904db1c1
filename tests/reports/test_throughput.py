"""Throughput counts only answers that passed."""

from __future__ import annotations

import dataclasses

import sample_models
from sample_evidence import evidence_of, observation, outcome_of

from apr_qa.vocab.axes import Backend, Format
from apr_qa.vocab.throughput import passed_scenarios, throughput
from apr_qa.vocab.verdict import Outcome


def test_wrong_answers_have_no_speed() -> None:
    """A format whose answers are all nonsense has no throughput, however fast the nonsense came."""
    evidence, _ = sample_models.blocked()
    assert (Format.GGUF, Backend.CPU) not in throughput(evidence)
    assert (Format.APR, Backend.CPU) in throughput(evidence)


def test_the_median_is_over_passed_answers_only() -> None:
    """One absurdly fast wrong answer does not move the median."""

    def spoil(asked, made, seen):
        if asked.id.endswith("003"):
            return outcome_of(made, Outcome.FALSIFIED, "wrong"), observation(asked, tokens_per_s=1e6)
        return made, observation(asked, tokens_per_s=10.0)

    speed = throughput(evidence_of(spoil))[Format.GGUF, Backend.CPU]
    assert (speed.median, speed.lowest, speed.highest, speed.n) == (10.0, 10.0, 10.0, 9)


def test_without_the_engines_figure_our_clock_counts() -> None:
    """Where the engine says no speed, its token count over our time stands in; with neither, nothing does."""

    def spoil(asked, made, seen):
        reply = dataclasses.replace(
            seen.reply, tokens_per_s=None, completion_tokens=21 if asked.cell.format is Format.APR else None
        )
        return made, dataclasses.replace(seen, reply=reply)

    found = throughput(evidence_of(spoil))
    assert set(found) == {(Format.APR, Backend.CPU)}
    assert round(found[Format.APR, Backend.CPU].median, 6) == 50.0


def test_figures_that_are_no_numbers_do_not_count() -> None:
    """Infinite, negative or undefined speeds are as good as none."""

    def spoil(asked, made, seen):
        return made, observation(asked, tokens_per_s=float(("inf", "-1", "nan", "0")[int(asked.id[-1])]))

    assert throughput(evidence_of(spoil)) == {}


def test_an_answer_nobody_judged_has_not_passed() -> None:
    """No pass without evidence."""
    evidence = evidence_of()
    assert passed_scenarios(evidence)
    assert passed_scenarios(dataclasses.replace(evidence, judged=())) == frozenset()
