"""The reusable workflow certify.yml, played by act in containers: plan, two shards, publish, attest."""

from __future__ import annotations

import hashlib
import json
import shutil

import pytest
from acting import ROOT, Act, Played

pytestmark = [pytest.mark.act, pytest.mark.timeout(1800)]
CONSUMER = """
name: certify
on: workflow_dispatch
permissions: {}
jobs:
  certify:
    permissions: {contents: read, id-token: write, attestations: write}
    uses: paiml/apr-qa/.github/workflows/certify.yml@v0
    with:
      selector: models/tiny
      tier: smoke
      engine: reference
      shards: "2"
      runners: cpu=self-hosted,apr-qa-cpu
      mode: docker
      image: apr-qa:lane
      attest: true
"""


SHARDS = 2


@pytest.fixture
def played(act: Act) -> Played:
    """The workflow, played to its end for the tiny model in the consumer's repository."""
    shutil.copytree(ROOT / "models" / "tiny", act.repository / "models" / "tiny")
    act.workflow("certify.yml", CONSUMER)
    return act.play("workflow_dispatch", {"inputs": {}})


def test_a_model_of_the_consumer_is_certified_in_shards(played: Played) -> None:
    """Every job runs our image through the composite action; certificate and attestation come from two shards."""
    assert played.returncode == 0, played.log[-6000:]
    assert len(list(played.artefacts.glob("apr-qa-shard-*/shard-*.json"))) == SHARDS
    (evidence,) = (played.artefacts / "apr-qa-results").rglob("evidence.json")
    assert json.loads(evidence.read_text())["run"]["model"] == "local/tiny"
    for page in ("certificate.html", "summary.md"):
        assert (evidence.parent / page).is_file(), page

    attested = played.artefacts / "attested"
    statement = json.loads((evidence.parent / "test-result.intoto.json").read_text())
    lines = (attested / "subjects.txt").read_text().splitlines()
    assert any(line.endswith("model.safetensors") for line in lines)
    for digest, _, name in (line.partition("  ") for line in lines):
        assert digest == hashlib.sha256((ROOT / "models" / "tiny" / name).read_bytes()).hexdigest(), name
    assert json.loads((attested / "predicate.json").read_text()) == statement["predicate"]
    assert (attested / "kind").read_text() == statement["predicateType"]
