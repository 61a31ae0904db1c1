"""The entry point with the environment that GitHub gives it, and the shipped model."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(sys.executable).with_name("apr-qa-action")


def _act(workspace: Path, **inputs: str) -> subprocess.CompletedProcess[str]:
    files = {name: str(workspace / name) for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    env = {
        "PATH": os.environ["PATH"],
        "XDG_CACHE_HOME": str(workspace / "cache"),
        "GITHUB_WORKSPACE": str(workspace),
        "PYTHONSAFEPATH": "1",
        **files,
        **{f"INPUT_{name.upper()}": value for name, value in inputs.items()},
    }
    argv = [sys.executable, "-c", "from apr_qa.action.main import main; main()"]
    return subprocess.run(argv, cwd=workspace, env=env, capture_output=True, text=True, timeout=600, check=False)


def test_a_certification_answers_in_all_of_githubs_ways(tmp_path: Path) -> None:
    """Outputs, summary, an annotation, the exit status; the log's commands were stopped meanwhile."""
    model = ROOT / "models" / "tiny"
    done = _act(tmp_path, selector=str(model), tier="smoke", engine="reference", formats="safetensors", output="out")
    assert done.returncode == 0, done.stdout + done.stderr
    first, *_, last = done.stdout.splitlines()
    assert first.startswith("::stop-commands::")
    assert last.startswith("::notice title=")
    outputs = (tmp_path / "GITHUB_OUTPUT").read_text()
    assert "PROVISIONAL" in outputs
    result = json.loads(next(line for line in outputs.splitlines() if line.startswith('{"schema_version"')))
    assert result["exit"] == 0
    assert result["models"][0]["status"] == "PROVISIONAL"
    assert "MQS" in (tmp_path / "GITHUB_STEP_SUMMARY").read_text()


def test_a_plan_gives_digest_and_matrix(tmp_path: Path) -> None:
    """The next jobs of the workflow are made from the outputs."""
    done = _act(tmp_path, command="plan", selector=str(ROOT / "models" / "tiny"), tier="smoke", engine="reference",
                shards="2", runners="cpu=self-hosted,cpu", output="plan.json")  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    outputs = (tmp_path / "GITHUB_OUTPUT").read_text()
    matrix = json.loads(next(line for line in outputs.splitlines() if line.startswith('{"include"')))
    assert [item["shard"] for item in matrix["include"]] == [1, 2]
    assert matrix["include"][0]["labels"] == ["self-hosted", "cpu"]
    assert json.loads((tmp_path / "plan.json").read_text())["digest"] in outputs


def test_an_input_that_cannot_be_used_is_an_annotation(tmp_path: Path) -> None:
    """Exit status 2, one error in words, no traceback."""
    done = _act(tmp_path, command="certfy", selector="tiny")
    assert done.returncode == 2
    assert done.stdout.startswith("::error title=apr-qa::")
    assert "Traceback" not in done.stderr
