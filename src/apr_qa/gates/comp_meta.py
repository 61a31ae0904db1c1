"""F-COMP-META-001: config, tokenizer, template and headers say the same."""

from __future__ import annotations

from collections.abc import Iterator

from apr_qa.gates import _agreeing, _draw, _facts, _judging, _model_files
from apr_qa.gates._vocabulary import Vocabulary, vocabulary_of
from apr_qa.vocab.artefacts import Artefact, ModelFiles
from apr_qa.vocab.axes import Category, Format
from apr_qa.vocab.gates import Gate, GateSpec
from apr_qa.vocab.plan import Claim
from apr_qa.vocab.verdict import Verdict
from apr_qa.weights import Header, MalformedWeights


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


def _between(other: _agreeing.Side, truth: _agreeing.Side) -> Iterator[str]:
    """Yield where a converted format contradicts the ground truth; what it does not carry contradicts nothing."""
    yield from _agreeing.numbers_apart(truth, other)
    yield from _agreeing.template_apart(truth, other)
    yield from _agreeing.tokens_apart(truth, other)


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
