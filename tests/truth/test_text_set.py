"""The text set: four domains, short and long, fits the models, and is cut fairly."""

from __future__ import annotations

from pathlib import Path

import pytest

from apr_qa.reference.tokenizer import load_tokenizer
from apr_qa.truth.text_set import DOMAINS, FEWEST_POSITIONS, MOST_POSITIONS, blocks, positions_for, texts


def test_every_domain_has_short_and_long_texts() -> None:
    """Four domains, two lengths, other scripts among them, and no text twice."""
    assert {(t.domain, t.length) for t in texts()} == {(d, n) for d in DOMAINS for n in ("short", "long")}
    assert len({t.name for t in texts()}) == len(texts())
    assert any(not t.text.isascii() for t in texts())


@pytest.mark.parametrize("name", ["tiny", "tiny-llama"])
def test_the_tiny_models_take_the_set(name: str, models: Path) -> None:
    """A few hundred to about two thousand positions of all domains, none longer than the context."""
    tokenizer = load_tokenizer(models / name / "safetensors")
    found = blocks(tokenizer, context=600)
    assert 500 < sum(len(b.ids) for b in found) <= MOST_POSITIONS
    assert {b.domain for b in found} == set(DOMAINS)
    assert max(len(b.ids) for b in found) <= 600
    assert all(token < 640 for b in found for token in b.ids)


def test_a_cut_set_keeps_all_domains(models: Path) -> None:
    """The limit is kept, and the first few texts cover every domain."""
    found = blocks(load_tokenizer(models / "tiny" / "safetensors"), context=200, most=700)
    assert sum(len(b.ids) for b in found) <= 700
    assert {b.domain for b in found} == set(DOMAINS)


def test_large_models_are_compared_on_fewer_positions() -> None:
    """The work of a pass is bounded; the fewest positions are kept whatever the size."""
    assert positions_for(1_000_000) == MOST_POSITIONS
    assert positions_for(500_000_000) == 500
    assert positions_for(70_000_000_000) == FEWEST_POSITIONS
