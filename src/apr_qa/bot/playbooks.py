"""Playbooks that a pull request brings: read as data, with what outsiders may not say refused."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from apr_qa.bot.job import Brought
from apr_qa.catalog.models import known_models
from apr_qa.errors import InputError
from apr_qa.github.policy import Policy
from apr_qa.github.snapshot import blob_id
from apr_qa.playbook.load import PlaybookError, parse_playbook
from apr_qa.vocab.axes import Tier
from apr_qa.vocab.effects import Annotation
from apr_qa.vocab.playbook import Playbook

SUFFIX = ".playbook.yaml"
MOST = 50
"""Changed playbooks that are read of one pull request."""
_TEXTS_LIMIT = 40_000
"""Characters of all playbooks that a job hands on: they travel in an output of the workflow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedPlaybook:
    """A playbook at the head of a pull request; None when it cannot be used, and then `remarks` say why."""

    path: str
    playbook: Playbook | None
    remarks: tuple[Annotation, ...] = ()
    text: str = ""

    @property
    def model(self) -> str:
        """`org/name`; empty when the playbook cannot be used."""
        return self.playbook.model.hf_repo if self.playbook else ""


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
    return ChangedPlaybook(path=path, playbook=playbook, text=text)


def brought(changed: Iterable[ChangedPlaybook], models: Iterable[str], tier: Tier) -> tuple[Brought, ...]:
    """Return the playbooks that stand in for the composed ones: one for each model, the tier's own before others.

    Raises InputError when there is more text than a job can hand on.
    """
    usable = [item for item in changed if item.playbook]
    usable.sort(key=lambda item: (item.playbook is None or item.playbook.tier is not tier, item.path))
    first = (next((item for item in usable if item.model == model), None) for model in models)
    found = [Brought(path=item.path, blob=blob_id(item.text), text=item.text) for item in first if item]
    if sum(len(item.text) for item in found) > _TEXTS_LIMIT:
        raise InputError(
            f"the changed playbooks hold more than {_TEXTS_LIMIT:,} characters",
            remedy="Name fewer models in one command.",
        )
    return tuple(found)


def local_path_of(model: str) -> str | None:
    """Return where a model of the registry lies in the checkout; None for all others."""
    return next((known.local for known in known_models() if known.model == model), None)


def _forbidden(playbook: Playbook, policy: Policy) -> str:
    repo, local = playbook.model.hf_repo, playbook.model.local_path
    if local not in (None, local_path_of(repo)):
        return "`local_path` is not read from a pull request"
    organisation = repo.partition("/")[0]
    if repo not in {model.model for model in known_models()} and organisation not in policy.organisations:
        return f"the policy does not list the organisation {organisation}"
    return ""


def _line_of(text: str) -> int:
    """The line of the model section, where both forbidden things stand."""
    lines = text.splitlines()
    return next((n for n, line in enumerate(lines, start=1) if line.startswith("model:")), 1)


def _remark(path: str, line: int, problem: str) -> Annotation:
    return Annotation(path=path, line=max(line, 1), title="Playbook", message=problem)
