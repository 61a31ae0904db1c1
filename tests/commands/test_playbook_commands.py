"""generate-playbooks, lock-playbooks, bootstrap, and what `run` makes of a playbook that changed."""

from __future__ import annotations

import json
import shutil

import pytest
from command_line import ROOT

from apr_qa.errors import InputError
from apr_qa.evidence.read import read_evidence
from apr_qa.playbook.bootstrap import size_class
from apr_qa.playbook.load import load_playbook, parse_playbook

CONFIG = ROOT / "models" / "tiny" / "safetensors" / "config.json"
SMOKE = ROOT / "playbooks" / "models" / "tiny-smoke.playbook.yaml"


@pytest.fixture
def folder(tmp_path, tell):
    """A locked folder with one playbook of the shipped model."""
    models = tmp_path / "playbooks" / "models"
    models.mkdir(parents=True)
    shutil.copy(SMOKE, models)
    assert tell("lock-playbooks", models).status == 0
    return models


def test_generated_files_are_brought_up_to_date(tell, tmp_path):
    """What is missing, changed or left over is named by --check and put right without it; own files stay."""
    models = tmp_path / "models"
    assert tell("generate-playbooks", "--folder", models).status == 0
    changed = models / SMOKE.name
    changed.write_text(changed.read_text() + "# a remark\n")
    (models / "gone-mvp.playbook.yaml").write_text(changed.read_text())
    (models / "mine-mvp.playbook.yaml").write_text("name: mine-mvp\n")
    (models / "zephyr-7b-beta-mvp.playbook.yaml").unlink()
    checked = tell("generate-playbooks", "--folder", models, "--check", "--json")
    assert checked.status == 1
    assert {found["what"] for found in checked.json} == {"new", "changed", "left over"}
    assert len(checked.json) == 3
    assert tell("generate-playbooks", "--folder", models).status == 0
    assert tell("generate-playbooks", "--folder", models, "--check").status == 0
    assert (models / "mine-mvp.playbook.yaml").exists()


def test_the_lock_lies_beside_the_models_folder(folder, tell):
    """`lock-playbooks playbooks/models/` and `lock-playbooks playbooks` are one lock."""
    assert (folder.parent / "playbook.lock.yaml").is_file()
    assert tell("lock-playbooks", folder, "--verify").status == 0
    assert tell("lock-playbooks", folder.parent, "--verify", "--json").json == []
    (folder / SMOKE.name).write_text("name: other\n")
    found = tell("lock-playbooks", folder, "--verify")
    assert found.status == 1
    assert "changed since it was locked" in found.out
    assert tell("lock-playbooks", folder / "none").status == 2


def test_a_changed_playbook_is_refused_or_recorded(folder, tell, tmp_path, monkeypatch):
    """Without a new lock it does not run; with --allow-unlocked the evidence says why it was not as locked."""
    monkeypatch.chdir(ROOT)
    playbook = folder / SMOKE.name
    playbook.write_text(playbook.read_text().replace("scenario_count: 6", "scenario_count: 1"))
    words = ("run", playbook, "--engine", "reference", "--output", tmp_path / "out", "--json")
    refused = tell(*words, "--dry-run")
    assert refused.status == 2
    assert "changed since it was locked" in refused.err
    assert "lock-playbooks" in refused.err
    ran = tell(*words, "--allow-unlocked")
    assert ran.status in (0, 1, 3)
    assert "changed since" in read_evidence(tmp_path / "out" / "evidence.json").run.unlocked
    assert tell("lock-playbooks", folder).status == 0
    assert tell(*words, "--dry-run").status == 0


def test_a_playbook_that_was_never_locked_may_run(folder, tell, tmp_path, monkeypatch):
    """A new playbook runs as the guide says; a lock elsewhere does not speak of it."""
    monkeypatch.chdir(ROOT)
    new = folder / "new-smoke.playbook.yaml"
    shutil.copy(SMOKE, new)
    assert tell("run", new, "--engine", "reference", "--dry-run").status == 0
    apart = tmp_path / "apart-smoke.playbook.yaml"
    shutil.copy(SMOKE, apart)
    assert tell("run", apart, "--engine", "reference", "--dry-run").status == 0


def test_bootstrap_holds_a_model_to_its_own_config(tell, tmp_path):
    """Dimensions and kernels come from config.json; the file loads; nothing is overwritten."""
    path = tmp_path / "mine.playbook.yaml"
    words = ("bootstrap", "mine", "0.1B", "--hf-repo", "me/Mine-Instruct", "--config", CONFIG)
    shown = tell(*words, "--tier", "quick", "--dry-run")
    made = parse_playbook(shown.out, source="shown")
    assert made.name == "mine"
    assert (made.model.expected_hidden_dim, made.model.expected_num_kv_heads) == (256, 2)
    assert "BiasAdd" in made.extras["kernel_profile"]["kernel_ops"]
    assert tell(*words, "--output", path).status == 0
    assert load_playbook(path).tier == "mvp"
    again = tell(*words, "--output", path)
    assert again.status == 2
    assert "already" in again.err


@pytest.mark.parametrize(
    ("repo", "size", "config"),
    [
        ("../../etc", "1B", "{}"),
        ("me/mine", "big", "{}"),
        ("me/mine", "1B", "["),
        ("me/mine", "1B", "[]"),
        ("me/mine", "1B", json.dumps({"hidden_size": 1 << 40})),
    ],
)
def test_bootstrap_refuses_what_no_playbook_can_hold(tell, tmp_path, repo, size, config):
    """A path as a repository, a size in words, a config that is none: exit status 2, no file."""
    given = tmp_path / "config.json"
    given.write_text(config)
    out = tmp_path / "out.yaml"
    assert tell("bootstrap", "mine", size, "--hf-repo", repo, "--config", given, "--output", out).status == 2
    assert not out.exists()


def test_size_classes():
    """Bounds are those of the registry: below 1, 5, 10, 30, 100 billion."""
    sizes = ["135M", "0.99B", "1B", "1_6b", "4.9B", "5B", "10B", "30B", "99B", "100B"]
    assert " ".join(size_class(size) for size in sizes) == (
        "tiny tiny small small small medium large xlarge xlarge huge"
    )
    with pytest.raises(InputError, match="no size"):
        size_class("7")
