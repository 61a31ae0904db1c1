"""F-CONV judges the engine: a file that is wrong before it is converted is never the engine's fault."""

from __future__ import annotations

import shutil
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from contract_cases import gguf
from converting_engine import converter
from fault_cases import put
from file_harms import MODELS, cut, in_gguf
from test_conversion_gates import ROOM, claim_of, quiet

from apr_qa.engines.apr import APR
from apr_qa.fetch.locate import Wanted, locate
from apr_qa.pipeline.workshop import workshop
from apr_qa.run.find import equip
from apr_qa.vocab.axes import Format
from apr_qa.vocab.gates import Exhibits
from apr_qa.vocab.verdict import Outcome, Verdict

TINY, FILE = MODELS / "tiny", "gguf/model-f16.gguf"
KEEPS = "numbers = {'rope_theta': 10000.0} if step == 'gguf-apr' else {}"
"""A converter that carries along what its source says."""


SCALED = gguf(put("output_norm.weight", lambda values: values * 1.5))
"""A GGUF file of which one tensor is wrong."""


def judged(harm: Callable[[Path], object], name: str, folder: Path, engine: str = "") -> Verdict:
    """Return what a gate says of conversions of a model whose GGUF file was harmed."""
    root = folder / "tiny"
    shutil.copytree(TINY, root)
    harm(root)
    files = locate(root, Wanted(quantizations=("f16",)))
    claim, equipped = claim_of(name), equip(APR, program=converter(folder / "bin", engine))
    with workshop(files, dict.fromkeys(Format, equipped), folder / "conversions", quiet) as shop:
        return ROOM[name].judge(claim, Exhibits(files=files, made=shop.made(claim.params)))


@pytest.mark.parametrize("name", ["F-CONV-G-A", "F-CONV-G-S"])
def test_wrong_values_that_are_carried_along_are_the_files(name: str, tmp_path: Path) -> None:
    """The converter did what it was told; that the file is wrong, F-CONTRACT-I4 says."""
    verdict = judged(SCALED, name, tmp_path)
    assert verdict.outcome is Outcome.SKIPPED, verdict
    assert "the gguf file is wrong before it is converted: output_norm.weight" in verdict.reason
    assert "culprit" not in verdict.detail


def test_what_the_engine_adds_stays_the_engines(tmp_path: Path) -> None:
    """A file that is wrong excuses no quantisation that nobody asked for, nor what befalls another file."""
    assert judged(SCALED, "F-CONV-G-A", tmp_path / "a", "dtype = 'apr_q8'").outcome is Outcome.FALSIFIED
    harm = "values['model.norm.weight'] *= 3"
    assert judged(SCALED, "F-CONV-S-A", tmp_path / "b", harm).outcome is Outcome.FALSIFIED


def test_a_file_that_cannot_be_read_is_not_held_against_the_engine(tmp_path: Path) -> None:
    """Whatever the converter says of it, and whatever it exits with."""
    verdict = judged(cut(FILE, 1 << 20), "F-CONV-G-A", tmp_path)
    assert verdict.outcome is Outcome.SKIPPED, verdict
    assert "G0-INTEGRITY-HEADER judges that" in verdict.reason


def test_a_declared_number_that_was_wrong_before_is_left_out(tmp_path: Path) -> None:
    """From the wrong file nothing follows; the other ways still count."""
    old, new = (struct.pack("<f", base) for base in (250000.0, 10000.0))
    verdict = judged(in_gguf(old, new), "F-CONV-CONFIG-001", tmp_path, KEEPS)
    assert verdict.outcome is Outcome.CORROBORATED, verdict
    assert "gguf to apr" not in verdict.detail["steps"]
    assert "apr to gguf" in verdict.detail["steps"]
