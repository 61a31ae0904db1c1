"""One fault before the judge: certified through the real pipeline, and what the judge said of it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from apr_qa.errors import AprQaError
from apr_qa.evidence.judge import judge_claim
from apr_qa.pipeline._qualify_cases import Case, healthy_copy, target_of
from apr_qa.pipeline.certify import certify
from apr_qa.pipeline.prepare import prepare
from apr_qa.pipeline.progress import Silent
from apr_qa.pipeline.ready import Ready
from apr_qa.pipeline.targets import Target
from apr_qa.pipeline.trial import GATES
from apr_qa.pipeline.wishes import Wishes
from apr_qa.rooms import furnish
from apr_qa.vocab.axes import Backend, FailurePolicy, Format, Tier
from apr_qa.vocab.evidence import Judged
from apr_qa.vocab.gates import Exhibits, Gate
from apr_qa.vocab.mutators import Applied, Place

SEED = 20_251


class Depth(StrEnum):
    """How far each fault is taken."""

    FILES = "files"
    """The gates that need no engine, all of them."""
    FOUND = "found"
    """The whole tier, until the fault is found."""
    DETECTORS = "detectors"
    """The whole tier to its end, so that every gate that sees the fault is named."""


class Eye(StrEnum):
    """What a gate looks at."""

    METADATA = "metadata"
    WEIGHTS = "weights"
    BEHAVIOUR = "behaviour"


@dataclass(frozen=True, slots=True, kw_only=True)
class Detector:
    """One claim that was lost."""

    gate: str
    subject: str
    eye: Eye
    gateway: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What the judge made of one fault at one tier."""

    case: str
    tier: Tier
    detectors: tuple[Detector, ...]
    status: str
    """The certificate's; empty when only files were judged."""
    gateways: tuple[str, ...]
    """Those that fell."""
    named: bool | None
    """Whether a lost claim names tensor and transform; None when this fault has none to name."""
    elapsed_s: float
    trouble: str = ""
    """Why the fault could not be tried; then nothing is known."""

    @property
    def found(self) -> bool:
        """Whether any claim was lost."""
        return bool(self.detectors)


_WEIGHTS = ("G0-INTEGRITY-VALUES", "F-CONTRACT-I2", "F-CONTRACT-I3", "F-CONTRACT-I4")
_UNEXPLAINED = "no known fault explains it"
"""What I-4 says when it sees a difference and cannot tell what was done."""
_COMPUTED = ("F-CONTRACT-I1", "F-ENGINE-FILE")


def try_case(case: Case, tiers: Sequence[Tier], depth: Depth, scratch: Path) -> Iterator[Finding]:
    """Plant the fault in a copy below `scratch`, certify the copy at each tier, and yield what was found."""
    model = case.mutator.model
    folder = healthy_copy(model, case.dtype, scratch)
    applied = case.mutator.apply(folder, case.place, SEED)
    if case.place in (Place.SAFETENSORS, Place.TRUTH):
        _make_new(folder)
    known: dict[str, Judged] = {}
    for tier in tiers:
        target = replace(target_of(model, tier), path=folder)
        wishes = replace(
            _wishes(folder, case.formats(target.tier)),
            engine=_engine(case, applied),
            timeout_s=case.mutator.timeout_s,
        )
        began = time.monotonic()
        told = _tell(target, wishes, depth, known, needs_gateway=case.mutator.gateway)
        yield _finding(case.name, tier, told, _named(case, applied, told.judged), began)


def try_healthy(folder: Path, name: str, model: str, tier: Tier, depth: Depth) -> Finding:
    """Certify a healthy conversion of `model` that lies in `folder`, whole; what is found there is a false alarm."""
    began = time.monotonic()
    _make_new(folder)
    target = replace(target_of(model, tier), path=folder)
    formats = tuple(form for form in (Format.SAFETENSORS, Format.GGUF) if form in target.tier.formats)
    whole = Depth.FILES if depth is Depth.FILES else Depth.DETECTORS
    return _finding(name, tier, _tell(target, _wishes(folder, formats), whole, {}), None, began)


def _make_new(folder: Path) -> None:
    """Give every file a time of its own, so that nothing computed of an earlier copy is taken for this one's."""
    for file in folder.rglob("*"):
        if file.is_file():
            file.touch()


def of_files(ready: Ready, known: dict[str, Judged], *, computed: bool = True) -> tuple[Judged, ...]:
    """Return the verdicts on all claims that the files alone decide; nothing is asked or written.

    `known` holds verdicts on the same files; equal claims are not judged again, and new verdicts are added. Without
    `computed`, the claims that take a forward pass are left out.
    """
    gates = {gate.spec.id: gate for gate in furnish(GATES, Gate)}
    exhibits = Exhibits(files=ready.files)
    chosen = [claim for claim in ready.plan.claims if not claim.needs and not claim.params.get("last")]
    chosen = [claim for claim in chosen if computed or not claim.gate.startswith(_COMPUTED)]
    for claim in chosen:
        if claim.id not in known or known[claim.id].claim != claim:
            known[claim.id] = Judged(claim=claim, verdict=judge_claim(claim, gates[claim.gate], exhibits))
    return tuple(known[claim.id] for claim in chosen)


def eye_of(judged: Judged) -> Eye:
    """Return what the gate of a claim looks at."""
    claim = judged.claim
    if claim.gate.startswith(_WEIGHTS):
        return Eye.WEIGHTS
    behaves = claim.needs or claim.params.get("last") or claim.gate.startswith(_COMPUTED)
    return Eye.BEHAVIOUR if behaves else Eye.METADATA


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    judged: Sequence[Judged] = ()
    status: str = ""
    trouble: str = ""


def _tell(
    target: Target, wishes: Wishes, depth: Depth, known: dict[str, Judged], *, needs_gateway: bool = False
) -> _Told:
    """Certify; a fault that the files show already is not looked for in the answers, unless all detectors are asked."""
    try:
        ready = prepare(target, wishes, lambda _doing: None)
        if depth is Depth.FILES:
            return _Told(judged=of_files(ready, known))
        if depth is Depth.FOUND:
            for computed in (False, True):
                judged = of_files(ready, known, computed=computed)
                if _is_enough(judged, needs_gateway=needs_gateway):
                    return _Told(judged=judged)
        early = FailurePolicy.STOP_ON_P0 if needs_gateway else FailurePolicy.STOP_ON_FIRST
        policy = FailurePolicy.COLLECT_ALL if depth is Depth.DETECTORS else early
        done = certify(replace(ready, wishes=replace(ready.wishes, policy=policy)), Silent())
    except AprQaError as error:
        return _Told(trouble=str(error))
    return _Told(judged=done.evidence.judged, status=done.scorecard.status.value)


def _is_enough(judged: Iterable[Judged], *, needs_gateway: bool) -> bool:
    lost = [one.claim for one in judged if one.verdict.outcome.is_lost]
    return any(claim.gateway for claim in lost) if needs_gateway else bool(lost)


def _wishes(folder: Path, formats: tuple[Format, ...]) -> Wishes:
    return Wishes(
        engine="embedded",
        formats=formats,
        backends=(Backend.CPU,),
        folder=folder.with_name("evidence"),
        fresh=True,
        workers=2,
        argv=("apr-qa", "qualify"),
    )


def _engine(case: Case, applied: Applied) -> str:
    """No embedded engine is put on trial for APR, but the reference engine reads it."""
    return applied.program or ("reference" if case.place is Place.APR else "embedded")


def _named(case: Case, applied: Applied, judged: Iterable[Judged]) -> bool | None:
    """Return whether one lost claim names both a tensor that was changed and what was done to it.

    None when nothing is there to name, or when all formats agree on the fault: nothing can be held against anything.
    """
    wanted = case.mutator
    if not wanted.words or case.place is Place.TRUTH:
        return None
    names = {*wanted.tensors, *(applied.tensors if wanted.tensors else ())}
    for one in judged:
        if one.verdict.outcome.is_lost and _UNEXPLAINED not in one.verdict.reason:
            said = f"{one.claim.gate} {one.verdict.reason}".lower()
            if any(word in said for word in wanted.words) and (not names or any(n in said for n in names)):
                return True
    return False


def _finding(name: str, tier: Tier, told: _Told, named: bool | None, began: float) -> Finding:
    lost = [one for one in told.judged if one.verdict.outcome.is_lost]
    fallen = dict.fromkeys(one.claim.gateway.value for one in lost if one.claim.gateway)
    return Finding(
        case=name,
        tier=tier,
        detectors=tuple(
            Detector(
                gate=one.claim.gate,
                subject=str(one.claim.subject),
                eye=eye_of(one),
                gateway=one.claim.gateway.value if one.claim.gateway else "",
                reason=one.verdict.reason,
            )
            for one in lost
        ),
        status=told.status,
        gateways=tuple(fallen),
        named=named,
        elapsed_s=round(time.monotonic() - began, 2),
        trouble=told.trouble,
    )
