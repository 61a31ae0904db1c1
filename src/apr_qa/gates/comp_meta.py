"""F-COMP-META-001: config, tokenizer, template and headers say the same."""

from __future__ import annotations

import math
from collections.abc import Iterator

from apr_qa.gates import _draw, _facts, _judging, _model_files
from apr_qa.gates._vocabulary import Vocabulary, vocabulary_of
from apr_qa.vocab.artefacts import Artefact, ModelFiles
from apr_qa.vocab.axes import Category, Format
from apr_qa.vocab.gates import Gate, GateSpec
from apr_qa.vocab.plan import Claim
from apr_qa.vocab.verdict import Verdict
from apr_qa.weights import Header, MalformedWeights

EXACT = ("layers", "hidden", "heads", "kv_heads", "head_dim", "intermediate", "context")
REAL = ("rope_theta", "eps")
FLOAT32 = 1e-6
"""Relative difference that storing a number as float32 may make."""


def _judge(artefact: Artefact, _claim: Claim, files: ModelFiles) -> Verdict:
    truth = files.artefacts.get(Format.SAFETENSORS)
    try:
        header = _model_files.header_of(artefact)
        truth_header = _model_files.header_of(truth) if truth else None
    except (MalformedWeights, OSError) as error:
        return _judging.skipped(f"a header cannot be read ({error}); G0-INTEGRITY-HEADER judges that")
    faults = list(_within(artefact, header))
    compared = "within itself"
    if truth and truth_header and truth.format is not artefact.format:
        faults += _between((artefact, header), (truth, truth_header))
        compared = "within itself and with the SafeTensors files"
    if faults:
        return _judging.fell(faults[0], faults=faults[:20], count=len(faults))
    return _judging.held(f"the {artefact.format} metadata agree {compared}")


def _within(artefact: Artefact, header: Header) -> Iterator[str]:
    """Yield where one format contradicts itself."""
    facts, vocabulary = _facts.facts_of(artefact, header), vocabulary_of(artefact, header)
    if not facts.eos:
        yield "no end-of-sequence token is declared"
    if facts.vocab is not None and len(vocabulary.tokens) > facts.vocab:
        yield f"a vocabulary of {facts.vocab} is declared, the tokenizer has {len(vocabulary.tokens)} tokens"
    if artefact.format is Format.SAFETENSORS:
        yield from _small_files(artefact, facts, vocabulary)


def _small_files(artefact: Artefact, facts: _facts.Facts, vocabulary: Vocabulary) -> Iterator[str]:
    settings = _model_files.optional_json(artefact.folder / _model_files.TOKENIZER_CONFIG)
    token = settings.get("eos_token")
    text = token.get("content") if isinstance(token, dict) else token
    known = {vocabulary.tokens.get(number) for number in facts.eos}
    if isinstance(text, str) and text not in known:
        yield f"tokenizer_config.json ends a turn with {text!r}, config.json with the tokens {list(facts.eos)}"
    apart, inside = artefact.folder / _model_files.TEMPLATE, _model_files.configured_template(settings)
    if inside is not None and apart.is_file() and _model_files.text_of(apart).strip() != inside.strip():
        yield "chat_template.jinja and tokenizer_config.json hold different chat templates"


def _between(other: tuple[Artefact, Header], truth: tuple[Artefact, Header]) -> Iterator[str]:
    """Yield where a converted format contradicts the ground truth; what it does not carry contradicts nothing."""
    ours, theirs = _facts.facts_of(*truth), _facts.facts_of(*other)
    form = other[0].format
    for name in EXACT:
        a, b = getattr(ours, name), getattr(theirs, name)
        if a is not None and b is not None and a != b:
            yield f"{name} is {a} in config.json and {b} in the {form} file"
    for name in REAL:
        a, b = getattr(ours, name), getattr(theirs, name)
        if a is not None and b is not None and not math.isclose(a, b, rel_tol=FLOAT32):
            yield f"{name} is {a:g} in config.json and {b:g} in the {form} file"
    if ours.eos and theirs.eos and not set(theirs.eos) & set(ours.eos):
        yield f"the end token is {list(ours.eos)} in config.json and {list(theirs.eos)} in the {form} file"
    if ours.bos is not None and theirs.bos is not None and ours.bos != theirs.bos:
        yield f"the begin token is {ours.bos} in config.json and {theirs.bos} in the {form} file"
    a, b = _model_files.template_of(*truth), _model_files.template_of(*other)
    if a is not None and b is not None and a.strip() != b.strip():
        yield f"the chat template of the {form} file differs from that of the SafeTensors files"
    yield from _vocabularies(vocabulary_of(*truth), vocabulary_of(*other), form)


def _vocabularies(ours: Vocabulary, theirs: Vocabulary, form: Format) -> Iterator[str]:
    different = [n for n, token in ours.tokens.items() if theirs.tokens.get(n) != token]
    if different:
        first = different[0]
        yield (
            f"token {first} is {ours.tokens[first]!r} in tokenizer.json and {theirs.tokens.get(first)!r} in the {form}"
            f" file ({len(different)} differ)"
        )
    if theirs.merges and ours.merges and theirs.merges != ours.merges:
        yield f"the merges of the {form} file differ from those of tokenizer.json"


GATE = Gate(
    spec=GateSpec(
        id="F-COMP-META-001",
        claim="Config, tokenizer, chat template and the headers of all formats agree with one another.",
        category=Category.COMP,
        weight=2.0,
        remedy="Look which file was changed after conversion, or which number the converter replaced by its default.",
    ),
    draw=_draw.per_format,
    judge=_model_files.on_artefact(_judge),
)
