"""Commits by compare-and-swap: signed by GitHub, on the head that was looked at or not at all."""

from __future__ import annotations

import base64
import contextlib

from apr_qa.github.door import Door
from apr_qa.github.errors import MissingError, RefusedError
from apr_qa.vocab.effects import Branch, CommitFiles, Done, PullRequest

_COMMIT = """
mutation($input: CreateCommitOnBranchInput!) {
  createCommitOnBranch(input: $input) { commit { oid url } }
}
"""


def commit(door: Door, effect: CommitFiles) -> Done:
    """Make the commit. Raises ConflictError when the branch has moved, MissingError when it is gone."""
    if not effect.additions and not effect.deletions:
        return Done(effect=effect, changed=False, note="nothing to write")
    wanted = {
        "branch": {"repositoryNameWithOwner": effect.repo, "branchName": effect.branch},
        "expectedHeadOid": effect.expected_head,
        "message": {"headline": effect.headline, "body": effect.body},
        "fileChanges": {
            "additions": [
                {"path": path, "contents": base64.b64encode(text.encode()).decode()}
                for path, text in sorted(effect.additions.items())
            ],
            "deletions": [{"path": path} for path in effect.deletions],
        },
    }
    made = door.change(_COMMIT, input=wanted)["createCommitOnBranch"]["commit"]
    return Done(effect=effect, changed=True, url=made["url"], note=made["oid"])


def branch(door: Door, effect: Branch) -> Done:
    """Create the branch; one that exists stays where it is."""
    with contextlib.suppress(MissingError):
        door.get(f"/repos/{effect.repo}/git/ref/heads/{effect.name}")
        return Done(effect=effect, changed=False)
    try:
        door.write("POST", f"/repos/{effect.repo}/git/refs", {"ref": f"refs/heads/{effect.name}", "sha": effect.sha})
    except RefusedError as error:
        if "already exists" not in error.problem:
            raise
        return Done(effect=effect, changed=False)
    return Done(effect=effect, changed=True)


def pull_request(door: Door, effect: PullRequest) -> Done:
    """Open the pull request, unless one from `head` into `base` is open already."""
    owner = effect.repo.partition("/")[0]
    path = f"/repos/{effect.repo}/pulls"
    for there in door.pages(path, state="open", head=f"{owner}:{effect.head}", base=effect.base):
        return Done(effect=effect, changed=False, url=there["html_url"], number=there["number"])
    body = {"head": effect.head, "base": effect.base, "title": effect.title, "body": effect.body}
    made = door.write("POST", path, body)
    return Done(effect=effect, changed=True, url=made["html_url"], number=made["number"])
