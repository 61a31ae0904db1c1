"""Playbooks that a pull request brings: read as data, with what outsiders may not say refused."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from apr_qa.catalog.models import known_models
from apr_qa.github.policy import Policy
from apr_qa.playbook.load import PlaybookError, parse_playbook
from apr_qa.vocab.effects import Annotation
from apr_qa.vocab.playbook import Playbook

SUFFIX = ".playbook.yaml"
MOST = 50
"""Changed playbooks that are read of one pull request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedPlaybook:
    """A playbook at the head of a pull request; None when it cannot be used, and then `remarks` say why."""

    path: str
    playbook: Playbook | None
    remarks: tuple[Annotation, ...] = ()


def are_playbooks(paths: Iterable[str]) -> tuple[str, ...]:
    """Return the paths that are playbooks."""
    return tuple(path for path in paths if path.endswith(SUFFIX))


def read_changed(path: str, text: str, policy: Policy) -> ChangedPlaybook:
    """Return the playbook in `text`. Nothing is raised: faults become remarks on its lines."""
    try:
        playbook = parse_playbook(text, source=path)
    except PlaybookError as error:
        return ChangedPlaybook(
            path=path, playbook=None, remarks=tuple(_remark(path, f.line, f.problem) for f in error.faults)
        )
    if problem := _forbidden(playbook, policy):
        return ChangedPlaybook(path=path, playbook=None, remarks=(_remark(path, _line_of(text), problem),))
    return ChangedPlaybook(path=path, playbook=playbook)


def _forbidden(playbook: Playbook, policy: Policy) -> str:
    known = {model.model: model.local for model in known_models()}
    repo, local = playbook.model.hf_repo, playbook.model.local_path
    if local is not None and local != known.get(repo):
        return "`local_path` is not read from a pull request"
    organisation = repo.partition("/")[0]
    if repo not in known and organisation not in policy.organisations:
        return f"the policy does not list the organisation {organisation}"
    return ""


def _line_of(text: str) -> int:
    """The line of the model section, where both forbidden things stand."""
    lines = text.splitlines()
    return next((n for n, line in enumerate(lines, start=1) if line.startswith("model:")), 1)


def _remark(path: str, line: int, problem: str) -> Annotation:
    return Annotation(path=path, line=max(line, 1), title="Playbook", message=problem)
