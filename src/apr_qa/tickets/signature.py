"""What makes two failures one root cause: equal signatures, once all that changes from run to run is taken out."""

from __future__ import annotations

import hashlib
import json
import re

from apr_qa.text import strip_terminal_codes
from apr_qa.tickets.symptoms import FailureClass, Symptom

ID_DIGITS = 16
_LIMIT = 160
_NOISE = (
    (re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:?\d\d)?"), "TIME"),
    (re.compile(r"\bhttps?://\S+"), "URL"),
    (re.compile(r"(?:[\w.+@~-]*/)+[\w.+@-]+"), "PATH"),
    (re.compile(r"\b0x[0-9a-fA-F]+\b|\b[0-9a-f]{12,}\b"), "HEX"),
    (re.compile(r"\"[^\"]*\"|'[^']*'|`[^`]*`|“[^”]*”"), "TEXT"),
    (re.compile(r"\b(?:safetensors|apr|gguf|SafeTensors|APR|GGUF)\b"), "FORMAT"),
    (re.compile(r"[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?"), "N"),
)
"""What one root cause may say differently: when, where, in which file, how often."""
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
_ERROR_LINE = re.compile(r"panicked at|^\s*(?:error|fatal|thread '|assertion)", re.IGNORECASE)


def fingerprint(symptom: Symptom) -> str:
    """Return the id of the root cause: engine and major version, class, signature, culprit; 16 hex digits."""
    engine = symptom.engine
    major = engine.version.lstrip("v").partition(".")[0] if engine else ""
    parts = [engine.name if engine else "", major, symptom.kind.value, signature(symptom), symptom.culprit]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:ID_DIGITS]


def signature(symptom: Symptom) -> str:
    """Return the failure in words that stay the same from run to run.

    An engine that crashes or refuses is known by its own words; a wrong answer by what judged it; a broken file, or a
    file made wrongly, by its gate.
    """
    if symptom.kind is FailureClass.TIMEOUT:
        return f"no answer by {symptom.scenario.cell.modality}" if symptom.scenario else "no answer"
    if symptom.kind in (FailureClass.CRASH, FailureClass.LOAD, FailureClass.ERROR):
        return normalised(_words_of_engine(symptom)) or "no message"
    if symptom.kind in (FailureClass.FILE, FailureClass.CONVERSION):
        return f"{symptom.judged.claim.gate}: {normalised(symptom.judged.verdict.reason)}"
    oracle = symptom.scenario.oracle.name if symptom.scenario else ""
    return "garbage" if symptom.kind is FailureClass.GARBAGE else f"{symptom.judged.claim.category} {oracle}".strip()


def normalised(text: str) -> str:
    """Return one line of `text` without times, paths, numbers and quoted words. Applying it twice changes nothing."""
    line = " ".join(_CONTROLS.sub(" ", strip_terminal_codes(text)).split())[: 4 * _LIMIT]
    for pattern, word in _NOISE:
        line = pattern.sub(word, line)
    return line[:_LIMIT].strip()


def _words_of_engine(symptom: Symptom) -> str:
    """The line that says what broke: a panic or error of stderr, else what the adapter read."""
    seen = symptom.observation
    if seen is None:
        return symptom.judged.verdict.reason
    lines = strip_terminal_codes(seen.stderr_tail).splitlines()
    said = next((line for line in lines if _ERROR_LINE.search(line)), "")
    signal = f"signal {seen.signal}" if seen.signal else ""
    return said or seen.reply.message or signal or symptom.judged.verdict.reason
