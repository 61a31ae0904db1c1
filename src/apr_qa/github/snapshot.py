"""The files of a branch at one commit, read through the API."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field

from apr_qa.errors import InputError
from apr_qa.github.door import Door
from apr_qa.github.errors import GitHubError

Texts = MutableMapping[str, str]
"""Texts by blob id: they never change, so they are fetched once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A branch as it was at `head`."""

    repo: str
    branch: str
    head: str
    blobs: Mapping[str, str]
    """Blob id by path."""
    door: Door = field(repr=False, compare=False)
    texts: Texts = field(default_factory=dict, repr=False, compare=False)

    def below(self, prefix: str) -> tuple[str, ...]:
        """Return the paths that begin with `prefix`, sorted."""
        return tuple(sorted(path for path in self.blobs if path.startswith(prefix)))

    def text(self, path: str) -> str:
        """Return the text of a file. Raises InputError when it is not there or not UTF-8, GitHubError."""
        if path not in self.blobs:
            raise InputError("no such file", where=f"{self.repo}@{self.head[:7]}:{path}")
        blob = self.blobs[path]
        if blob not in self.texts:
            answer = self.door.get(f"/repos/{self.repo}/git/blobs/{blob}")
            try:
                self.texts[blob] = base64.b64decode(answer["content"]).decode()
            except UnicodeDecodeError:
                raise InputError("not UTF-8", where=f"{self.repo}@{self.head[:7]}:{path}") from None
        return self.texts[blob]

    def holds(self, path: str, text: str) -> bool:
        """Return whether the file is there with exactly that text; nothing is fetched."""
        return self.blobs.get(path) == blob_id(text)


def take_snapshot(door: Door, repo: str, branch: str, texts: Texts | None = None) -> Snapshot:
    """Return the branch as it is now. Raises MissingError when there is no such branch, GitHubError."""
    head = door.get(f"/repos/{repo}/git/ref/heads/{branch}")["object"]["sha"]
    tree = door.get(f"/repos/{repo}/git/trees/{head}", recursive="1")
    if tree.get("truncated"):
        raise GitHubError("the repository has too many files to be listed at once", where=f"{repo}@{head[:7]}")
    blobs = {entry["path"]: entry["sha"] for entry in tree["tree"] if entry["type"] == "blob"}
    return Snapshot(repo=repo, branch=branch, head=head, blobs=blobs, door=door, texts={} if texts is None else texts)


def blob_id(text: str) -> str:
    """Return the id that git gives a file of that text."""
    raw = text.encode()
    return hashlib.sha1(b"blob %d\0%s" % (len(raw), raw), usedforsecurity=False).hexdigest()
