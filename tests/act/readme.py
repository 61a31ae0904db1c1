"""The consumer's workflow of the README, with what this machine needs besides."""

from __future__ import annotations

from test_readme_workflow import readme_workflow


def consumer_workflow(**more: str) -> str:
    """Return the README's workflow with further inputs."""
    lines = "".join(f"      {name}: {value}\n" for name, value in more.items())
    return readme_workflow().replace("    with:\n", f"    with:\n{lines}")
