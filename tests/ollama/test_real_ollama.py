"""Parity with a real Ollama: the same GGUF file, imported from a Modelfile, asked greedily over the loopback."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from apr_qa.cli.main import run
from apr_qa.evidence.read import read_evidence
from apr_qa.pipeline.engines import companion, why_no_ollama
from apr_qa.vocab.evidence import Evidence
from apr_qa.vocab.verdict import Outcome, Verdict

MODELS = Path(__file__).resolve().parents[2] / "models"
PLAYBOOK = """\
name: tiny-ollama
version: 1.0.0
tier: smoke
model: {{hf_repo: local/tiny, formats: [safetensors, gguf], quantizations: [{kind}]}}
test_matrix: {{modalities: [run], backends: [cpu], scenario_count: 1, timeout_ms: 120000}}
ollama_parity:
  enabled: true
  quantizations: [{kind}]
  prompts: ["What is 7+7?", "What is the capital of France?"]
  min_perf_ratio: {ratio}
"""


@dataclass(frozen=True)
class Parity:
    """What became of a run that asked for parity."""

    verdicts: dict[str, Verdict]
    speeds: dict[str, float]
    tokens: dict[str, tuple[int, ...] | None]


def ran(playbook: Path, model: Path, output: Path) -> Evidence:
    """Run a playbook with the embedded engines on trial, to its end, and return the evidence."""
    words = ["--engine", "embedded", "--failure-policy", "collect-all", "--output", str(output)]
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        run(["run", str(playbook), "--model-path", str(model), *words])
    return read_evidence(output / "evidence.json")


def parity(folder: Path, kind: str, *, model: str = "tiny", ratio: float = 0.001) -> Parity:
    """Run a playbook that asks for parity, with the embedded engines on trial."""
    playbook = folder / "tiny-ollama.playbook.yaml"
    playbook.write_text(PLAYBOOK.format(kind=kind, ratio=ratio))
    evidence = ran(playbook, MODELS / model, folder / "out")
    judged = {j.claim.gate: j.verdict for j in evidence.judged if j.claim.gate.startswith("F-OLLAMA-")}
    replies = {o.scenario: o.reply for o in evidence.observations if "-by-ollama-" in o.scenario}
    return Parity(
        verdicts=judged,
        speeds={name: reply.tokens_per_s or 0.0 for name, reply in replies.items()},
        tokens={name: reply.tokens for name, reply in replies.items()},
    )


def test_an_ollama_is_there() -> None:
    """It is found, and told apart by the digest of the program, since builds from source all have one version."""
    assert why_no_ollama() == ""
    facts = companion("ollama").facts
    assert facts.name == "ollama"
    assert len(facts.version.partition("+")[2]) == 12


@pytest.mark.parametrize(("model", "kind"), [("tiny", "f16"), ("tiny", "q8_0"), ("tiny-llama", "f16")])
def test_the_same_file_answers_alike(model: str, kind: str, tmp_path: Path) -> None:
    """Text for text, and where the file is not rounded token for token; nothing is left running."""
    seen = parity(tmp_path, kind, model=model)
    assert {name: verdict.outcome for name, verdict in seen.verdicts.items()} == dict.fromkeys(
        ("F-OLLAMA-001", "F-OLLAMA-002", "F-OLLAMA-005"), Outcome.CORROBORATED
    ), seen.verdicts
    compared = seen.verdicts["F-OLLAMA-001"].detail
    assert compared["compared"] == 5
    assert compared["tokens_compared"] == 5
    assert kind != "f16" or compared["same_tokens"] == 5
    assert all(speed > 0 for speed in seen.speeds.values())
    assert not [p for p in psutil.process_iter(["name"]) if p.info["name"] == "ollama"]


def test_an_impossible_speed_is_not_reached(tmp_path: Path) -> None:
    """The gate on speed can fail: a ratio that nobody reaches falsifies it, with both figures."""
    verdict = parity(tmp_path, "f16", ratio=1e9).verdicts["F-OLLAMA-002"]
    assert verdict.outcome is Outcome.FALSIFIED
    assert verdict.detail["ollama_tokens_per_s"] > 0


def test_a_file_that_ollama_refuses_is_a_finding(tmp_path: Path) -> None:
    """A GGUF file whose architecture nobody knows is refused by Ollama in its own words."""
    root = Path(shutil.copytree(MODELS / "tiny", tmp_path / "model"))
    file = root / "gguf" / "model-f16.gguf"
    data = file.read_bytes()
    file.chmod(0o644)
    file.write_bytes(data.replace(b"qwen2", b"qwon2"))
    (tmp_path / "p").mkdir()
    playbook = tmp_path / "p" / "tiny-ollama.playbook.yaml"
    playbook.write_text(PLAYBOOK.format(kind="f16", ratio=0.001))
    verdicts = {j.claim.gate: j.verdict for j in ran(playbook, root, tmp_path / "out").judged}
    assert verdicts["F-OLLAMA-005"].outcome is Outcome.FALSIFIED, verdicts["F-OLLAMA-005"]
    json.dumps(dict(verdicts["F-OLLAMA-005"].detail), allow_nan=False)
