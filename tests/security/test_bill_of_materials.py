"""The bill of materials names what is installed, no more and no less, and the same lock gives the same bytes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOCK = ROOT / "requirements" / "run.txt"


def bill(file: Path) -> bytes:
    """Make it with the command that the release uses; it is held against the CycloneDX schema on the way."""
    env = os.environ | {"PYTHON": sys.executable}
    subprocess.run([ROOT / "scripts" / "sbom.sh", file], env=env, check=True, capture_output=True)
    return file.read_bytes()


def test_every_package_of_the_lock_is_named_with_its_digests(tmp_path: Path) -> None:
    """Name, version and every hash of requirements/run.txt."""
    said = json.loads(bill(tmp_path / "sbom.json"))
    locked = LOCK.read_text(encoding="utf-8")
    assert (said["bomFormat"], said["specVersion"]) == ("CycloneDX", "1.6")
    assert said["metadata"]["component"]["name"] == "apr-qa"
    wanted = {
        f"pkg:pypi/{name}@{version}" for name, version in re.findall(r"^([\w.-]+)==([^\s;]+)", locked, re.MULTILINE)
    }
    assert {component["purl"] for component in said["components"]} == wanted
    hashes = {
        found["content"]
        for component in said["components"]
        for reference in component["externalReferences"]
        for found in reference["hashes"]
    }
    assert hashes == set(re.findall(r"--hash=sha256:([0-9a-f]{64})", locked))


def test_the_same_lock_gives_the_same_bytes(tmp_path: Path) -> None:
    """No time, no serial number: two bills can be compared."""
    assert bill(tmp_path / "a.json") == bill(tmp_path / "b.json")


def test_the_release_makes_and_publishes_it() -> None:
    """A release carries the bill of the packages beside that of the image."""
    workflow = (ROOT / ".github" / "workflows" / "release.yml").read_text(encoding="utf-8")
    assert "make sbom" in workflow
    assert re.search(r"gh release create .*out/sbom\.cdx\.json", workflow)
