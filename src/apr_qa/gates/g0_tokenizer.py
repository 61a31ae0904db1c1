"""G0-INTEGRITY-TOKENIZER: text can be turned into rows of the embedding."""

from __future__ import annotations

from collections.abc import Iterator

from apr_qa.gates import _draw, _facts, _judging, _model_files, _roles
from apr_qa.gates._vocabulary import Vocabulary, vocabulary_of
from apr_qa.vocab.artefacts import Artefact
from apr_qa.vocab.axes import Category, Gateway, Severity
from apr_qa.vocab.gates import Gate, GateSpec
from apr_qa.vocab.plan import Claim
from apr_qa.vocab.verdict import Verdict
from apr_qa.weights import Header

BYTES = 256
"""A byte-level vocabulary of more tokens than bytes and added tokens was made by merges."""


def _judge(artefact: Artefact, header: Header, _claim: Claim) -> Verdict:
    vocabulary = vocabulary_of(artefact, header)
    facts = _facts.facts_of(artefact, header)
    rows = [t.info.shape[0] for t in _roles.placed(header) if t.role == "embedding" and t.info.shape]
    faults = [*_id_faults(vocabulary, facts, rows[0] if rows else None), *_merge_faults(vocabulary)]
    if faults:
        return _judging.fell(faults[0], faults=faults[:20], count=len(faults))
    return _judging.held(
        f"{len(vocabulary.tokens)} tokens and {len(vocabulary.merges)} merges fit together",
        tokens=len(vocabulary.tokens),
        merges=len(vocabulary.merges),
    )


def _id_faults(vocabulary: Vocabulary, facts: _facts.Facts, rows: int | None) -> Iterator[str]:
    if not vocabulary.tokens:
        yield "the vocabulary is empty"
        return
    last = max(vocabulary.tokens)
    if rows is not None and last >= rows:
        yield f"token {last} ({vocabulary.tokens[last]!r}) lies beyond the {rows} rows of the embedding"
    ids = {"end": facts.eos, "begin": () if facts.bos is None else (facts.bos,)}
    for name, numbers in ids.items():
        for number in numbers:
            if number not in vocabulary.tokens:
                yield f"the {name} token {number} is not in the vocabulary"


def _merge_faults(vocabulary: Vocabulary) -> Iterator[str]:
    known = set(vocabulary.tokens.values())
    for left, right in vocabulary.merges:
        for part in (left, right, left + right):
            if part not in known:
                yield f"the merge of {left!r} and {right!r} needs {part!r}, which is not in the vocabulary"
    if vocabulary.needs_merges and not vocabulary.merges and len(known) - len(vocabulary.added) > 2 * BYTES:
        yield f"a vocabulary of {len(known)} tokens has no merges, so that no text reaches most of them"


GATE = Gate(
    spec=GateSpec(
        id="G0-INTEGRITY-TOKENIZER",
        claim="Vocabulary, merges and special tokens fit together and have rows in the embedding.",
        category=Category.COMP,
        gateway=Gateway.G0,
        severity=Severity.P0,
        weight=0.25,
        remedy="Take tokenizer.json from the same revision as the weights, and convert again from there.",
    ),
    draw=_draw.per_format,
    judge=_model_files.on_header(_judge),
)
