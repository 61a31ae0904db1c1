"""The judge is judged: seeded faults are found, healthy conversions are not alarmed, and the figures are honest."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from apr_qa.cli.main import run
from apr_qa.errors import InputError
from apr_qa.pipeline._qualify_cases import Case, cases, healthy_copy, target_of
from apr_qa.pipeline._qualify_matrix import Row, Share, proved
from apr_qa.pipeline._qualify_page import page
from apr_qa.pipeline._qualify_trial import Depth, Detector, Eye, Finding, of_files, try_case, try_healthy
from apr_qa.pipeline.planting import judge_broken
from apr_qa.pipeline.prepare import prepare
from apr_qa.pipeline.qualify import Ask, faults, qualify, write_matrix
from apr_qa.pipeline.wishes import Wishes
from apr_qa.stats.judged import sentence
from apr_qa.vocab.axes import Backend, Format, Tier
from apr_qa.vocab.mutators import FaultLayer, Place
from apr_qa.vocab.score import Status

ROOT = Path(__file__).parents[2]
COMPUTED = {"rope-scaled"}
"""No file contradicts another, and no weight is wrong: only a forward pass shows it (see docs/judge.md)."""
BY_FILES = [
    next(case for case in cases([fault.name], dtypes=("q8_0",)))
    for fault in faults()
    if fault.layer is not FaultLayer.ENGINE and not fault.equivalent and fault.name not in COMPUTED
]


@pytest.fixture(scope="session")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("qualify")


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # infinities overflow, which is what they are planted for
@pytest.mark.parametrize("case", BY_FILES, ids=[case.name for case in BY_FILES])
def test_every_fault_of_a_file_is_found_in_the_files(case: Case, scratch: Path) -> None:
    """Without an engine and without a forward pass, at least one gate falls; a gateway's where the fault demands it."""
    folder = healthy_copy(case.mutator.model, case.dtype, scratch)
    case.mutator.apply(folder, case.place, 5)
    target = replace(target_of(case.mutator.model, Tier.MVP), path=folder)
    formats = case.formats(target.tier)
    engine = "reference" if case.place is Place.APR else "embedded"
    wishes = Wishes(engine=engine, formats=formats, backends=(Backend.CPU,), folder=scratch / "evidence")
    ready = prepare(target, wishes, lambda _doing: None)
    lost = [j for j in of_files(ready, {}, computed=False) if j.verdict.outcome.is_lost]
    assert lost
    assert not case.mutator.gateway or any(j.claim.gateway for j in lost)


@pytest.mark.parametrize("name", ["engine-banner", "engine-fluent", "engine-always-4", "all-noise"])
def test_what_looks_alive_and_is_not_is_blocked(name: str, scratch: Path) -> None:
    """A banner, fluent nonsense, one constant answer and a model of noise fell a gateway at the lightest tier."""
    (case, *_) = [c for c in cases([name], dtypes=("q8_0",)) if c.place in (Place.TRUTH, Place.ENGINE)]
    (finding,) = try_case(case, [Tier.SMOKE], Depth.FOUND, scratch)
    assert finding.found
    assert finding.gateways
    assert finding.trouble == ""


def test_the_control_of_the_engine_faults_is_not_alarmed(scratch: Path) -> None:
    """The same program without a fault is certified: what is found under a fault is the fault's."""
    (case,) = cases(["engine-healthy"])
    (finding,) = try_case(case, [Tier.SMOKE], Depth.DETECTORS, scratch)
    assert [(d.gate, d.reason) for d in finding.detectors] == []
    assert finding.status == "PROVISIONAL"


def test_a_qualification_ends_in_a_matrix_and_a_page(tmp_path: Path) -> None:
    """Found, not looked at, healthy and equivalent each have their place; the page says how it was made."""
    ask = Ask(
        tiers=(Tier.SMOKE, Tier.MVP),
        faults=("wrong-magic", "pickle", "merges-as-pairs"),
        dtypes=("f16",),
        depth=Depth.FILES,
        clean=0,
        clean_files=1,
        command="apr-qa qualify --only ...",
    )
    steps: list[int] = []
    matrix = qualify(ask, lambda step: steps.append(step.done))
    written = write_matrix(matrix, tmp_path, summary_file=tmp_path / "judged.json")
    rows = {row.case: row for row in matrix.rows}
    assert rows["wrong-magic in gguf f16"].at(Tier.SMOKE) is None
    assert [p.found for p in matrix.proved] == [Share(hits=1, of=1), Share(hits=3, of=3)]
    assert not matrix.clean_files[0].found
    assert steps == [1, 2, 3, 4, 5]
    assert json.loads(written[0].read_text())["proved"][1]["found"] == {"hits": 3, "of": 3}
    assert json.loads(written[-1].read_text())["tiers"]["mvp"]["found"] == [3, 3]
    text = written[1].read_text()
    assert "apr-qa qualify --only ..." in text
    assert "| pickle | safetensors | x G0 | x G0 |" in text
    assert "merges-as-pairs in safetensors: both spellings" in text


def _finding(case: str, *gates: str, trouble: str = "", named: bool | None = None) -> Finding:
    found = tuple(Detector(gate=g, subject="gguf", eye=Eye.WEIGHTS, gateway="", reason="") for g in gates)
    return Finding(
        case=case,
        tier=Tier.MVP,
        detectors=found,
        status="",
        gateways=(),
        named=named,
        elapsed_s=0.0,
        trouble=trouble,
    )


def _row(case: str, finding: Finding, *, gateway: bool = False, equivalent: str = "") -> Row:
    return Row(
        case=case,
        fault=case,
        layer="weights",
        place="gguf",
        dtype="f16",
        summary="",
        gateway=gateway,
        equivalent=equivalent,
        findings=(finding,),
    )


def test_what_is_missed_unknown_or_equivalent_is_counted_as_such() -> None:
    """A miss lowers the sensitivity; what could not be tried or changes nothing does not touch it, and is listed."""
    rows = [
        _row("a", _finding("a", "G0-X", named=True)),
        _row("b", _finding("b"), gateway=True),
        _row("c", _finding("c", trouble="no such file")),
        _row("d", _finding("d"), equivalent="the same"),
    ]
    seen = proved(rows, Tier.MVP)
    assert (seen.found, seen.gateway, seen.named) == (Share(hits=1, of=2), Share(hits=0, of=1), Share(hits=1, of=1))
    assert seen.missed == ("b",)
    assert seen.unknown == ("c: no such file",)


def test_what_certificates_say_of_the_judge_stands_on_its_page() -> None:
    """The few figures of the package are those of the page in the docs."""
    page = (ROOT / "docs" / "judge.md").read_text()
    figures = json.loads((ROOT / "src" / "apr_qa" / "stats" / "judged.json").read_text())
    for tier, shares in figures["tiers"].items():
        (row,) = [line for line in page.splitlines() if line.startswith(f"| {tier} |")]
        for (hits, of), cell in zip(shares.values(), row.split("|")[2:], strict=False):
            assert cell.strip().startswith(f"{hits} of {of} (")
    alarms = page[page.index("False alarms:") :]
    assert alarms.startswith("False alarms: {} of {} ".format(*figures["clean"]))
    assert "{} of {} ".format(*figures["clean_files"]) in alarms.splitlines()[1]


def test_a_heavier_tier_plans_every_gate_of_a_lighter_one(tmp_path: Path) -> None:
    """What is found at mvp cannot be missed at standard or deep for want of a gate."""
    wishes = Wishes(engine="embedded", output=tmp_path)
    planned = [prepare(target_of("tiny", tier), wishes, lambda _doing: None).plan.claims for tier in Tier]
    gates = [{claim.gate for claim in claims} for claims in planned]
    assert all(lighter <= heavier for lighter, heavier in pairwise(gates))
    assert "F-CONTRACT-I1-001" in gates[-1]


@pytest.mark.parametrize(("tier", "said"), [(Tier.SMOKE, "at smoke: "), (Tier.DEEP, "at quick: ")])
def test_certificates_say_how_far_the_judge_can_be_trusted(tier: Tier, said: str) -> None:
    """In figures that were measured; the nearest lighter tier speaks for one that was not."""
    assert sentence(tier).startswith(said)
    assert "false alarms on" in sentence(tier)


def test_bounds_are_wilsons() -> None:
    """50 of 50 prove 92.9 % and no more; nothing tried proves nothing."""
    assert [round(b, 3) for b in Share(hits=50, of=50).bounds] == [0.929, 1.0]
    assert [round(b, 3) for b in Share(hits=5, of=10).bounds] == [0.237, 0.763]
    assert Share(hits=0, of=0).bounds == (0.0, 1.0)


def test_an_unknown_fault_is_said_at_once() -> None:
    """With the nearest name."""
    with pytest.raises(InputError, match="did you mean k-permuted"):
        cases(["k-permutd"])


def test_the_command_lists_and_tries(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`--list` names the faults; a fault that is found and no alarm exit with 0."""
    assert run(["qualify", "--list"]) == 0
    assert "k-permuted" in capsys.readouterr().out
    words = ["--only", "config-code", "--tiers", "mvp", "--clean", "0", "--clean-files", "0"]
    assert run(["qualify", *words, "--output", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "x G0-INTEGRITY-FILES" in said
    assert "found 1 of 1" in said


def test_the_planted_fault_of_the_demo_is_named_and_blocked(tmp_path: Path) -> None:
    """Permuted key rows in the GGUF file: the tensor and what was done to it are named, the model is blocked."""
    formats = (Format.SAFETENSORS, Format.GGUF)
    wishes = Wishes(engine="embedded", formats=formats, backends=(Backend.CPU,), output=tmp_path)
    lost, card = judge_broken("k-permuted", Tier.MVP, wishes)
    assert any("blk.1.attn_k.weight" in j.verdict.reason and "permutation" in j.verdict.reason for j in lost)
    assert (card.status, card.mqs) == (Status.BLOCKED, 0)


@pytest.mark.parametrize("dtype", ["q6_k", "q4_k_m"])
def test_k_quants_of_a_real_quantiser_are_healthy_until_they_are_broken(dtype: str, scratch: Path) -> None:
    """What llama.cpp wrote raises no alarm; with rows in another order it does, and the tensor is named."""
    folder = healthy_copy("tiny", dtype, scratch)
    assert try_healthy(folder, dtype, "tiny", Tier.MVP, Depth.FILES).detectors == ()
    case = next(case for case in cases(["k-permuted"], dtypes=(dtype,)) if case.place is Place.GGUF)
    (finding,) = try_case(case, [Tier.MVP], Depth.FILES, scratch)
    assert finding.found
    assert finding.named


def test_values_that_nobody_can_write_are_left_out_by_name() -> None:
    """The gguf library writes no K-quants: such a fault is no miss, and is said to be left out."""
    ask = Ask(faults=("block-zero",), tiers=(Tier.MVP,), places=(Place.GGUF,), dtypes=("q6_k",))
    matrix = qualify(replace(ask, clean=0, clean_files=0))
    assert (matrix.rows, matrix.unwritten) == ((), ("block-zero in gguf q6_k",))
    assert "block-zero in gguf q6_k" in page(matrix)
