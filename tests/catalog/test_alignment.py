"""Sizes of foreign contracts against the registry: what agrees is silent, every difference is named."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

TOOLS = Path(__file__).parents[2] / "tools"
SIZE = {
    "parameters": "7B",
    "hidden_dim": 3584,
    "num_layers": 28,
    "num_heads": 28,
    "num_kv_heads": 4,
    "intermediate_dim": 18944,
    "max_position_embeddings": 32768,
}
NAME = "Qwen/Qwen2.5-Coder-7B-Instruct"


@pytest.fixture
def differences(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return what is said of a contract with one size."""
    monkeypatch.syspath_prepend(str(TOOLS))
    from align_sizes import size_differences

    def said(pattern: str = "Qwen/Qwen2.5-Coder*", constraints: Any = None, **size: Any) -> list[str]:
        theirs = {"hf_pattern": pattern, "size_variants": {"7b": SIZE | size}, "constraints": constraints or {}}
        return list(size_differences(theirs))

    return said


def test_a_size_like_ours_is_silent(differences: Any) -> None:
    """All numbers agree, and so does whether embeddings are tied."""
    assert differences() == []
    assert differences(constraints={"tied_embeddings": False}) == []


def test_every_number_that_differs_is_named(differences: Any) -> None:
    """With size, key, both values and the model; a size of no model too."""
    assert differences(num_kv_heads=28, hidden_dim=4096) == [
        f"size 7b: hidden_dim is 4096, 3584 in {NAME}",
        f"size 7b: num_kv_heads is 28, 4 in {NAME}",
    ]
    assert differences(constraints={"tied_embeddings": True}) == [f"size 7b: tied_embeddings is True, False in {NAME}"]
    assert differences(constraints={"tied_embeddings": True}, tied_embeddings=False) == []
    assert differences(parameters="6B") == ["size 7b is of no model of our registry"]
    assert differences(pattern="nobody/*") == ["size 7b is of no model of our registry"]


@pytest.mark.parametrize(("heads", "status"), [(28, 0), (27, 1)])
def test_a_difference_that_nobody_explained_fails(tmp_path: Path, heads: int, status: int) -> None:
    """The script prints it as new and ends with 1; without one it ends with 0."""
    contract = {
        "hf_pattern": "Qwen/Qwen2.5-Coder*",
        "architectures": [],
        "size_variants": {"7b": SIZE | {"num_heads": heads}},
        "constraints": {"attention_type": "gqa", "activation": "silu", "norm_type": "rmsnorm", "has_bias": True,
                        "tied_embeddings": False, "positional_encoding": "rope", "mlp_type": "swiglu"},
        "shape_template": {},
        "tensor_template": {},
    }  # fmt: skip
    names = {"tensor_template": {t: t for t in _tensors()}}
    (tmp_path / "qwen2.yaml").write_text(yaml.safe_dump(contract | names))
    command = [sys.executable, str(TOOLS / "align_families.py"), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stdout + done.stderr
    assert ("NEW    qwen2: size 7b: num_heads is 27, 28" in done.stdout) == bool(status)


def _tensors() -> list[str]:
    from apr_qa.catalog.families import family_specs

    return [tensor.hf for tensor in family_specs()["qwen2"].tensors]
