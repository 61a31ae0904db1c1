"""F-CONV: an engine that converts rightly passes; one that does not falls, by name; nothing is touched."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from conversion_cases import SPOILT, Spoilt
from converting_engine import converter
from file_harms import MODELS
from gate_exhibits import GGUF, RUN, brief

from apr_qa.engines.apr import APR
from apr_qa.fetch.locate import Wanted, locate
from apr_qa.files import sha256_file
from apr_qa.pipeline.workshop import Workshop, workshop
from apr_qa.rooms import furnish
from apr_qa.run.find import equip
from apr_qa.vocab.artefacts import ModelFiles
from apr_qa.vocab.axes import Backend, Cell, Format, Modality, Tier
from apr_qa.vocab.gates import Brief, Exhibits, Gate
from apr_qa.vocab.plan import Claim
from apr_qa.vocab.verdict import Outcome, Verdict

ROOM = {gate.spec.id: gate for gate in furnish("apr_qa.gates", Gate) if gate.spec.id.startswith("F-CONV-")}
CELLS = (RUN, GGUF, Cell(format=Format.APR, backend=Backend.CPU, modality=Modality.RUN))
assert APR.conversion
STEPS = frozenset(APR.conversion.steps)


def files(kind: str = "f16") -> ModelFiles:
    """Return the shipped tiny model in all formats."""
    return locate(MODELS / "tiny", Wanted(quantizations=(kind,)))


def about(tier: Tier = Tier.DEEP, **changes: object) -> Brief:
    """Return a brief of an engine that makes everything of everything."""
    return brief(CELLS, tier=tier, **({"files": files(), "conversions": STEPS, "converter": "apr 0.72.3"} | changes))


def claim_of(name: str) -> Claim:
    """Return the gate's one claim."""
    (claim,) = ROOM[name].draw(ROOM[name].spec, about()).claims
    return claim


def quiet(_doing: str) -> None:
    """Say nothing."""


def at_work(folder: Path, harm: str = "", kind: str = "f16") -> Iterator[Workshop]:
    """Open a workshop with the converter of the tests."""
    equipped = equip(APR, program=converter(folder / "bin", harm))
    with workshop(files(kind), dict.fromkeys(Format, equipped), folder / "conversions", quiet) as shop:
        yield shop


def judged(name: str, shop: Workshop) -> Verdict:
    """Return what a gate says of what the workshop makes."""
    claim = claim_of(name)
    return ROOM[name].judge(claim, Exhibits(files=files(), made=shop.made(claim.params)))


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    """Return a workshop whose converter does no harm; its files are made once for all gates."""
    yield from at_work(tmp_path_factory.mktemp("honest"))


@pytest.mark.parametrize("name", ROOM)
def test_an_honest_converter_passes(name: str, honest: Workshop) -> None:
    """Every gate holds, with the commands that were run and JSON without NaN as detail."""
    verdict = judged(name, honest)
    assert verdict.outcome is Outcome.CORROBORATED, verdict
    assert all(made["argv"][0] == "apr" for made in verdict.detail["made"].values())
    assert "/" not in json.dumps(verdict.detail["made"])
    json.dumps(dict(verdict.detail), allow_nan=False)


@pytest.mark.parametrize("case", SPOILT, ids=lambda case: f"{case.gate} {case.name}")
def test_a_harmful_converter_falls_by_name(case: Spoilt, tmp_path: Path) -> None:
    """The reason says what was done, or what the converter said."""
    for shop in at_work(tmp_path, case.harm):
        verdict = judged(case.gate, shop)
    assert verdict.outcome == case.outcome, verdict
    assert case.words in verdict.reason
    assert str(tmp_path) not in f"{verdict}"
    assert verdict.detail["culprit"] == "engine"
    assert re.fullmatch(
        r"apr (import|export|rosetta)[^&]*( && apr (import|export|rosetta)[^&]*)*", verdict.detail["reproduce"]
    )


FOUR_BITS = """
from gguf import GGMLQuantizationType as T
from gguf.quants import dequantize, quantize
for name in values:
    if values[name].ndim > 1:
        values[name] = np.asarray(dequantize(quantize(values[name], T.Q4_0), T.Q4_0), dtype=np.float32)
"""


@pytest.mark.parametrize(("harm", "outcome"), [("", "corroborated"), (FOUR_BITS, "falsified")])
def test_a_rounded_source_is_held_to_its_own_type(harm: str, outcome: str, tmp_path: Path) -> None:
    """From a Q8_0 file the values may be off by what Q8_0 rounds, and by no more."""
    claim = claim_of("F-CONV-G-A")
    for shop in at_work(tmp_path, harm, "q8_0"):
        verdict = ROOM["F-CONV-G-A"].judge(claim, Exhibits(files=files("q8_0"), made=shop.made(claim.params)))
    assert verdict.outcome == outcome, verdict
    assert verdict.detail["through"] == ["q8_0"]


def test_the_model_is_not_touched_and_nothing_is_left(tmp_path: Path) -> None:
    """A converter that writes into what it is given, and beside it, harms a copy."""
    before = {p: sha256_file(p) for p in MODELS.rglob("tiny/*/*") if p.is_file()}
    harm = "source.write_bytes(b'gone')\n(source.parent / 'beside').write_bytes(b'x')"
    (tmp_path / "conversions").mkdir()
    (tmp_path / "conversions" / "of a killed run").touch()
    for shop in at_work(tmp_path, harm):
        judged("F-CONV-S-A", shop)
        assert not (tmp_path / "conversions" / "of a killed run").exists()
    assert {p: sha256_file(p) for p in MODELS.rglob("tiny/*/*") if p.is_file()} == before
    assert not (tmp_path / "conversions").exists()


def test_a_crash_is_tried_once_more(tmp_path: Path) -> None:
    """The record says that there were two attempts."""
    for shop in at_work(tmp_path, "os.abort()"):
        made = shop.made(claim_of("F-CONV-S-A").params)["safetensors-apr"]
    assert (made.ending, made.attempts) == ("crashed", 2)


def test_a_converter_that_hangs_is_a_timeout(tmp_path: Path) -> None:
    """It is ended, and the claim says so."""
    claim = claim_of("F-CONV-S-A")
    params = {**claim.params, "timeout_s": 2}
    for shop in at_work(tmp_path, "import time\ntime.sleep(600)"):
        verdict = ROOM["F-CONV-S-A"].judge(claim, Exhibits(files=files(), made=shop.made(params)))
    assert verdict.outcome is Outcome.TIMEOUT


@pytest.mark.parametrize("name", ROOM)
def test_what_cannot_be_gone_is_said_beforehand(name: str) -> None:
    """An engine without conversions, and one without a step that is needed, are named with the reason."""
    gate = ROOM[name]
    without = gate.draw(gate.spec, about(conversions=frozenset(), converter="llama.cpp 1"))
    assert without.claims == ()
    assert [(n.what, n.reason) for n in without.not_run] == [(name, "no other formats are made by llama.cpp 1")]
    only = frozenset({(Format.SAFETENSORS, Format.APR)})
    drawn = gate.draw(gate.spec, about(conversions=only))
    assert bool(drawn.claims) == (name in ("F-CONV-S-A", "F-CONV-CONFIG-001", "F-CONV-TOK-001", "F-CONV-TEMPLATE-001"))
    assert drawn.claims or "does not make" in drawn.not_run[0].reason


@pytest.mark.parametrize("name", ROOM)
def test_the_playbook_and_the_formats_decide(name: str) -> None:
    """Switched off, not listed, or with one format planned, nothing is drawn and nothing needs a reason."""
    gate = ROOM[name]
    nothing = ((), ())
    other = next(known for known in ROOM if known != name)
    for section in ({"enabled": False}, {"gates": [other]}):
        drawn = gate.draw(gate.spec, about(extras={"conversions": section}))
        assert (drawn.claims, drawn.not_run) == nothing
    alone = gate.draw(gate.spec, brief((RUN,), files=files(), conversions=STEPS))
    assert (alone.claims, alone.not_run) == nothing
    assert gate.draw(gate.spec, about(extras={"conversions": {"enabled": True, "gates": [name]}})).claims


def test_a_listed_gate_that_there_is_not_is_named() -> None:
    """A slip in the playbook is said once, with the gates that there are; they are those of the room."""
    drawn = [gate.draw(gate.spec, about(extras={"conversions": {"gates": ["F-CONV-S-X"]}})) for gate in ROOM.values()]
    (said,) = (item for one in drawn for item in one.not_run)
    assert said.what == "conversions gate F-CONV-S-X"
    assert set(said.reason.removeprefix("the gates of conversions are ").split(", ")) == set(ROOM)


@pytest.mark.parametrize("name", ROOM)
def test_without_the_files_nothing_is_judged(name: str) -> None:
    """Evidence that is judged again elsewhere keeps its verdicts; the gates only say that they cannot."""
    verdict = ROOM[name].judge(claim_of(name), Exhibits())
    assert verdict.outcome is Outcome.UNJUDGED
