"""G0-LAYOUT-001: rows are rows (LAYOUT-002)."""

from __future__ import annotations

from apr_qa.gates import _draw, _facts, _judging, _model_files, _roles
from apr_qa.vocab.artefacts import Artefact, ModelFiles
from apr_qa.vocab.axes import Category, Format, Gateway, Severity
from apr_qa.vocab.gates import Gate, GateSpec
from apr_qa.vocab.plan import Claim
from apr_qa.vocab.verdict import Verdict
from apr_qa.weights import MalformedWeights


def _judge(artefact: Artefact, _claim: Claim, files: ModelFiles) -> Verdict:
    try:
        header = _model_files.header_of(artefact)
    except MalformedWeights as error:
        if "column-major" in error.problem:
            return _judging.fell(str(error), where=error.where)
        return _judging.skipped(f"the header cannot be read ({error}); G0-INTEGRITY-HEADER judges that")
    except OSError as error:
        return _judging.skipped(f"the file cannot be opened ({error}); G0-INTEGRITY-FILES judges that")
    facts = _facts.facts_of(artefact, header)
    allowed = _roles.shapes(facts) if facts.model_type in _roles.PLAIN_FAMILIES else {}
    if facts.vocab and facts.hidden:
        allowed |= {(role, "weight"): ((facts.vocab, facts.hidden),) for role in ("embedding", "head")}
    checked = 0
    for tensor in _roles.placed(header):
        shape, wanted = tensor.info.shape, allowed.get((tensor.role, tensor.kind), ())
        checked += bool(wanted) and len(shape) > 1
        if wanted and shape not in wanted and shape[::-1] in wanted:
            return _judging.fell(
                f"{tensor.info.name} is stored as {list(shape)}, columns first; row-major is {list(shape[::-1])}",
                tensor=tensor.info.name,
            )
    alone = artefact.format is Format.GGUF and Format.SAFETENSORS not in files.artefacts
    note = "; a GGUF file alone proves nothing about the model it was made from" if alone else ""
    return _judging.held(f"{checked} matrices are row-major{note}", checked=checked, alone=alone)


GATE = Gate(
    spec=GateSpec(
        id="G0-LAYOUT-001",
        claim="Every matrix is stored row by row, outputs times inputs (LAYOUT-002).",
        category=Category.COMP,
        gateway=Gateway.G0,
        severity=Severity.P0,
        weight=0.25,
        remedy="Convert again with a converter that keeps LAYOUT-002; the sign of a broken one is fluent nonsense.",
    ),
    draw=_draw.per_format,
    judge=_model_files.on_artefact(_judge),
)
