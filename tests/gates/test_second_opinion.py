"""Two readers of one file: what they see is the same, or it is said where they differ."""

from __future__ import annotations

from pathlib import Path

import pytest
from file_harms import MODELS, copy

from apr_qa.fetch.locate import Wanted, locate
from apr_qa.gates import _draw
from apr_qa.gates.g0_second_opinion import GATE, difference
from apr_qa.vocab.axes import Format
from apr_qa.vocab.gates import Exhibits
from apr_qa.vocab.plan import Subject
from apr_qa.vocab.verdict import Outcome, Verdict

Q = ((4, 2), "bf16")


def judged(root: Path, form: Format) -> Verdict:
    """Return the verdict on one format of the model at `root`."""
    files = locate(root, Wanted(quantizations=("f16",)))
    return GATE.judge(_draw.claim(GATE.spec, Subject(format=form)), Exhibits(files=files))


@pytest.mark.parametrize("model", ["tiny", "tiny-llama"])
@pytest.mark.parametrize("form", [Format.SAFETENSORS, Format.GGUF])
def test_the_libraries_see_what_we_see(model: str, form: Format) -> None:
    """Shards and quantised files included."""
    assert judged(MODELS / model, form).outcome is Outcome.CORROBORATED


def test_a_file_that_only_the_library_accepts_falls(tmp_path: Path) -> None:
    """The safetensors library takes the last of two equal keys; a strict reader refuses to choose."""
    root = copy("tiny", tmp_path)
    file = root / "safetensors" / "model.safetensors"
    data = file.read_bytes()
    length = int.from_bytes(data[:8], "little")
    header = data[8 : 8 + length].rstrip()
    twice = header[:-1] + b',"model.norm.weight":' + header.split(b'"model.norm.weight":')[1].split(b"}")[0] + b"}}"
    twice += b" " * (-len(twice) % 8)
    file.write_bytes(len(twice).to_bytes(8, "little") + twice + data[8 + length :])
    verdict = judged(root, Format.SAFETENSORS)
    assert verdict.outcome is Outcome.FALSIFIED
    assert "not asked" in verdict.reason


@pytest.mark.parametrize(
    ("theirs", "words"),
    [
        ({}, "q is not there"),
        ({"q": Q, "k": Q}, "k is there besides"),
        ({"q": ((2, 4), "bf16")}, "q is [2, 4] bf16, not [4, 2] bf16"),
        ({"q": ((4, 2), "f16")}, "q is [4, 2] f16, not [4, 2] bf16"),
        ({"q": Q}, ""),
    ],
)
def test_the_first_difference_is_named(theirs: dict[str, tuple[tuple[int, ...], str]], words: str) -> None:
    """A missing tensor, one too many, another shape, another type."""
    assert difference({"q": Q}, theirs) == words


def test_without_the_files_nothing_is_judged() -> None:
    """Evidence judged again elsewhere says so."""
    claim = _draw.claim(GATE.spec, Subject(format=Format.GGUF))
    assert GATE.judge(claim, Exhibits()).outcome is Outcome.UNJUDGED
