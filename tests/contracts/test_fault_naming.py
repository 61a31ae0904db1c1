"""Every known fault is found in every type of file, and called by its name."""

from __future__ import annotations

from pathlib import Path

import pytest
from conversions import FAMILIES, Case, examined, harmed
from fault_cases import CASES

from apr_qa.contracts.statistics import sentence


@pytest.mark.parametrize(
    ("case", "dtype"), [(c, d) for c in CASES for d in c.dtypes], ids=lambda v: v if isinstance(v, str) else v.name
)
def test_a_fault_is_named(case: Case, dtype: str, tmp_path: Path) -> None:
    """The tensor and what was done to it are named, and undoing it takes most of the error away."""
    found = examined(harmed(tmp_path / "harmed.gguf", case.model, case.harm, dtype), case.model)
    kinds = {fault.tensor: (fault.kind, fault.says) for fault in found.faults}
    assert case.tensor in kinds, kinds
    assert kinds[case.tensor][0] == case.kind, kinds[case.tensor]
    fault = next(f for f in found.faults if f.tensor == case.tensor)
    assert fault.after is not None
    assert fault.after < fault.before / 3
    assert {kind for kind, _ in kinds.values()} == {case.kind}, kinds
    assert case.tensor.split(".")[0] in sentence(found.faults)


@pytest.mark.parametrize("family", sorted(p.name for p in FAMILIES.iterdir()))
@pytest.mark.parametrize("dtype", ["f32", "f16", "q8_0", "q4_0"])
def test_a_clean_conversion_of_any_family_raises_no_alarm(family: str, dtype: str, tmp_path: Path) -> None:
    """Permuted, regrouped, stacked, with +1 on norms: what a family declares is no fault."""
    if family in ("stablelm-parallel", "olmo"):
        pytest.skip("the converter of the tests does not write these")
    found = examined(harmed(tmp_path / "clean.gguf", family, lambda _tensors: None, dtype), family)
    assert found.faults == ()
    assert found.unbounded == ()
    assert found.compared > 10
