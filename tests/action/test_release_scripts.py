"""What a release does to action.yml and to the major version's tag, with real git."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
IMAGE = f"ghcr.io/paiml/apr-qa@sha256:{'0' * 64}"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with action.yml and the scripts, and a bare repository beside it."""
    made = tmp_path / "checkout"
    (made / "scripts").mkdir(parents=True)
    for name in ("action.yml", "scripts/pin-image.sh"):
        (made / name).write_bytes((ROOT / name).read_bytes())
    _git(tmp_path, "init", "-q", "--bare", "remote")
    _git(made, "init", "-q", "-b", "main")
    _git(made, "add", ".")
    _git(made, "-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "-q", "-m", "one")
    _git(made, "push", "-q", "../remote", "main")
    return made


def _git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def _moved(checkout: Path, tag: str) -> subprocess.CompletedProcess[str]:
    script = str(ROOT / "scripts" / "move-major-tag.sh")
    env = {**os.environ, "APR_QA_CHECKOUT": str(checkout)}
    return subprocess.run(["bash", script, tag, "../remote"], env=env, capture_output=True, text=True, check=False)


def test_the_major_tag_names_the_published_image(checkout: Path) -> None:
    """The tag's tree has the image by digest; the branch stays where it was; the next release moves the tag on."""
    remote = checkout.parent / "remote"
    main = _git(remote, "rev-parse", "main")
    for tag in ("v1.2.3", "v1.3.0"):
        _git(checkout, "checkout", "-q", "main")
        _git(checkout, "reset", "-q", "--hard", main)
        subprocess.run(["bash", "scripts/pin-image.sh", IMAGE], cwd=checkout, check=True)
        done = _moved(checkout, tag)
        assert done.returncode == 0, done.stderr
        assert f"  image: docker://{IMAGE}\n" in _git(remote, "show", "v1:action.yml")
        assert tag in _git(remote, "log", "-1", "--format=%s", "v1")
    assert _git(remote, "rev-parse", "main") == main


@pytest.mark.parametrize(("tag", "status"), [("v1.2.3", 1), ("v1", 2), ("v1.2.3; rm -rf /", 2)])
def test_an_unpinned_action_and_a_strange_tag_move_nothing(checkout: Path, tag: str, status: int) -> None:
    """Nothing is pushed, and what is wrong is said."""
    done = _moved(checkout, tag)
    assert (done.returncode, _git(checkout.parent / "remote", "tag")) == (status, "")
    assert done.stderr
