"""The words, marks and tones in which all renderings speak."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from apr_qa.vocab.axes import Backend, Category, Format, Gateway, Modality
from apr_qa.vocab.plan import Subject
from apr_qa.vocab.score import GatewayState, Status
from apr_qa.vocab.validity import parse_time
from apr_qa.vocab.verdict import Outcome

FORMATS = {Format.SAFETENSORS: "SafeTensors", Format.APR: "APR", Format.GGUF: "GGUF"}
GATEWAYS = {
    Gateway.G0: ("Integrity", "the files are whole and say what they are"),
    Gateway.G1: ("Load", "every file loads on every backend"),
    Gateway.G2: ("Inference", "every file answers on every backend"),
    Gateway.G3: ("Stability", "nothing crashes twice or hangs"),
    Gateway.G4: ("Quality", "the answers make sense"),
}
CATEGORIES = {
    Category.QUAL: ("Quality", "answers are right and readable"),
    Category.PERF: ("Performance", "speed is measured and kept"),
    Category.STAB: ("Stability", "the same question, the same answer"),
    Category.COMP: ("Compatibility", "files, formats and templates agree"),
    Category.EDGE: ("Edge cases", "odd, long and hostile prompts"),
    Category.REGR: ("Regression", "no worse than what came before"),
}
WORST_FIRST = (
    Outcome.CRASHED,
    Outcome.FALSIFIED,
    Outcome.TIMEOUT,
    Outcome.UNJUDGED,
    Outcome.SKIPPED,
    Outcome.CORROBORATED,
)
TONES = {
    Outcome.CORROBORATED: "ok",
    Outcome.FALSIFIED: "bad",
    Outcome.TIMEOUT: "time",
    Outcome.CRASHED: "crash",
    Outcome.SKIPPED: "skip",
    Outcome.UNJUDGED: "unj",
}
"""Tone by outcome; a tone is also the name of its mark."""
STATE_TONES = {GatewayState.HOLDS: "ok", GatewayState.FELL: "bad", GatewayState.NOT_EVALUATED: "unj"}
STATUS_TONES = {
    Status.CERTIFIED: "ok",
    Status.PROVISIONAL: "time",
    Status.BLOCKED: "bad",
    Status.PENDING: "none",
    Status.PARTIAL: "unj",
    Status.FAIL: "crash",
}

STATUS_MARKS = {
    Status.CERTIFIED: "ok",
    Status.PROVISIONAL: "half",
    Status.BLOCKED: "bad",
    Status.PENDING: "none",
    Status.PARTIAL: "unj",
    Status.FAIL: "fail",
}


def plural(count: int, noun: str, many: str = "") -> str:
    """Return `1 claim` or `3 claims`."""
    return f"{count:,} {noun if count == 1 else many or noun + 's'}"


def listing(words: Iterable[str], last: str = "and") -> str:
    """Return `a, b and c`."""
    items = list(words)
    return f"{', '.join(items[:-1])} {last} {items[-1]}" if len(items) > 1 else "".join(items)


def percent(share: float) -> str:
    """Return a share of 0..1 as `92.0 %`, rounded down so that a bound stays a bound."""
    return f"{int(share * 1000 + 1e-9) / 10:.1f} %"


def subject_words(subject: Subject) -> str:
    """Return `GGUF, cpu, chat`, or `the model` for a claim about all of it."""
    words = [FORMATS[subject.format]] if subject.format else []
    return ", ".join([*words, *(str(axis) for axis in (subject.backend, subject.modality) if axis)]) or "the model"


def subjects_words(subjects: Sequence[Subject]) -> str:
    """Return the subjects of several claims folded by axis: `SafeTensors and GGUF; cpu; chat`."""
    formats = [FORMATS[f] for f in Format if any(s.format is f for s in subjects)]
    backends = [str(b) for b in Backend if any(s.backend is b for s in subjects)]
    modalities = [str(m) for m in Modality if any(s.modality is m for s in subjects)]
    return "; ".join(listing(words) for words in (formats, backends, modalities) if words) or "the model"


def day(moment: str) -> str:
    """Return `21 November 2026` for an RFC 3339 time; the text itself when it is none."""
    parsed = parse_time(moment)
    return f"{parsed.day} {parsed:%B %Y}" if parsed else moment
