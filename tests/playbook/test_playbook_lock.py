from __future__ import annotations

import pytest

from apr_qa.errors import InputError
from apr_qa.playbook.lock import Drift, lock_text, locked_as, verify_lock, write_lock


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "models").mkdir()
    for name in ("b", "a"):
        (tmp_path / "models" / f"{name}.playbook.yaml").write_text(f"name: {name}\n")
    write_lock(tmp_path)
    return tmp_path


def test_unchanged_playbooks_verify(folder):
    """Straight after locking nothing has drifted, and writing again gives the same bytes."""
    assert verify_lock(folder) == ()
    assert (folder / "playbook.lock.yaml").read_text() == lock_text(folder)
    assert locked_as(folder / "models" / "a.playbook.yaml", folder) == ""


def test_changed_new_and_vanished_playbooks_are_named(folder):
    """Each kind of drift is told apart."""
    (folder / "models" / "a.playbook.yaml").write_text("name: a # changed\n")
    (folder / "models" / "b.playbook.yaml").unlink()
    (folder / "models" / "c.playbook.yaml").write_text("name: c\n")
    assert verify_lock(folder) == (
        Drift(path="models/a.playbook.yaml", problem="changed since it was locked"),
        Drift(path="models/c.playbook.yaml", problem="is not locked"),
        Drift(path="models/b.playbook.yaml", problem="is locked but not there"),
    )
    assert "changed" in locked_as(folder / "models" / "a.playbook.yaml", folder)


@pytest.mark.parametrize("text", ["[", "a: 1\n", "entries: [1]\n", "entries: {a: {}}\n"])
def test_a_broken_lock_file_is_an_input_error(folder, text):
    """What is no lock file is said, with the command that writes one."""
    (folder / "playbook.lock.yaml").write_text(text)
    with pytest.raises(InputError, match="not a lock file") as caught:
        verify_lock(folder)
    assert "lock-playbooks" in caught.value.remedy


def test_a_missing_lock_file_is_an_input_error(tmp_path):
    """Verifying without a lock is no pass."""
    with pytest.raises(InputError, match="no such lock file"):
        verify_lock(tmp_path)
