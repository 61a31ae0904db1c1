"""Parity with goldens (`F-HF-PARITY-*`): make them, look through them, hold logits or an engine against them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from apr_qa import __version__
from apr_qa.errors import Exit, InputError
from apr_qa.fetch.locate import Wanted, locate
from apr_qa.pipeline.engines import choose
from apr_qa.pipeline.parity_engines import Said, ask_engine, input_ids
from apr_qa.reference import Model, UnsupportedModel
from apr_qa.reference.tokenizer import load_tokenizer
from apr_qa.truth.closeness import TOLERANCES, Tolerance, compare_logits, texts_agree
from apr_qa.truth.declared import judged_dtype
from apr_qa.truth.figures import Floats
from apr_qa.truth.goldens import Corpus, Golden, prompt_hash, read_corpus, write_corpus
from apr_qa.vocab.artefacts import Artefact
from apr_qa.vocab.axes import Backend, Cell, Format, Modality
from apr_qa.vocab.verdict import Outcome, Verdict
from apr_qa.weights import MalformedWeights, read_header

PARITY, MANIFEST, CONTENT, LOGITS = (f"F-HF-PARITY-00{n}" for n in (1, 2, 3, 4))
"""An answer; manifest and files; what a golden says of itself; its logits."""
_BY_TYPE = {"f32": "fp32", "bf16": "fp16", "f16": "fp16", "q8_0": "int8", "apr_q8": "int8", "q6_k": "int8"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """One claim and what became of it."""

    gate: str
    subject: str
    """A format, or the corpus."""
    prompt: str
    verdict: Verdict


def exit_of(checked: Sequence[Checked]) -> Exit:
    """Return 1 when anything fell, 3 when anything could not be judged or nothing was, else 0."""
    outcomes = {item.verdict.outcome for item in checked}
    if any(outcome.is_lost for outcome in outcomes):
        return Exit.BLOCKED
    return Exit.PASSED if outcomes == {Outcome.CORROBORATED} else Exit.NO_VERDICT


def self_check(corpus: Corpus) -> list[Checked]:
    """Return whether the goldens are whole, say of themselves what they are, and would let a wrong answer fall."""
    found = [_fell(MANIFEST, "corpus", "", fault) for fault in corpus.faults]
    if not corpus.goldens:
        found.append(_fell(MANIFEST, "corpus", "", "the corpus has no goldens, so that nothing could ever fall"))
    for golden in corpus.goldens:
        found.append(_content(golden))
        if golden.file is not None:
            found.append(_logits(golden))
    return found


def _content(golden: Golden) -> Checked:
    faults = []
    if golden.file is not None and golden.file.stem != prompt_hash(golden.prompt):
        faults.append(f"its files are named {golden.file.stem}, its prompt asks for {prompt_hash(golden.prompt)}")
    if not golden.text.strip() and golden.file is None:
        faults.append("it has no logits and its text is empty, so it shows nothing")
    if faults:
        return _fell(CONTENT, "corpus", golden.prompt, faults[0])
    return _held(CONTENT, "corpus", golden.prompt, "prompt and text are there")


def _logits(golden: Golden) -> Checked:
    """A golden must pass against itself and fall when its logits are moved by one token, or the check is a sham."""
    try:
        logits = golden.logits()
    except InputError as error:
        return _fell(LOGITS, "corpus", golden.prompt, str(error))
    if logits is None or (golden.shape and tuple(logits.shape) != golden.shape):
        stated = list(golden.shape)
        return _fell(LOGITS, "corpus", golden.prompt, f"its logits have not the shape {stated} that its JSON states")
    loosest = TOLERANCES["int4"]
    itself = compare_logits(logits, logits, TOLERANCES["fp32"])
    if not itself.same:
        return _fell(LOGITS, "corpus", golden.prompt, itself.reason)
    if compare_logits(np.roll(logits, 1, axis=-1), logits, loosest).same:
        return _fell(
            LOGITS, "corpus", golden.prompt, "logits that belong to other tokens would pass, so it proves nothing"
        )
    if golden.tokens and int(logits.reshape(-1, logits.shape[-1])[-1].argmax()) != golden.tokens[0]:
        return _fell(LOGITS, "corpus", golden.prompt, "its text does not begin with the token that its logits prefer")
    return _held(LOGITS, "corpus", golden.prompt, f"{logits.shape[-2]} positions, and wrong ones fall")


def hold_file(corpus: Corpus, prompt: str, file: Path, tolerance: str) -> list[Checked]:
    """Return whether the tensor `logits` in `file` agrees with the golden of `prompt`. Raises InputError."""
    golden = next((golden for golden in corpus.goldens if golden.prompt == prompt), None)
    if golden is None:
        raise InputError(f"no golden has the prompt {prompt!r}", where=str(corpus.folder), remedy="--list names them.")
    expected = golden.logits()
    if expected is None:
        raise InputError("this golden has no logits", where=str(corpus.folder))
    actual = Golden(prompt=prompt, text="", file=file).logits()
    if actual is None or not file.is_file():
        raise InputError("no such file", where=str(file))
    return [_compared(file.name, golden, actual, expected, _tolerance(tolerance))]


def verify(corpus: Corpus, engine: str, model: Path, tolerance: str, formats: Sequence[Format]) -> list[Checked]:
    """Return how an engine does on each golden, in each format that it reads. Raises AprQaError."""
    files = locate(model, Wanted(formats=formats or tuple(Format)))
    chosen = choose(engine, tuple(files.artefacts))
    found: list[Checked] = []
    for form, artefact in files.artefacts.items():
        equipped = chosen.by_format.get(form)
        cell = Cell(format=form, backend=Backend.CPU, modality=Modality.RUN)
        if equipped is None or equipped.engine.supports(equipped.facts, cell):
            continue
        with tempfile.TemporaryDirectory(prefix="apr-qa-") as scratch:
            said = ask_engine(equipped, files, artefact, corpus.goldens, Path(scratch))
        pairs = zip(corpus.goldens, said, strict=True)
        found += [_answer(golden, one, artefact, tolerance) for golden, one in pairs]
    if not found:
        raise InputError(f"{engine} reads none of the formats there", where=str(model), remedy="Name another --engine.")
    return found


def _answer(golden: Golden, said: Said, artefact: Artefact, tolerance: str) -> Checked:
    subject = str(artefact.format)
    dtype = _dtype(artefact)
    if golden.file is not None and said.logits is not None:
        expected = golden.logits()
        limits = _tolerance(tolerance or _BY_TYPE.get(dtype, "int4"))
        if expected is not None:
            return _compared(subject, golden, said.logits, expected, limits)
    if said.text is None:
        return _left(subject, golden.prompt, said.message or "the engine gave no answer")
    if said.tokens is not None and golden.tokens and said.tokens[: len(golden.tokens)] == golden.tokens:
        return _held(PARITY, subject, golden.prompt, f"the same {len(golden.tokens)} tokens")
    agree, parted = texts_agree(said.text, golden.text)
    if agree:
        note = "" if parted is None else f"; they part late, at character {parted}, as near ties do"
        return _held(PARITY, subject, golden.prompt, f"the same text{note}")
    if dtype not in ("f32", "bf16", "f16", ""):
        return _left(subject, golden.prompt, f"another text, as {dtype} may give; only logits could tell")
    return _fell(PARITY, subject, golden.prompt, f"the text parts from the golden at character {parted}")


def _dtype(artefact: Artefact) -> str:
    try:
        return judged_dtype(read_header(artefact.path), artefact.quantization)
    except (MalformedWeights, OSError):
        return ""


def _compared(subject: str, golden: Golden, actual: Floats, expected: Floats, tolerance: Tolerance) -> Checked:
    close = compare_logits(actual, expected, tolerance)
    outcome = Outcome.CORROBORATED if close.same else Outcome.FALSIFIED
    detail = {"max_difference": close.max_difference, "mismatches": close.mismatches, "top1": close.top1}
    verdict = Verdict(outcome=outcome, reason=close.reason, detail=detail)
    return Checked(gate=PARITY, subject=subject, prompt=golden.prompt, verdict=verdict)


def _tolerance(word: str) -> Tolerance:
    return TOLERANCES[word or "fp32"]


def create(folder: Path, name: str, model: Path, prompts: Sequence[str], *, chat: bool, max_tokens: int) -> Corpus:
    """Write goldens of the reference engine on the ground truth at `model`, and return them read back.

    Raises InputError when there is no ground truth that can be computed, WorkspaceError when nothing can be written.
    """
    files = locate(model, Wanted(formats=(Format.SAFETENSORS,)))
    artefact = files.artefacts[Format.SAFETENSORS]
    try:
        answers = list(_answers(artefact, prompts, chat=chat, max_tokens=max_tokens))
    except (UnsupportedModel, MalformedWeights) as error:
        raise InputError(f"the reference engine cannot answer: {error}", where=str(model)) from None
    write_corpus(folder, name or files.model, answers, f"reference {__version__}")
    return read_corpus(folder)


def _answers(
    artefact: Artefact, prompts: Sequence[str], *, chat: bool, max_tokens: int
) -> Iterator[tuple[Golden, Floats]]:
    model, tokenizer = Model.load(artefact.path), load_tokenizer(artefact.path)
    for prompt in prompts:
        asked = Golden(prompt=prompt, text="", chat=chat)
        ids = input_ids(asked, artefact)
        if not ids:
            raise InputError("this prompt has no tokens", where=repr(prompt))
        tokens = tuple(model.generate(ids, max_tokens, tokenizer.eos_ids))
        golden = Golden(
            prompt=prompt,
            text=tokenizer.decode(list(tokens)),
            tokens=tokens,
            input_tokens=tuple(ids),
            chat=chat,
            max_tokens=max_tokens,
        )
        yield golden, model.logits(ids)


def _held(gate: str, subject: str, prompt: str, reason: str) -> Checked:
    return Checked(
        gate=gate, subject=subject, prompt=prompt, verdict=Verdict(outcome=Outcome.CORROBORATED, reason=reason)
    )


def _fell(gate: str, subject: str, prompt: str, reason: str) -> Checked:
    return Checked(gate=gate, subject=subject, prompt=prompt, verdict=Verdict(outcome=Outcome.FALSIFIED, reason=reason))


def _left(subject: str, prompt: str, reason: str) -> Checked:
    return Checked(
        gate=PARITY, subject=subject, prompt=prompt, verdict=Verdict(outcome=Outcome.UNJUDGED, reason=reason)
    )
