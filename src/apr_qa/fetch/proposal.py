"""The one thing that is ever sent to the Hub: a file, as a pull request that the model's owners may merge."""

from __future__ import annotations

from dataclasses import dataclass

from apr_qa.errors import InputError
from apr_qa.fetch.hub_errors import explained


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A file for a model's repository."""

    repo: str
    revision: str
    """The commit that the certificate is about."""
    path: str
    text: str
    title: str
    body: str


def propose(proposal: Proposal) -> str:
    """Open a pull request on the Hub and return its address.

    Raises InputError without a token, when the Hub refuses, and when the model was changed since it was certified;
    WorkspaceError when the Hub cannot be asked.
    """
    from huggingface_hub import CommitOperationAdd, HfApi, get_token

    if not get_token():
        raise InputError("there is no token for the Hub", remedy="Set HF_TOKEN to one that may open pull requests.")
    api = HfApi()
    with explained(proposal.repo, ""):
        now = api.model_info(proposal.repo).sha
        if now != proposal.revision:
            raise InputError(
                f"the model is at {str(now)[:8]} by now and was certified at {proposal.revision[:8]}",
                where=proposal.repo,
                remedy="Certify what is there now.",
            )
        done = api.create_commit(
            proposal.repo,
            [CommitOperationAdd(path_in_repo=proposal.path, path_or_fileobj=proposal.text.encode())],
            commit_message=proposal.title,
            commit_description=proposal.body,
            create_pr=True,
        )
    return str(done.pr_url)
