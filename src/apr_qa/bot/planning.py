"""From an accepted job to what will be planned: names of the registry, or playbooks as the API gave them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from apr_qa.bot.job import Brought, Job
from apr_qa.bot.playbooks import local_path_of
from apr_qa.errors import InputError
from apr_qa.github.snapshot import blob_id
from apr_qa.pipeline.targets import Target, by_name, by_playbook
from apr_qa.pipeline.wishes import Wishes
from apr_qa.playbook.load import parse_playbook
from apr_qa.vocab.axes import Backend
from apr_qa.vocab.playbook import Playbook
from apr_qa.vocab.shards import Runner


def targets_of_job(job: Job) -> tuple[Target, ...]:
    """Return the models of a job with their playbooks. No word of it is taken for a path.

    Raises InputError for a name that names nothing, and for a playbook that is not what was read or says too much.
    """
    own = {playbook.model.hf_repo: playbook for playbook in (_playbook(item, job) for item in job.playbooks)}
    found = []
    for name in job.models:
        model, _, revision = name.partition("@")
        if model in own:
            spec = replace(own[model].model, revision=revision or own[model].model.revision)
            found.append(by_playbook(replace(own[model], model=spec)))
        else:
            found += by_name(name, job.tier)
    if not found:
        raise InputError("it names no model", where="the bot's job")
    return tuple(found)


def wishes_of_job(job: Job, wishes: Wishes) -> Wishes:
    """Return `wishes` with what the job says: narrowing, seed, and which playbooks nobody has reviewed."""
    brought = ", ".join(f"{item.path} {item.blob[:12]}" for item in job.playbooks)
    return replace(
        wishes,
        backends=job.backends,
        formats=job.formats,
        seed=job.seed,
        unlocked=f"brought by commit {job.sha[:12]}: {brought}" if brought else "",
    )


def runners_of_job(job: Job, runners: Iterable[Runner]) -> tuple[Runner, ...]:
    """Return the runners that there are: none with a GPU where the policy knows of none."""
    return tuple(runner for runner in runners if job.gpu or runner.backend is not Backend.GPU)


def _playbook(item: Brought, job: Job) -> Playbook:
    if blob_id(item.text) != item.blob:
        raise InputError("its text is not what was read", where=item.path)
    playbook = parse_playbook(item.text, source=item.path, tier=job.tier)
    if playbook.model.local_path not in (None, local_path_of(playbook.model.hf_repo)):
        raise InputError("`local_path` is not read from a change", where=item.path)
    if playbook.model.hf_repo not in {name.partition("@")[0] for name in job.models}:
        raise InputError(f"it is about {playbook.model.hf_repo}, which nobody asked for", where=item.path)
    return playbook
