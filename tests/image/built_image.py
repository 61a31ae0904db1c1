"""Runs the image under test as GitHub would, with the laws of the work plane."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass

RUNNER = 1001
"""The user that owns workspaces on GitHub's machines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A built image; `image("run", ...)` is `docker run` with the laws of the work plane."""

    name: str
    base: str

    def run(self, *words: str, options: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
        """Run it without network, on a read-only root, and return how it ended."""
        argv = ["docker", "run", "--rm", "--network", "none", "--read-only", "--tmpfs", "/tmp:exec,mode=1777"]  # noqa: S108
        return called(*argv, "--cap-drop", "ALL", *options, self.name, *words)


def called(*argv: str) -> subprocess.CompletedProcess[str]:
    """Run a program to its end and keep what it says."""
    return subprocess.run(argv, capture_output=True, text=True, timeout=900, check=False)
