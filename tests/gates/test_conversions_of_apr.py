"""What the conversions of the real `apr` 0.72.3 are worth, gate by gate, and whether the limits of its own types hold.

The program is on trial here. Another version may do better or worse, so that these findings are asked of this one only.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from file_harms import MODELS
from test_conversion_gates import ROOM, claim_of, quiet

from apr_qa.engines.apr import APR
from apr_qa.fetch.locate import Wanted, locate
from apr_qa.gates import _draw
from apr_qa.pipeline.workshop import Workshop, workshop
from apr_qa.rooms import by_name
from apr_qa.run.find import equip
from apr_qa.vocab.artefacts import ModelFiles
from apr_qa.vocab.axes import Format
from apr_qa.vocab.gates import Exhibits, Gate
from apr_qa.vocab.plan import Subject
from apr_qa.vocab.verdict import Outcome, Verdict

PROGRAM = shutil.which("apr") or shutil.which(Path.home() / ".local" / "apr" / "bin" / "apr")
VERSION = "0.72.3"
pytestmark = [
    pytest.mark.apr,
    pytest.mark.skipif(PROGRAM is None, reason="no apr on the PATH nor in ~/.local/apr/bin: cargo install apr-cli"),
]
RIGHT = {
    "tiny": {"G-A", "G-S", "A-S", "S-A", "IDEM-001", "COM-001"},
    "tiny-llama": {"A-S", "S-A", "IDEM-001"},
}
"""The gates that hold; all others fall."""
REASONS = {
    ("tiny", "A-G"): "overlaps the tensor before it",
    ("tiny", "S-G"): "overlaps the tensor before it",
    ("tiny", "RT-001"): "from safetensors to gguf it quantised unasked: q4_k where f32 was given",
    ("tiny", "CONFIG-001"): "context is 1280 in config.json and 32768 in the safetensors file",
    ("tiny", "TOK-001"): "tokenizer.json is missing",
    ("tiny", "TEMPLATE-001"): "carries no chat template",
    (
        "tiny-llama",
        "A-G",
    ): "blk.0.attn_q.weight: q/k row permutation missing; residual 1.4 as declared, 0 with that undone",
    ("tiny-llama", "S-G"): "q/k row permutation missing",
    ("tiny-llama", "G-A"): "model.embed_tokens.weight is missing",
    ("tiny-llama", "CONFIG-001"): "heads is 6 in config.json and 1 in the safetensors file",
}


def files(model: str) -> ModelFiles:
    """Return a shipped model in all formats."""
    return locate(MODELS / model, Wanted(quantizations=("f16",)))


@pytest.fixture(scope="module")
def shops(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Workshop]]:
    """Return a workshop of the real program for each model."""
    equipped = equip(APR, program=PROGRAM)
    if equipped.facts.version != VERSION:
        pytest.skip(f"these are the findings of apr {VERSION}, and this is {equipped.facts.version}")
    engines = dict.fromkeys(Format, equipped)
    folder = tmp_path_factory.mktemp("apr")
    with contextlib.ExitStack() as stack:
        yield {model: stack.enter_context(workshop(files(model), engines, folder / model, quiet)) for model in RIGHT}


@pytest.mark.parametrize("model", RIGHT)
@pytest.mark.parametrize("name", ROOM)
def test_what_its_conversions_are_worth(model: str, name: str, shops: dict[str, Workshop]) -> None:
    """Each gate holds or falls as recorded, and the reason names the fault."""
    claim, short = claim_of(name), name.removeprefix("F-CONV-")
    verdict = ROOM[name].judge(claim, Exhibits(files=files(model), made=shops[model].made(claim.params)))
    wanted = Outcome.CORROBORATED if short in RIGHT[model] else Outcome.FALSIFIED
    assert verdict.outcome is wanted, verdict
    assert REASONS.get((model, short), "") in verdict.reason


def test_llama_cpp_refuses_its_gguf_of_a_tied_model(shops: dict[str, Workshop]) -> None:
    """What our strict reader says of that file is no pedantry: the engine of the field does not load it either."""
    made = shops["tiny"].made(claim_of("F-CONV-A-G").params)["apr-gguf"].artefact
    assert made is not None
    words = [sys.executable, "-I", "-m", "apr_qa.llama_host", "run", "--request-json", "-", "--model", str(made.path)]
    done = subprocess.run(words, input=b'{"prompt": "a"}', capture_output=True, check=False)
    assert done.returncode == 3
    assert json.loads(done.stdout)["error"]["kind"] == "load"


def quantised(scheme: str, folder: Path) -> ModelFiles:
    """Return the tiny model with an APR file that `apr quantize` made of its SafeTensors."""
    shutil.copytree(MODELS / "tiny" / "safetensors", folder / "m" / "safetensors")
    (folder / "m" / "apr").mkdir()
    source, target = folder / "m" / "safetensors" / "model.safetensors", folder / "m" / "apr" / "model.apr"
    argv = [str(PROGRAM), "quantize", str(source), "-s", scheme, "-o", str(target)]
    subprocess.run(argv, check=True, capture_output=True, env={**os.environ, "HOME": str(folder), "APR_OFFLINE": "1"})
    return locate(folder / "m", Wanted())


def judged(gate: str, found: ModelFiles) -> Verdict:
    """Return what a contract gate says of the APR file."""
    asked = by_name("apr_qa.gates", Gate, gate)
    assert asked is not None
    return asked.judge(_draw.claim(asked.spec, Subject(format=Format.APR)), Exhibits(files=found))


@pytest.mark.parametrize("scheme", ["int8", "int4"])
def test_the_limits_of_its_own_types_hold(scheme: str, tmp_path: Path) -> None:
    """A clean file of apr's own types is within the limits, by its values and by its behaviour."""
    found = quantised(scheme, tmp_path)
    for gate in ("F-CONTRACT-I4-001", "F-CONTRACT-I1-001"):
        verdict = judged(gate, found)
        assert verdict.outcome is Outcome.CORROBORATED, verdict
        assert "provisional" not in verdict.detail


def test_its_four_bit_scheme_rewrites_the_numbers(tmp_path: Path) -> None:
    """`-s q4k` puts other models' defaults in place of rope base and context: values hold, behaviour does not."""
    found = quantised("q4k", tmp_path)
    assert judged("F-CONTRACT-I4-001", found).outcome is Outcome.CORROBORATED
    assert judged("F-CONTRACT-I1-001", found).outcome is Outcome.FALSIFIED
    assert "context is 1280 in config.json and 32768 in the apr file" in judged("F-COMP-META-001", found).reason
