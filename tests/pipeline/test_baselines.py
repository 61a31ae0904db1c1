"""The compact ground truth is made by a command, streamed or by an engine over the protocol, and then judges alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from test_compact_truth import HERE, TINY, hashed, judge, stand, too_large

from apr_qa.errors import EngineMissingError, InputError
from apr_qa.pipeline.baselines import keep_baseline
from apr_qa.pipeline.standing import standing
from apr_qa.truth.baseline import read_baseline
from apr_qa.vocab.axes import Format
from apr_qa.vocab.verdict import Outcome


def quiet(_doing: str) -> None:
    """Say nothing."""


def test_an_engine_over_the_protocol_keeps_what_the_streamed_pass_does(tmp_path: Path) -> None:
    """Both make the same file for the same model, and a machine too small for the ground truth judges by it."""
    streamed, asked = (keep_baseline(TINY, tmp_path / name, name, 300, quiet) for name in ("", "reference"))
    one, other = read_baseline(streamed), read_baseline(asked)
    assert streamed.name == asked.name
    assert (one.key, one.vocab, one.blocks) == (other.key, other.vocab, other.blocks)
    np.testing.assert_allclose(one.logsumexp, other.logsumexp, atol=1e-5)
    files = stand(TINY, asked.parents[1]).files
    assert files.compact is not None
    assert files.compact.place == asked
    assert judge(too_large(files)).outcome is Outcome.CORROBORATED


def test_what_has_no_ground_truth_or_no_engine_is_refused(tmp_path: Path) -> None:
    """A GGUF is none; an engine that is not installed is named with how to get it."""
    with pytest.raises(InputError):
        keep_baseline(TINY / "gguf" / "model-q8_0.gguf", tmp_path, "", 10, quiet)
    with pytest.raises(EngineMissingError):
        keep_baseline(TINY, tmp_path, "torch=/nowhere/python", 10, quiet)


def test_without_one_the_plan_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a pass over the ground truth would take too long, the reason why nothing is compared names the command."""
    files = hashed(TINY)
    alone = replace(files, artefacts={Format.SAFETENSORS: files.artefacts[Format.SAFETENSORS]})
    took = standing(alone, HERE, tmp_path).minutes[Format.SAFETENSORS]
    monkeypatch.setattr("apr_qa.pipeline.standing.LIMIT_MINUTES", took * 0.999)
    found = standing(alone, HERE, tmp_path)
    assert found.files.compact is not None
    assert "the ground truth would take" in found.files.compact.instead
    assert "apr-qa baseline" in found.forward
