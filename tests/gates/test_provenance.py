"""F-PROVENANCE-001: holds for the Hub's files and our conversions, fallen for anything else; silent on local files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from gate_exhibits import RUN, brief

from apr_qa.gates.comp_provenance import GATE
from apr_qa.vocab.artefacts import Artefact, ModelFiles
from apr_qa.vocab.axes import Format
from apr_qa.vocab.gates import Exhibits

HUB, SHOP = Path("/cache/snapshots/c0ffee"), Path("/cache/converted/1a2b")
TRUTH = Artefact(
    format=Format.SAFETENSORS, path=HUB / "model.safetensors", folder=HUB, files=(HUB / "model.safetensors",)
)
MADE = Artefact(
    format=Format.APR,
    path=SHOP / "apr" / "model.apr",
    folder=SHOP / "apr",
    files=(SHOP / "apr" / "model.apr",),
    made_by=("apr", "import", "model.safetensors", "-o", "model.apr"),
)
NAMES = ("config.json", "model.safetensors", "tokenizer.json")
FETCHED = ModelFiles(
    model="org/model",
    revision="c0ffee" + "0" * 34,
    artefacts={Format.SAFETENSORS: TRUTH, Format.APR: MADE},
    digests=dict.fromkeys((*NAMES, "apr/model.apr", "apr/config.json"), "00" * 32),
    root=HUB,
    compared=NAMES,
)


def judge(files):
    """The verdict on the one claim."""
    (claim,) = GATE.draw(GATE.spec, brief((RUN,), files=FETCHED)).claims
    return GATE.judge(claim, Exhibits(files=files))


def test_files_of_the_hub_and_our_conversions_hold():
    """Every file was compared, and the conversion's command is on record."""
    verdict = judge(FETCHED)
    assert verdict.outcome == "corroborated"
    assert verdict.detail["compared"] == list(NAMES)
    assert verdict.detail["conversions"] == {"apr": list(MADE.made_by)}


@pytest.mark.parametrize(
    ("files", "words"),
    [
        (replace(FETCHED, digests={**FETCHED.digests, "extra.json": "11" * 32}), "extra.json is not among the files"),
        (replace(FETCHED, compared=NAMES[:2]), "tokenizer.json is not among the files"),
        (replace(FETCHED, artefacts={**FETCHED.artefacts, Format.APR: replace(MADE, made_by=())}), "how the apr file"),
    ],
)
def test_a_stranger_or_a_conversion_of_nobody_falls(files, words):
    """One file that the Hub does not know, or one that nobody says how it was made, is enough."""
    verdict = judge(files)
    assert verdict.outcome == "falsified"
    assert words in verdict.reason


def test_without_the_hub_nothing_is_said():
    """Local files draw no claim; fetched ones that were not compared are named by the plan; neither is verified."""
    assert GATE.draw(GATE.spec, brief((RUN,), files=replace(FETCHED, revision="", compared=()))).claims == ()
    offline = GATE.draw(GATE.spec, brief((RUN,), files=replace(FETCHED, compared=())))
    assert (offline.claims, offline.not_run[0].what) == ((), "F-PROVENANCE-001")
    assert judge(replace(FETCHED, compared=())).outcome == "unjudged"
