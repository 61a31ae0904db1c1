"""G0-INTEGRITY-CONFIG, -LAYERS, -HIDDEN, -VOCAB: what the model declares is what its tensors are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from apr_qa.gates import _draw, _facts, _judging, _model_files, _roles
from apr_qa.vocab.artefacts import Artefact
from apr_qa.vocab.axes import Category, Gateway, Severity
from apr_qa.vocab.gates import Brief, Drawn, Gate, GateSpec
from apr_qa.vocab.plan import Claim, Subject
from apr_qa.vocab.verdict import Verdict
from apr_qa.weights import Header

PADDING_LIMIT_ROWS = 1024
"""An embedding may have fewer than so many rows more than the vocabulary, when their number is a multiple of 8."""
_EXPECTED = {
    "expected_hidden_dim": "hidden",
    "expected_num_layers": "layers",
    "expected_num_heads": "heads",
    "expected_num_kv_heads": "kv_heads",
    "expected_vocab_size": "vocab",
    "expected_intermediate_dim": "intermediate",
}


def _draw_expected(spec: GateSpec, brief: Brief) -> Drawn:
    model = brief.playbook.model
    stated: dict[str, Any] = {name: value for name in _EXPECTED if (value := getattr(model, name)) is not None}
    claims = [
        _draw.claim(spec, Subject(format=form), params={"expected": stated}) for form in _draw.formats_of(spec, brief)
    ]
    return Drawn(claims=tuple(claims))


def _config(artefact: Artefact, header: Header, claim: Claim) -> Verdict:
    facts = _facts.facts_of(artefact, header)
    faults = [*_undeclared(facts), *_unexpected(facts, claim), *_head_faults(facts, header)]
    known = facts.model_type in _roles.PLAIN_FAMILIES and not facts.quantized
    checked = 0
    if known and not faults:
        allowed = _roles.shapes(facts)
        for tensor in _roles.placed(header):
            wanted = allowed.get((tensor.role, tensor.kind))
            checked += wanted is not None
            if wanted is not None and tensor.info.shape not in wanted:
                faults.append(
                    f"{tensor.info.name} is {list(tensor.info.shape)}, by its declared numbers it is {list(wanted[0])}"
                )
    if faults:
        return _judging.fell(faults[0], faults=faults[:20], count=len(faults))
    how = f"{checked} shapes follow from it" if known else f"'{facts.model_type}' is no family whose shapes are known"
    return _judging.held(f"the declared numbers fit the tensors; {how}", checked=checked)


def _undeclared(facts: _facts.Facts) -> Iterator[str]:
    for name in ("layers", "hidden", "vocab", "heads"):
        if getattr(facts, name) is None:
            yield f"the number of {name} is not declared as a whole number above zero"
    if facts.heads and facts.kv_heads and facts.heads % facts.kv_heads:
        yield f"{facts.heads} heads do not share {facts.kv_heads} key-value heads evenly"


def _unexpected(facts: _facts.Facts, claim: Claim) -> Iterator[str]:
    for name, value in claim.params.get("expected", {}).items():
        found = getattr(facts, _EXPECTED[name])
        if found != value:
            yield f"the playbook says {name} {value}, the model declares {found}"


def _head_faults(facts: _facts.Facts, header: Header) -> Iterator[str]:
    """Yield a missing or superfluous output head."""
    heads = [t for t in _roles.placed(header) if t.role == "head"]
    if not heads and facts.tied is False:
        yield "the embeddings are declared untied and there is no output head"
    if not any(t.role == "embedding" for t in _roles.placed(header)):
        yield "there is no token embedding under any name that is known"


def _layers(artefact: Artefact, header: Header, _claim: Claim) -> Verdict:
    declared = _facts.facts_of(artefact, header).layers
    found = _roles.layer_numbers(header)
    numbers = {"declared": declared, "found": len(found)}
    if declared is None:
        return _judging.fell("the number of layers is not declared", **numbers)
    missing = sorted(set(range(declared)) - found)
    beyond = sorted(n for n in found if n >= declared)
    if missing:
        return _judging.fell(f"{declared} layers are declared, layer {missing[0]} has no tensors", **numbers)
    if beyond:
        return _judging.fell(f"{declared} layers are declared, there are tensors of layer {beyond[-1]}", **numbers)
    return _judging.held(f"{declared} layers declared and found", **numbers)


def _hidden(artefact: Artefact, header: Header, _claim: Claim) -> Verdict:
    declared = _facts.facts_of(artefact, header).hidden
    tensors = [t for t in _roles.placed(header) if t.role in ("embedding", "norm") and t.kind == "weight"]
    if declared is None or not tensors:
        return _judging.fell("the hidden size is not declared, or no embedding is known by its name")
    for tensor in tensors:
        if tensor.info.shape[-1:] != (declared,):
            return _judging.fell(
                f"the hidden size is declared as {declared}, {tensor.info.name} is {list(tensor.info.shape)}",
                declared=declared,
                shape=list(tensor.info.shape),
            )
    return _judging.held(f"hidden size {declared} in embedding and norms", declared=declared)


def _vocab(artefact: Artefact, header: Header, _claim: Claim) -> Verdict:
    declared = _facts.facts_of(artefact, header).vocab
    tensors = [t for t in _roles.placed(header) if t.role in ("embedding", "head")]
    if declared is None or not tensors:
        return _judging.fell("the vocabulary size is not declared, or no embedding is known by its name")
    padding = 0
    for tensor in tensors:
        rows = tensor.info.shape[0]
        extra = rows - declared
        if extra < 0 or (extra and (rows % 8 or extra >= PADDING_LIMIT_ROWS)):
            return _judging.fell(
                f"a vocabulary of {declared} is declared, {tensor.info.name} has {rows} rows",
                declared=declared,
                rows=rows,
            )
        padding = max(padding, extra)
    note = f", {padding} rows of padding" if padding else ""
    return _judging.held(f"vocabulary of {declared} in embedding and head{note}", declared=declared, padding=padding)


def _gate(name: str, says: str, judge: Callable[[Artefact, Header, Claim], Verdict], draw: Any = None) -> Gate:
    return Gate(
        spec=GateSpec(
            id=f"G0-INTEGRITY-{name}",
            claim=says,
            category=Category.COMP,
            gateway=Gateway.G0,
            severity=Severity.P0,
            weight=0.25,
            remedy="Find out which is wrong, the declaration (config.json, or the file's own metadata) or the tensors,"
            " and convert or fetch again.",
        ),
        draw=draw or _draw.per_format,
        judge=_model_files.on_header(judge),
    )


GATES = (
    _gate("CONFIG", "The heads, widths and ties that the model declares fit its tensors.", _config, _draw_expected),
    _gate("LAYERS", "The model has exactly the layers that it declares, none missing.", _layers),
    _gate("HIDDEN", "Embedding and norms are as wide as the declared hidden size.", _hidden),
    _gate("VOCAB", "Embedding and output head have a row for every declared token, and little padding.", _vocab),
)
