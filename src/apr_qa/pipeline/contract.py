"""The files of a model judged without an engine: every gate that asks no question, on every weights file found."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from apr_qa.catalog.tiers import tiers
from apr_qa.errors import Exit, InputError
from apr_qa.evidence.judge import judge_claim
from apr_qa.fetch.cache import cache_folder
from apr_qa.fetch.locate import SUFFIXES, Wanted, locate
from apr_qa.pipeline.looking import context_of, has_template
from apr_qa.pipeline.standing import standing
from apr_qa.pipeline.trial import GATES
from apr_qa.playbook.universal import universal
from apr_qa.reference.readable import why_not
from apr_qa.rooms import furnish
from apr_qa.run.machine import machine
from apr_qa.vocab.artefacts import ModelFiles
from apr_qa.vocab.axes import Backend, Cell, Format, Modality, Tier
from apr_qa.vocab.gates import Brief, Drawn, Exhibits, Gate
from apr_qa.vocab.plan import Claim, NotRun
from apr_qa.vocab.verdict import Outcome, Verdict

OF_FILES = ("G0-", "F-CONTRACT-", "F-COMP-META-")
"""How the ids of the gates begin that can be judged from files alone."""
NO_TRUTH = "no ground truth; --against names the SafeTensors file or folder"
_WORST_FIRST = (Outcome.FALSIFIED, Outcome.UNJUDGED, Outcome.SKIPPED, Outcome.CORROBORATED)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileClaim:
    """One claim about one weights file, and what became of it."""

    file: str
    """Name of the weights file, or of the index of a sharded model."""
    claim: Claim
    verdict: Verdict
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """All that the files alone decide."""

    model: str
    judged: tuple[FileClaim, ...]
    """The lost ones first, then those that could not be judged."""
    not_judged: tuple[NotRun, ...]
    """Gates that could draw no claim here, and why."""

    @property
    def lost(self) -> tuple[FileClaim, ...]:
        """The claims that were tested and refuted."""
        return tuple(one for one in self.judged if one.verdict.outcome.is_lost)

    @property
    def exit(self) -> Exit:
        """1 when a claim was lost, 3 when none could be judged."""
        if self.lost:
            return Exit.BLOCKED
        return Exit.PASSED if any(one.verdict.outcome.is_judged for one in self.judged) else Exit.NO_VERDICT


def of_files(gate: str) -> bool:
    """Return whether a gate can be judged from files alone."""
    return gate.startswith(OF_FILES)


def inspect(
    path: Path,
    against: Path | None = None,
    busy: Callable[[str], None] = lambda _doing: None,
    judges: Callable[[str], bool] = of_files,
) -> Inspection:
    """Judge the weights file or model folder at `path`; `against` gives the ground truth, a SafeTensors file or folder.

    `judges`: which gates are asked, by id. Nothing is written and no engine is run; the reference engine computes where
    it can read the model. Raises InputError for paths at which there is nothing to judge.
    """
    files = locate(path, Wanted())
    if against is not None:
        files = _beside(locate(against, Wanted(formats=(Format.SAFETENSORS,))), files, (path, against))
    judged: dict[tuple[str, str], FileClaim] = {}
    not_judged: dict[NotRun, None] = {}
    for variant in _variants(files) if path.is_dir() else (files,):
        brief = _brief(variant)
        for gate in furnish(GATES, Gate):
            if not judges(gate.spec.id):
                continue
            drawn = gate.draw(gate.spec, brief)
            not_judged |= dict.fromkeys(_reasons(drawn, variant))
            for claim in drawn.claims:
                name = _file_of(claim, variant)
                if not claim.needs and not claim.params.get("last") and (claim.id, name) not in judged:
                    busy(f"{claim.gate} {name}")
                    judged[claim.id, name] = _judged(claim, gate, variant)
    return Inspection(
        model=files.model,
        judged=tuple(sorted(judged.values(), key=lambda one: _WORST_FIRST.index(one.verdict.outcome))),
        not_judged=tuple(not_judged),
    )


def _beside(truth: ModelFiles, files: ModelFiles, paths: Sequence[Path]) -> ModelFiles:
    """The converted files beside the ground truth that was named, which takes the place of their own."""
    path, against = paths
    if Format.SAFETENSORS not in truth.artefacts:
        raise InputError(
            "only SafeTensors can be ground truth",
            where=str(against),
            remedy="Name a SafeTensors file, its index, or a folder that holds one.",
        )
    converted = {form: a for form, a in files.artefacts.items() if form is not Format.SAFETENSORS}
    if not converted:
        raise InputError(
            "holds SafeTensors only, and nothing that was converted from the ground truth",
            where=str(path),
            remedy=f"apr-qa diff {path} {against}",
        )
    return replace(files, artefacts={form: a for part in (truth.artefacts, converted) for form, a in part.items()})


def _variants(files: ModelFiles) -> Iterator[ModelFiles]:
    """Yield the model once for each converted file: a folder may hold several GGUF or APR files."""
    yield files
    for form, artefact in files.artefacts.items():
        if form is Format.SAFETENSORS:
            continue
        for other in sorted(artefact.folder.iterdir()):
            if SUFFIXES.get(other.suffix) is form and other.is_file() and other != artefact.path:
                alone = locate(other, Wanted()).artefacts[form]
                ground = files.artefacts.get(Format.SAFETENSORS)
                yield replace(files, artefacts={a.format: a for a in (ground, alone) if a})


def _brief(files: ModelFiles) -> Brief:
    spec = tiers()[Tier.DEEP]
    ground = files.artefacts.get(Format.SAFETENSORS)
    return Brief(
        playbook=universal(files.model.rpartition("/")[2], spec, formats=tuple(files.artefacts)),
        tier=spec,
        seed=0,
        cells=tuple(Cell(format=f, backend=Backend.CPU, modality=Modality.RUN) for f in Format if f in files.artefacts),
        matrix=(),
        files=files,
        context=context_of(files),
        has_template=has_template(files),
        reference=why_not(ground.path, machine().memory_bytes) if ground else "",
        forward=standing(files, machine(), cache_folder(None)).forward if ground else "",
    )


def _reasons(drawn: Drawn, files: ModelFiles) -> Iterator[NotRun]:
    has_truth = Format.SAFETENSORS in files.artefacts
    for item in drawn.not_run:
        yield item if has_truth else replace(item, reason=NO_TRUTH)


def _file_of(claim: Claim, files: ModelFiles) -> str:
    artefact = files.artefacts.get(claim.subject.format) if claim.subject.format else None
    return artefact.path.name if artefact else ""


def _judged(claim: Claim, gate: Gate, files: ModelFiles) -> FileClaim:
    verdict = judge_claim(claim, gate, Exhibits(files=files))
    return FileClaim(file=_file_of(claim, files), claim=claim, verdict=verdict, remedy=gate.spec.remedy)
