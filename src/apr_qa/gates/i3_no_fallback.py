"""F-CONTRACT-I3-001: every matrix is stored in the declared type; none fell back silently, least of all to F32."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from apr_qa.contracts.dtypes import misstored, scheme, stated
from apr_qa.gates import _contracts, _judging
from apr_qa.vocab.artefacts import Artefact
from apr_qa.vocab.axes import Category, Severity
from apr_qa.vocab.gates import Gate, GateSpec
from apr_qa.vocab.verdict import Verdict
from apr_qa.weights import Header

_SHOWN = 20
_OPTIONS = ("--quantize", "-q", "--type", "--outtype")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Promise:
    """Who promises which type."""

    dtype: str
    by: str


def _promises(artefact: Artefact, header: Header) -> list[_Promise]:
    """Return the promises, the one that counts first: the command that made the file, its own word, its name."""
    found = [
        _Promise(dtype=_commanded(artefact), by="the command that made it"),
        _Promise(dtype=stated(header), by="the file itself"),
        _Promise(dtype=scheme(artefact.quantization), by="its name"),
    ]
    return [promise for promise in found if promise.dtype]


def _commanded(artefact: Artefact) -> str:
    argv = artefact.made_by
    return next((scheme(argv[i + 1]) for i, word in enumerate(argv[:-1]) if word in _OPTIONS), "")


def _judge(found: _contracts.Converted) -> Verdict:
    promises = _promises(found.artefact, found.other)
    first = promises[0] if promises else None
    declared = first.dtype if first else ""
    counts = Counter(found.other.tensors[p.name].dtype for p in found.mapped.pairs)
    detail = {"declared": declared, "tensors": dict(counts.most_common())}
    faults = list(misstored(declared, found.mapped.pairs, found.truth, found.other))
    if faults:
        more = f"; {len(faults) - 1} more" if len(faults) > 1 else ""
        text = f"{faults[0].tensor} {faults[0].says}"
        text += f" by {first.by}" if first else ""
        return _judging.fell(text + more, faults=[f.tensor for f in faults[:_SHOWN]], count=len(faults), **detail)
    other = next((p for p in promises if p.dtype != declared), None)
    if first and other:
        return _judging.fell(f"{first.by} declares {declared}, {other.by} declares {other.dtype}", **detail)
    said = f"as {first.by} declares" if first else "as in the ground truth; nothing is declared"
    return _judging.held(f"the matrices are {', '.join(counts)}, {said}", **detail)


GATE = Gate(
    spec=GateSpec(
        id="F-CONTRACT-I3-001",
        claim="Every matrix of the converted file has the declared type; none fell back silently, never to F32.",
        category=Category.COMP,
        severity=Severity.P0,
        formats=_contracts.CONVERTED,
        remedy="Convert again and read the converter's output; or declare the type that the file really has.",
    ),
    draw=_contracts.draw_for("I-3"),
    judge=_contracts.on_converted(_judge),
)
