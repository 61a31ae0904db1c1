"""What the contract gates share: the pair of ground truth and converted file, and which invariants are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from apr_qa.contracts.mapping import Correspondence, Known, correspond, known
from apr_qa.contracts.recipes import CannotApplyError
from apr_qa.gates import _draw, _judging, _model_files
from apr_qa.vocab.artefacts import Artefact, ModelFiles
from apr_qa.vocab.axes import Format
from apr_qa.vocab.gates import Brief, Drawn, Exhibits, GateSpec
from apr_qa.vocab.plan import Claim, NotRun, Subject
from apr_qa.vocab.verdict import Verdict
from apr_qa.weights import Header, MalformedWeights

CONVERTED = (Format.APR, Format.GGUF)


@dataclass(frozen=True, slots=True, kw_only=True)
class Converted:
    """A converted file beside the ground truth it came from."""

    artefact: Artefact
    truth: Header
    other: Header
    model: Known
    mapped: Correspondence


def draw_for(invariant: str) -> Callable[[GateSpec, Brief], Drawn]:
    """Return the `draw` of a contract gate: one claim for each converted format, where the playbook asks for it."""

    def draw(spec: GateSpec, brief: Brief) -> Drawn:
        forms = _draw.formats_of(spec, brief)
        if not forms or not _asked(brief, invariant):
            return Drawn()
        if Format.SAFETENSORS not in brief.files.artefacts:
            return _draw.not_drawn(spec, "there are no SafeTensors files to hold the others against")
        why = {form: unknown(brief.files, form) for form in forms}
        return Drawn(
            claims=tuple(_draw.claim(spec, Subject(format=form)) for form in forms if not why[form]),
            not_run=tuple(NotRun(what=f"{spec.id}@{form}", reason=why[form]) for form in forms if why[form]),
        )

    return draw


def _asked(brief: Brief, invariant: str) -> bool:
    section = brief.playbook.extras.get("contract_tests")
    wanted = section.get("invariants") if isinstance(section, Mapping) else None
    return not isinstance(wanted, list | tuple) or not wanted or invariant in wanted


def unknown(files: ModelFiles, form: Format) -> str:
    """Return why the format cannot be judged, empty when it can; a config that is missing or broken falls later."""
    try:
        config = _model_files.optional_json(files.artefacts[Format.SAFETENSORS].folder / _model_files.CONFIG)
    except _model_files.BadFileError:
        return ""
    return gap(known(config), config, form) if config else ""


def gap(model: Known | None, config: Mapping[str, Any], form: Format) -> str:
    """Return what is not known of a model in a format, so that its tensors cannot be mapped; empty when all is."""
    if model is None:
        kind = config.get("model_type") or config.get("architectures")
        return f"the tensors of {_judging.quoted(str(kind))} are not known: no family file describes it"
    if form is Format.GGUF and model.spec.gguf is None:
        return f"how GGUF holds {model.spec.name} is not known: {model.spec.gguf_unknown}"
    if form is Format.APR and model.spec.apr_unknown:
        return f"how APR holds {model.spec.name} is not known: {model.spec.apr_unknown}"
    return ""


def on_converted(judge: Callable[[Converted], Verdict]) -> Callable[[Claim, Exhibits], Verdict]:
    """Make a gate's `judge` of one that gets the converted file beside its ground truth."""

    def with_truth(artefact: Artefact, other: Header, truth: Artefact) -> Verdict:
        config = _model_files.read_json(truth.folder / _model_files.CONFIG)
        model = known(config)
        missing = gap(model, config, artefact.format)
        if model is None or missing:
            return _judging.unjudged(missing)
        try:
            true = _model_files.header_of(truth)
            mapped = correspond(model, true, other)
        except CannotApplyError as error:
            return _judging.fell(f"config.json cannot be right: {error}")
        except (MalformedWeights, OSError) as error:
            return _judging.skipped(f"the ground truth cannot be read ({error}); G0-INTEGRITY-HEADER judges that")
        found = Converted(artefact=artefact, truth=true, other=other, model=model, mapped=mapped)
        try:
            return judge(found)
        except MalformedWeights as error:
            return _judging.unjudged(f"a tensor cannot be read as numbers: {error.problem}")

    def whole(claim: Claim, exhibits: Exhibits) -> Verdict:
        truth = exhibits.files.artefacts.get(Format.SAFETENSORS) if exhibits.files else None
        if exhibits.files is not None and truth is None:
            return _judging.unjudged("the ground truth, the model's SafeTensors files, is not at hand")
        inner = _model_files.on_header(lambda artefact, header, _claim: with_truth(artefact, header, _present(truth)))
        return inner(claim, exhibits)

    return whole


def name_faults(mapped: Correspondence) -> Iterator[str]:
    """Yield, a sentence each, what of the two files has no partner or another shape than its partner makes."""
    for name, sources in mapped.missing.items():
        yield f"{name} is missing; it comes from {sources[0]}"
    for name, reason in mapped.misshapen.items():
        yield f"{name} {reason}"
    for name in mapped.extra:
        yield f"{name} comes from nothing in the ground truth"
    for name in mapped.lacking:
        yield f"the ground truth itself lacks {name}"


def _present(truth: Artefact | None) -> Artefact:
    if truth is None:
        raise _model_files.BadFileError("the ground truth is missing")
    return truth
