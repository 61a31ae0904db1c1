"""Oracles: each judges the text of one answer. The folder is the registry; this is its door for the stages."""

from __future__ import annotations

from collections.abc import Sequence

from apr_qa.errors import InputError
from apr_qa.vocab.plugs import Oracle
from apr_qa.vocab.scenario import OracleSpec
from apr_qa.vocab.verdict import Verdict


def expectation(spec: OracleSpec, prompt: str, room: Sequence[Oracle]) -> OracleSpec | None:
    """Return `spec` with what its oracle expects of an answer to `prompt`; None when it does not apply.

    A composite keeps the parts that apply, with their expectations. Raises InputError for an unknown oracle, a
    configuration that cannot be used, and a prompt that cannot be parsed.
    """
    oracle = _named(spec.name, room)
    expected = oracle.expect(prompt, spec.config)
    if expected is None:
        return None
    if oracle.combine is None:
        return OracleSpec(name=spec.name, config=spec.config, expected=expected)
    asked = [expectation(part, prompt, room) for part in oracle.parts(spec.config)]
    parts = [{"name": p.name, "config": p.config, "expected": p.expected} for p in asked if p is not None]
    return OracleSpec(name=spec.name, config={**spec.config, "of": parts}, expected=expected) if parts else None


def verdict_on(answer: str, spec: OracleSpec, room: Sequence[Oracle]) -> Verdict:
    """Return the verdict of the oracle `spec` names on `answer`. Raises InputError for an unknown oracle."""
    oracle = _named(spec.name, room)
    if oracle.combine is None:
        return oracle.judge(answer, spec.expected, spec.config)
    parts = oracle.parts(spec.config)
    return oracle.combine([(part.name, verdict_on(answer, part, room)) for part in parts], spec.config)


def _named(name: str, room: Sequence[Oracle]) -> Oracle:
    for oracle in room:
        if oracle.name == name:
            return oracle
    known = ", ".join(sorted(oracle.name for oracle in room))
    raise InputError(f"no oracle is called '{name}'", remedy=f"use one of: {known}")
