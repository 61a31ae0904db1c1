"""G0-INTEGRITY-HEADER: the weight files keep to their format, byte by byte."""

from __future__ import annotations

from apr_qa.gates import _draw, _judging, _model_files
from apr_qa.vocab.artefacts import Artefact, ModelFiles
from apr_qa.vocab.axes import Category, Gateway, Severity
from apr_qa.vocab.gates import Gate, GateSpec
from apr_qa.vocab.plan import Claim
from apr_qa.vocab.verdict import Verdict
from apr_qa.weights import MalformedWeights, open_weights


def _judge(artefact: Artefact, _claim: Claim, _files: ModelFiles) -> Verdict:
    try:
        with open_weights(artefact.path) as weights:
            form, count, notes = weights.format, len(weights.tensors), weights.header.notes
    except MalformedWeights as error:
        return _judging.fell(
            str(error), file=error.file.name, where=error.where, problem=error.problem, remedy=error.remedy
        )
    except FileNotFoundError as error:
        return _judging.fell(f"{artefact.path.name} is missing", remedy=str(error.strerror))
    except OSError as error:
        return _judging.unjudged(f"{artefact.path.name} cannot be opened: {error.strerror}")
    if form != artefact.format:
        return _judging.fell(f"{artefact.path.name} is named {artefact.format} and holds {form}", holds=form)
    note = f" ({'; '.join(notes)})" if notes else ""
    return _judging.held(f"{count} tensors, every byte accounted for{note}", tensors=count, notes=list(notes))


GATE = Gate(
    spec=GateSpec(
        id="G0-INTEGRITY-HEADER",
        claim="The weight files keep strictly to their format: header, tensor table, offsets, sizes, checksums.",
        category=Category.STAB,
        gateway=Gateway.G0,
        severity=Severity.P0,
        weight=0.25,
        remedy="Fetch the file again and compare its digest; if it is the same, have it written again by its makers.",
    ),
    draw=_draw.per_format,
    judge=_model_files.on_artefact(_judge),
)
