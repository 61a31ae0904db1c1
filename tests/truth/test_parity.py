"""Goldens made, listed, checked, and held against logits and engines: what is wrong falls, also in the self-check."""

from __future__ import annotations

import json
import shutil
import struct
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from apr_qa.cli.main import run
from apr_qa.errors import InputError
from apr_qa.truth.closeness import TOLERANCES, compare_logits, texts_agree
from apr_qa.truth.goldens import prompt_hash, read_corpus

PROMPTS = ("What is 2+2?", "你好")


@pytest.fixture(scope="module")
def made(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of goldens of `tiny`, made by the command."""
    folder = tmp_path_factory.mktemp("goldens")
    argv = ["parity", "--corpus-path", str(folder), "-m", "tiny/v1", "--create", "--chat", "--max-tokens", "12"]
    prompts = [word for prompt in PROMPTS for word in ("--prompt", prompt)]
    assert run([*argv, *prompts, "--model-path", str(models / "tiny")]) == 0
    return folder / "tiny" / "v1"


@pytest.fixture
def corpus(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "corpus"))


def parity(corpus: Path, *argv: str) -> int:
    return run(["parity", "--corpus-path", str(corpus), *argv])


def test_goldens_have_the_layout_of_the_original(made: Path) -> None:
    """A manifest, and for each prompt logits and JSON under the first sixteen digits of its SHA-256."""
    manifest = json.loads((made / "manifest.json").read_text())
    assert manifest["num_prompts"] == len(PROMPTS)
    assert manifest["prompts"] == [prompt_hash(prompt) for prompt in PROMPTS]
    assert prompt_hash("What is 2+2?") == "52cb6b5e4a038af1"
    about = json.loads((made / f"{prompt_hash(PROMPTS[0])}.json").read_text())
    assert about["generated_text"] == "4"
    assert list(load_file(made / f"{prompt_hash(PROMPTS[0])}.safetensors")["logits"].shape) == about["logits_shape"]


def test_listing_names_the_prompts(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`--list --json` gives prompts and hashes."""
    assert parity(made, "--list", "--json") == 0
    assert [p["prompt"] for p in json.loads(capsys.readouterr().out)["prompts"]] == list(PROMPTS)


def test_the_self_check_holds(made: Path) -> None:
    """Whole goldens pass, also when no mode is named."""
    assert parity(made, "--self-check") == parity(made) == 0


def _rewrite(corpus: Path, change: object) -> None:
    file = corpus / f"{prompt_hash(PROMPTS[0])}.safetensors"
    save_file({"logits": change(load_file(file)["logits"])}, file)  # type: ignore[operator]


@pytest.mark.parametrize(
    "harm",
    [
        lambda c: (c / f"{prompt_hash(PROMPTS[0])}.safetensors").unlink(),
        lambda c: (c / f"{prompt_hash(PROMPTS[0])}.safetensors").write_bytes(b"x" * 100),
        lambda c: _rewrite(c, lambda v: v[:-1].copy()),
        lambda c: _rewrite(c, lambda v: v * np.float32("nan")),
        lambda c: _rewrite(c, np.zeros_like),
        lambda c: _rewrite(c, lambda v: -v),
        lambda c: (c / "manifest.json").write_text(json.dumps({"model": "x", "num_prompts": 0, "prompts": []})),
        lambda c: shutil.copy(c / f"{prompt_hash(PROMPTS[0])}.safetensors", c / "0000.safetensors"),
    ],
    ids=["gone", "no weights", "short", "no numbers", "constant", "turned", "nothing in it", "a stranger"],
)
def test_the_self_check_can_fail(corpus: Path, harm: object) -> None:
    """Goldens that are broken, or that would let anything pass, are found."""
    harm(corpus)  # type: ignore[operator]
    assert parity(corpus, "--self-check") == parity(corpus) == 1


@pytest.mark.parametrize("text", ["{", "[]", "{}"])
def test_a_broken_corpus_is_bad_input(corpus: Path, text: str) -> None:
    """A manifest that cannot be read, or a folder without goldens, exits with 2."""
    (corpus / "manifest.json").write_text(text)
    assert parity(corpus, "--self-check") == 2
    assert parity(corpus / "nowhere", "--list") == 2


@pytest.mark.parametrize(("noise", "status"), [(0.0, 0), (1e-6, 0), (0.5, 1)])
def test_logits_are_held_against_a_golden(corpus: Path, tmp_path: Path, noise: float, status: int) -> None:
    """`--logits-file` compares with the golden of the prompt, within the tolerance."""
    golden = load_file(corpus / f"{prompt_hash(PROMPTS[0])}.safetensors")["logits"]
    noisy = golden + noise * np.random.default_rng(1).normal(size=golden.shape).astype(np.float32)
    save_file({"logits": noisy}, tmp_path / "mine.safetensors")
    assert parity(corpus, "--logits-file", str(tmp_path / "mine.safetensors"), "--prompt", PROMPTS[0]) == status
    assert parity(corpus, "--logits-file", str(tmp_path / "mine.safetensors"), "--prompt", "another") == 2


@pytest.mark.parametrize(
    ("engine", "file"),
    [("reference", "safetensors"), ("reference", "apr/model.apr"), ("llama.cpp", "gguf/model-q8_0.gguf")],
)
def test_a_right_engine_agrees(made: Path, models: Path, engine: str, file: str) -> None:
    """Reference and llama.cpp are compared by logits, in any format."""
    assert parity(made, "--engine", engine, "--model-path", str(models / "tiny" / file)) == 0


def test_an_engine_on_a_wrong_file_falls(made: Path, models: Path, tmp_path: Path) -> None:
    """Another rope base in the GGUF file is seen through llama.cpp's log-probabilities."""
    data = (models / "tiny" / "gguf" / "model-f16.gguf").read_bytes()
    file = tmp_path / "model-f16.gguf"
    file.write_bytes(data.replace(struct.pack("<f", 250000.0), struct.pack("<f", 10000.0), 1))
    assert parity(made, "--engine", "llama.cpp", "--model-path", str(file)) == 1


def test_oracle_files_are_read(models: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One JSON file a prompt, with greedy ids and text: the right ones agree, a wrong text falls."""
    from apr_qa.reference.host import ReferenceHost

    host = ReferenceHost()
    host.load(models / "tiny" / "safetensors" / "model.safetensors")
    from apr_qa.hosting.protocol import Request

    answer = host.answer(Request(prompt="List 3 colors", max_tokens=16))
    oracle = {"model": "tiny", "prompt": "List 3 colors", "tokens": list(answer.tokens), "text": answer.text}
    (tmp_path / "list.json").write_text(json.dumps({**oracle, "max_new_tokens": 16}))
    verify = ("--engine", "reference", "--model-path", str(models / "tiny" / "safetensors"))
    assert parity(tmp_path, *verify) == 0
    wrong = {**oracle, "max_new_tokens": 16, "tokens": [1, 2, 3], "text": "Something else"}
    (tmp_path / "list.json").write_text(json.dumps(wrong))
    assert parity(tmp_path, *verify) == 1


@pytest.mark.parametrize(
    "argv",
    [("--list", "--self-check"), ("--list", "--tolerance", "fp8"), ("--create",), ("--engine", "reference")],
)
def test_one_thing_at_a_time(made: Path, argv: tuple[str, ...]) -> None:
    """Two modes, an unknown tolerance and a missing model are bad usage."""
    assert parity(made, *argv) == 2


def test_nothing_is_not_like_nothing() -> None:
    """Empty logits, other shapes and values that are no numbers never agree; a leading axis of one is let go."""
    some = np.random.default_rng(0).normal(size=(3, 5)).astype(np.float32)
    exact = TOLERANCES["fp32"]
    assert compare_logits(some[None], some, exact).same
    assert compare_logits(some + 7, some, exact).same
    for bad in (some[:2], some * np.float32("inf"), some[:, ::-1]):
        assert not compare_logits(bad, some, exact).same
    empty = np.zeros((0, 5), np.float32)
    assert not compare_logits(empty, empty, exact).same


def test_texts_part_late_or_not_at_all() -> None:
    """Equal texts and late near ties agree; early partings and cut texts do not."""
    start = "The capital of France is Paris, a city "
    assert texts_agree("a  b\n", "a b") == (True, None)
    assert texts_agree(start + "of light", start + "on a river")[0]
    assert not texts_agree("five", "four")[0]
    assert not texts_agree(start, start + "of light")[0]
    with pytest.raises(InputError):
        read_corpus(Path("/nonexistent"))
