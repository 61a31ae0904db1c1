"""Git data of the fake: a real bare repository."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

_WHO = {
    "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.org", "GIT_COMMITTER_NAME": "a",
    "GIT_COMMITTER_EMAIL": "a@example.org", "GIT_CONFIG_GLOBAL": os.devnull,
}  # fmt: skip


class GitError(Exception):
    """Git said no."""


class GitData:
    """A bare repository and what the API does with it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(folder)], check=True)

    def head(self, branch: str) -> str:
        """Return the commit of a branch; empty when there is none."""
        try:
            return self.git("rev-parse", "--verify", f"refs/heads/{branch}").strip()
        except GitError:
            return ""

    def commit(
        self,
        branch: str,
        additions: Mapping[str, str | bytes],
        deletions: Sequence[str] = (),
        message: str = "x",
        *,
        create: bool = False,
    ) -> str:
        """Commit on top of the branch and return the commit."""
        parent = self.head(branch)
        with tempfile.TemporaryDirectory() as folder:
            env = {"GIT_INDEX_FILE": f"{folder}/index"}
            if parent:
                self.git("read-tree", parent, env=env)
            entries = [f"0 {'0' * 40}\t{path}\n" for path in deletions]
            for path, text in additions.items():
                entries.append(f"100644 {self.blob(text)}\t{path}\n")
            self.git("update-index", "--index-info", env=env, stdin="".join(entries).encode())
            tree = self.git("write-tree", env=env).strip()
        made = self.git("commit-tree", tree, *(["-p", parent] if parent else []), "-m", message).strip()
        self.git("update-ref", f"refs/heads/{branch}", made, "" if create or not parent else parent)
        return made

    def blob(self, text: str | bytes) -> str:
        """Store a blob and return its id."""
        raw = text.encode() if isinstance(text, str) else text
        return self.git("hash-object", "-w", "--stdin", stdin=raw).strip()

    def text(self, ref: str, path: str) -> str:
        """Return a file at a commit or branch. Raises GitError."""
        return self.git("show", f"{ref}:{path}")

    def paths(self, ref: str) -> list[str]:
        """Return the paths at a commit or branch."""
        return [p for p in self.git("ls-tree", "-rz", "--name-only", ref).split("\0") if p]

    def git(self, *argv: str, env: Mapping[str, str] | None = None, stdin: bytes = b"") -> str:
        """Run git in the repository. Raises GitError."""
        done = subprocess.run(
            ["git", "--git-dir", str(self.folder), *argv],
            env={**os.environ, **_WHO, **(env or {})},
            input=stdin,
            capture_output=True,
            check=False,
        )
        if done.returncode:
            raise GitError(done.stderr.decode())
        return done.stdout.decode()
