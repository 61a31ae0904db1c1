"""Every way to misbehave that `make torture` knows is judged rightly, within its limit, and leaves nothing behind."""

from __future__ import annotations

from pathlib import Path

import pytest
from torture_ways import WAYS, Way

from apr_qa.run.fence import Fence
from apr_qa.run.isolation import fence
from torture import tortured

SLOWEST = 8
"""Within so many times the limit everything has to be over, on a busy machine; a crash is asked again."""
NEEDS_A_FENCE = {"writes to the model", "removes the model", "kills its parent", "kills everybody"}
NEEDS_NAMESPACES = {"kills its parent", "kills everybody"}


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_misbehaviour_is_judged_rightly(way: Way, tmp_path: Path) -> None:
    """Ending, verdict and reason are those that the engine deserves; no process, no file, no change of the model."""
    if fence() in (Fence.NONE, Fence.LIFE) and way.name in NEEDS_A_FENCE:
        pytest.skip("this machine has no fence, and the harm would be real")
    if fence() is not Fence.NAMESPACES and way.name in NEEDS_NAMESPACES:
        pytest.skip("this machine gives processes no namespace of their own, and the harm would be real")
    seen = tortured(way, tmp_path)
    assert seen.is_right, (seen.verdict, seen.observation.note)
    assert seen.left == ()
    assert seen.took_s < seen.limit_s * SLOWEST
    if seen.way.ending.value == "crashed":
        assert seen.observation.attempts == 2
