"""No false alarm: the header of every family with real dimensions is accepted, in all three formats."""

from __future__ import annotations

from pathlib import Path

import pytest
from family_headers import models, write_apr, write_gguf, write_safetensors

from apr_qa.catalog.families import family_specs
from apr_qa.weights import read_header

MODELS = list(models())
WRITERS = {"safetensors": write_safetensors, "gguf": write_gguf, "apr": write_apr}


def test_every_family_has_a_model() -> None:
    """No family is left out, and at least a hundred headers are read."""
    assert {spec.name for _, spec, _ in MODELS} == set(family_specs())
    assert len(MODELS) * len(WRITERS) >= 100


@pytest.mark.parametrize("family", sorted(family_specs()))
def test_headers_of_healthy_models_are_accepted(family: str, tmp_path: Path) -> None:
    """Each model of the family, with as many tensors as were written."""
    for name, spec, config in MODELS:
        if spec.name != family:
            continue
        for form, write in WRITERS.items():
            file = tmp_path / f"model.{form}"
            if form == "gguf" and spec.gguf is None:
                continue
            written = write(file, spec, config)
            header = read_header(file)
            assert (header.format, len(header.tensors)) == (form, written), name
            assert written > 10, name
