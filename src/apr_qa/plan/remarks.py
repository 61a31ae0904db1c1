"""What the plan says of the playbook's own words: sections nobody reads, and facts on record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from apr_qa.files import canonical_json, digest_of
from apr_qa.plan.request import PlanRequest
from apr_qa.text import one_line
from apr_qa.vocab.artefacts import ModelFiles
from apr_qa.vocab.plan import NotRun
from apr_qa.vocab.playbook import ModelSpec, Playbook
from apr_qa.vocab.scenario import Scenario

_ON_RECORD = ("metadata", "kernel_profile")
_SHOWN = 160


def sections_not_run(unread: Mapping[str, Any], request: PlanRequest) -> Iterator[NotRun]:
    """Yield a line for each section, or rest of one, that no gate of the tier reads."""
    for name, rest in unread.items():
        if name in _ON_RECORD:
            continue
        section = request.playbook.extras[name]
        part = "" if rest == section else " (in part)"
        off = isinstance(section, Mapping) and section.get("enabled") is False
        reason = "switched off in the playbook" if off else f"no gate of tier {request.tier.tier} reads it"
        yield NotRun(what=f"playbook section {name}{part}", reason=f"{reason}: {_shown(rest)}")


def parts_not_run(playbook: Playbook) -> Iterator[NotRun]:
    """Yield what the loader could not put to use."""
    for line in playbook.not_run:
        what, _, reason = line.rpartition(": ")
        yield NotRun(what=what or "playbook", reason=reason)


def oracles_not_run(playbook: Playbook, scenarios: Iterable[Scenario]) -> Iterator[NotRun]:
    """Yield a line for each oracle that the playbook configures and no matrix scenario needs."""
    used = {scenario.oracle.name for scenario in scenarios}
    for spec in playbook.oracles:
        if spec.name not in used and spec.name != "garbage":
            yield NotRun(what=f"oracle {spec.name}", reason=f"no prompt is judged by it: {_shown(spec.config)}")


def quantizations_not_run(spec: ModelSpec, files: ModelFiles) -> Iterator[NotRun]:
    """Yield a line for each quantisation asked for of which there is no file."""
    here = {artefact.quantization.lower() for artefact in files.artefacts.values()}
    found = [f"{form} {artefact.quantization or 'not stated'}" for form, artefact in files.artefacts.items()]
    for wanted in spec.quantizations:
        if wanted.lower() not in here:
            yield NotRun(what=f"quantization {wanted}", reason=f"no file has it; there are {', '.join(found)}")


def notes(request: PlanRequest) -> Iterator[str]:
    """Yield facts that belong to the plan and change nothing that is asked."""
    playbook, files = request.playbook, request.files
    yield f"playbook {playbook.name} {playbook.version}{': ' if playbook.description else ''}{playbook.description}"
    yield from _model_facts(playbook.model)
    for name in _ON_RECORD:
        if playbook.extras.get(name):
            yield f"{name}: {_shown(playbook.extras[name])}"
    for form, equipped in request.equipment.items():
        facts = equipped.facts
        yield f"engine for {form}: {facts.name} {facts.version}{f' {facts.digest[:12]}' if facts.digest else ''}"
    if request.earlier:
        day, seal = request.earlier.run.started_at[:10], request.earlier.seal[:16]
        yield f"held against the certificate of {day}, whose evidence has the seal {seal}"
    if files.digests:
        yield f"model files: {len(files.digests)}, sha256 over all {digest_of(dict(files.digests))[:16]}"


def _model_facts(spec: ModelSpec) -> Iterator[str]:
    facts = {
        "revision": spec.revision,
        "local path": spec.local_path,
        "family": spec.family,
        "size": spec.size_category,
        "variant": spec.size_variant,
    }
    said = [f"{name} {value}" for name, value in facts.items() if value]
    yield ", ".join([f"model {spec.hf_repo}", *said])


def _shown(value: Any) -> str:
    """Return JSON on one line; what is too long is cut and named by its digest."""
    text = canonical_json(value)
    return (
        one_line(text, _SHOWN)
        if len(text) <= _SHOWN
        else f"{one_line(text[:_SHOWN])}... sha256:{digest_of(value)[:12]}"
    )
