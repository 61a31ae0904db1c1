"""F-CONTRACT-I1-001: a converted file gives the distribution of its ground truth, as nearly as its type can.

This is a claim about the file, whatever engine is on trial: the reference engine computes both sides from the bytes.
It belongs to G4, because from a file whose distribution is wrong no engine answers rightly.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from apr_qa.errors import InputError
from apr_qa.gates import _draw, _judging, _model_files
from apr_qa.truth.baseline import Baseline
from apr_qa.truth.bounds import compare_with_baseline
from apr_qa.truth.compact import keep, take
from apr_qa.truth.declared import judged_dtype, stored_dtype
from apr_qa.truth.envelopes import Envelope, envelope_for, ladder_faults
from apr_qa.truth.figures import Figures
from apr_qa.truth.measure import CannotMeasureError, Truth, measure, truth_of
from apr_qa.vocab.artefacts import Artefact, ModelFiles
from apr_qa.vocab.axes import Category, Format, Gateway, Severity
from apr_qa.vocab.gates import Brief, Drawn, Gate, GateSpec
from apr_qa.vocab.plan import Claim
from apr_qa.vocab.verdict import Verdict
from apr_qa.weights import MalformedWeights

_BROKEN = (MalformedWeights, OSError)


def _draw_claims(spec: GateSpec, brief: Brief) -> Drawn:
    if not _draw.formats_of(spec, brief):
        return Drawn()
    if brief.forward:
        return _draw.not_drawn(spec, f"the reference engine cannot be asked: {brief.forward}", required=True)
    if Format.SAFETENSORS not in brief.files.artefacts:
        return _draw.not_drawn(spec, "there is no SafeTensors file, the ground truth", required=True)
    return _draw.per_format(spec, brief)


def _judge(artefact: Artefact, _claim: Claim, files: ModelFiles) -> Verdict:
    ground = files.artefacts.get(Format.SAFETENSORS)
    if ground is None:
        return _judging.unjudged("there is no SafeTensors file, the ground truth")
    try:
        truth_dtype = stored_dtype(_model_files.header_of(ground))
    except _BROKEN as error:
        return _judging.skipped(f"the ground truth cannot be read ({error}); G0 judges that")
    refused = ""
    if files.compact is not None:
        try:
            verdict = _by_baseline(take(files.compact), artefact)
        except InputError as error:
            refused = f"no compact ground truth: {error}"
        else:
            if verdict is not None:
                return verdict
            refused = "the compact ground truth leaves open on which side of the limits the file is"
        if files.compact.instead:
            return _judging.unjudged(f"{files.compact.instead}, and {refused}")
    return _by_truth(truth_dtype, artefact, files, ground)


def _by_truth(truth_dtype: str, artefact: Artefact, files: ModelFiles, ground: Artefact) -> Verdict:
    try:
        truth = truth_of(ground.path)
    except CannotMeasureError as error:
        return _judging.unjudged(str(error))
    except _BROKEN as error:
        return _judging.skipped(f"the ground truth cannot be read ({error}); G0 judges that")
    if files.compact is not None:
        keep(truth, files.compact, model=files.model, dtype=truth_dtype)
    return _against(truth, truth_dtype, artefact, files)


def _by_baseline(baseline: Baseline, artefact: Artefact) -> Verdict | None:
    """Return the verdict that a compact ground truth allows; None when it leaves the question open."""
    try:
        dtype = judged_dtype(_model_files.header_of(artefact), artefact.quantization)
        limits = envelope_for(
            dtype, truth_dtype=baseline.dtype, model_type=baseline.model_type, parameters=baseline.parameters
        )
        if limits is None:
            return _judging.unjudged(f"no limits are known for files of type {dtype or 'unknown'}")
        seen = compare_with_baseline(baseline, artefact.path)
    except CannotMeasureError as error:
        return _judging.unjudged(str(error))
    except _BROKEN as error:
        return _judging.fell(f"the file cannot be computed: {error}")
    detail = {"dtype": dtype, "baseline": baseline.key, **seen.detail(), **_said(limits)}
    if faults := seen.faults(limits):
        reason = f"held against the compact ground truth as {dtype}: {faults[0]}"
        return _judging.fell(reason, culprit="file", faults=faults, **detail)
    if seen.verdict(limits) == "open":
        return None
    return _judging.held(
        f"over {seen.positions} positions the {dtype} file is {seen.low.kld_mean:.2g} nats from the {seen.kept} tokens"
        f" that the compact ground truth keeps (at most {limits.kld_mean:.2g}; {seen.tail_mass:.2g} of the probability"
        f" lies outside) and prefers the same token at {seen.low.top1:.2%}",
        **detail,
    )


def _said(limits: Envelope) -> dict[str, Any]:
    shown = {"kld_mean": limits.kld_mean, "top1": limits.top1, "kld_p99": limits.kld_p99, "tail": limits.tail}
    return {"limits": shown, "limits_from": limits.source}


def _against(truth: Truth, truth_dtype: str, artefact: Artefact, files: ModelFiles) -> Verdict:
    try:
        dtype = judged_dtype(_model_files.header_of(artefact), artefact.quantization)
        limits = envelope_for(dtype, truth_dtype=truth_dtype, model_type=truth.model_type, parameters=truth.parameters)
        if limits is None:
            return _judging.unjudged(f"no limits are known for files of type {dtype or 'unknown'}")
        seen = measure(truth, artefact.path)
    except CannotMeasureError as error:
        return _judging.unjudged(str(error))
    except _BROKEN as error:
        return _judging.fell(f"the file cannot be computed: {error}")
    rungs = [(dtype, seen), *_rungs(truth, artefact, files)]
    return _weighed(dtype, seen, limits, [fault for fault in ladder_faults(rungs) if fault.startswith(f"{dtype} ")])


def _rungs(truth: Truth, artefact: Artefact, files: ModelFiles) -> Iterator[tuple[str, Figures]]:
    """Yield type and figures of the other converted files, as far as they can be computed."""
    for other in files.artefacts.values():
        if other.format in (Format.SAFETENSORS, artefact.format):
            continue
        try:
            yield judged_dtype(_model_files.header_of(other), other.quantization), measure(truth, other.path)
        except (CannotMeasureError, *_BROKEN):
            continue


def _weighed(dtype: str, seen: Figures, limits: Envelope, ladder: list[str]) -> Verdict:
    faults = [*limits.faults(seen), *ladder]
    detail = {"dtype": dtype, **seen.detail(), **_said(limits)}
    if faults:
        return _judging.fell(
            f"held against the ground truth as {dtype}: {faults[0]}", culprit="file", faults=faults, **detail
        )
    return _judging.held(
        f"over {seen.positions} positions the {dtype} file is {seen.kld_mean:.2g} nats from the ground truth (at most"
        f" {limits.kld_mean:.2g}) and prefers the same token at {seen.top1:.2%}",
        **detail,
    )


GATE = Gate(
    spec=GateSpec(
        id="F-CONTRACT-I1-001",
        claim="On fixed texts the converted file predicts what its ground truth does, as nearly as its type can.",
        category=Category.COMP,
        gateway=Gateway.G4,
        severity=Severity.P0,
        weight=3.0,
        formats=(Format.APR, Format.GGUF),
        computes=True,
        remedy="The file is wrong, not the engine: convert again, and compare rope base, norm epsilon, row order of q"
        " and k, norm weights and the type of each tensor.",
    ),
    draw=_draw_claims,
    judge=_model_files.on_artefact(_judge),
)
