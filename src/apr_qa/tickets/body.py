"""The text of a ticket: what broke, the smallest way to see it, where it showed, and on what it rests."""

from __future__ import annotations

import json
import shlex
from collections import Counter
from collections.abc import Iterator, Sequence

from apr_qa.tickets.markdown import fenced, span
from apr_qa.tickets.symptoms import FailureClass, Symptom
from apr_qa.vocab.axes import Backend, Modality, Severity

SCHEMA_VERSION = 1
PLACES = 30
"""Rows of the table of occurrences; the rest is counted."""
_SAYS = {
    FailureClass.CRASH: "The engine crashes.",
    FailureClass.TIMEOUT: "The engine does not answer in the time limit.",
    FailureClass.LOAD: "The engine does not load a file that it should.",
    FailureClass.ERROR: "The engine reports an error where it should answer.",
    FailureClass.GARBAGE: "The answer is garbage.",
    FailureClass.WRONG: "The engine answers, and a claim about its answers is refuted.",
    FailureClass.CONVERSION: "The engine makes a file of the model that is not what its source is.",
    FailureClass.FILE: "A file of the model is not what it should be.",
}


def body_of(key: str, found: Sequence[Symptom], said: str, worst: Severity) -> str:
    """Return the body of the ticket of one root cause, under GitHub's limit of 65536 characters."""
    shown = min(found, key=_simplicity)
    parts = [*_head(found, said, worst), *_reproducer(shown), *_places(found), *_rests_on(shown), *_machine(key, found)]
    return "\n\n".join(parts) + "\n"


def _simplicity(symptom: Symptom) -> tuple[bool, bool, bool, int, int]:
    """A single run on the cpu with a short prompt is the easiest to try."""
    cell = symptom.scenario.cell if symptom.scenario else None
    command = bool(symptom.observation and symptom.observation.reproduce)
    return (
        not command,
        not cell or cell.backend is not Backend.CPU,
        not cell or cell.modality is not Modality.RUN,
        len(symptom.judged.claim.needs),
        len(symptom.scenario.prompt) if symptom.scenario else 0,
    )


def _head(found: Sequence[Symptom], said: str, worst: Severity) -> Iterator[str]:
    first = found[0]
    gates = Counter(symptom.judged.claim.gate for symptom in found)
    listed = ", ".join(f"{span(gate)} x {count}" for gate, count in gates.most_common(12))
    yield f"{_SAYS[first.kind]} Culprit: {span(first.culprit)}. Signature: {span(said)}."
    yield f"Severity {worst}; {len(found)} lost claims of {len(gates)} gates: {listed}."


def _reproducer(symptom: Symptom) -> Iterator[str]:
    seen, asked = symptom.observation, symptom.scenario
    yield "### Smallest reproducer"
    if seen and seen.reproduce:
        yield fenced(seen.reproduce, 4000, "sh")
    elif told := symptom.judged.verdict.detail.get("reproduce"):
        yield "In a folder with a copy of the model's files:"
        yield fenced(str(told), 4000, "sh")
    else:
        command = f"apr-qa certify {shlex.quote(symptom.evidence.run.model)} {symptom.evidence.run.tier}"
        yield fenced(f"{command}   # gate {symptom.judged.claim.gate}", kind="sh")
    if asked:
        yield f"Asked, at temperature {asked.temperature:g} with seed {asked.seed}, at most {asked.max_tokens} tokens:"
        yield fenced(asked.prompt)
        if asked.oracle.expected:
            yield f"Expected ({span(asked.oracle.name)}):"
            yield fenced(json.dumps(dict(asked.oracle.expected), ensure_ascii=False, default=str), 600, "json")
    if seen and seen.reply.text is not None:
        yield "Answered:"
        yield fenced(seen.reply.text)
    yield "Why that is a loss:"
    yield fenced(symptom.judged.verdict.reason, 1000)
    if seen and seen.stderr_tail.strip():
        yield f"Standard error (exit status {seen.exit_status}, signal {seen.signal}):"
        yield fenced(seen.stderr_tail[-3000:], 3000)


def _places(found: Sequence[Symptom]) -> Iterator[str]:
    rows = Counter((s.evidence.run.model, str(s.judged.claim.subject), _engine(s)) for s in found)
    lines = ["| Model | Where | Engine | Lost claims |", "|---|---|---|---|"]
    lines += [
        f"| {span(model)} | {span(where)} | {span(engine)} | {count} |"
        for (model, where, engine), count in sorted(rows.items())[:PLACES]
    ]
    yield "### Where it showed"
    yield "\n".join(lines)
    if len(rows) > PLACES:
        yield f"and {len(rows) - PLACES} more places."


def _engine(symptom: Symptom) -> str:
    facts = symptom.engine
    return f"{facts.name} {facts.version}" if facts else "none"


def _rests_on(symptom: Symptom) -> Iterator[str]:
    run, facts = symptom.evidence.run, symptom.engine
    rows = {
        "model": f"{run.model} {run.revision}".strip(),
        "engine": f"{_engine(symptom)} sha256:{facts.digest}" if facts and facts.digest else _engine(symptom),
        "playbook": f"{run.playbook} sha256:{run.playbook_digest}",
        "plan": f"sha256:{run.plan_digest}",
        "evidence": f"seal {symptom.evidence.seal}" if symptom.evidence.seal else "unsealed",
        "apr-qa": run.apr_qa_version,
        **{name: f"sha256:{digest}" for name, digest in sorted(run.files.items())[:20]},
    }
    yield "### What this rests on"
    yield "\n".join(f"- {span(name)}: {span(value, 200)}" for name, value in rows.items() if value)


def _machine(key: str, found: Sequence[Symptom]) -> Iterator[str]:
    """A block for programs; edited in place as occurrences come and go."""
    seen = [
        {
            "model": symptom.evidence.run.model,
            "revision": symptom.evidence.run.revision,
            "claim": symptom.judged.claim.id,
            "evidence": symptom.evidence.seal,
        }
        for symptom in found[:PLACES]
    ]
    block = {
        "schema_version": SCHEMA_VERSION,
        "fingerprint": key,
        "class": found[0].kind.value,
        "occurrences": seen,
        "more": max(0, len(found) - PLACES),
    }
    yield "<details><summary>For programs</summary>"
    yield fenced(json.dumps(block, indent=1, ensure_ascii=True), 20_000, "json")
    yield "</details>"
    yield "Drafted by `apr-qa tickets`. It closes after two passes of the same gates, by this version or a later one."
