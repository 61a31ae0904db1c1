"""Several oracles as one: all of them must hold, or any."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from apr_qa.errors import InputError
from apr_qa.vocab.plugs import Oracle
from apr_qa.vocab.scenario import OracleSpec
from apr_qa.vocab.verdict import Outcome, Verdict

_REMEDY = 'write for instance {"of": ["garbage", {"name": "exact", "config": {"contains": "Paris"}}], "mode": "all"}'


def expect(prompt: str, config: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the mode; the parts have expectations of their own. Raises InputError for an unusable config."""
    del prompt
    parts(config)
    return {"mode": _mode(config)}


def parts(config: Mapping[str, Any]) -> tuple[OracleSpec, ...]:
    """Return the oracles named by `of`. Raises InputError when it is no list of oracles."""
    of = config.get("of")
    if not isinstance(of, list | tuple) or not of:
        raise InputError("a composite oracle needs the list `of`", remedy=_REMEDY)
    return tuple(_part(item) for item in of)


def _part(item: Any) -> OracleSpec:
    if isinstance(item, str):
        return OracleSpec(name=item)
    if not isinstance(item, Mapping):
        raise InputError(f"`of` holds {item!r}, which names no oracle", remedy=_REMEDY)
    name = item.get("name", item.get("type"))
    if not isinstance(name, str):
        raise InputError("an oracle in `of` has no `name`", remedy=_REMEDY)
    return OracleSpec(name=name, config=item.get("config") or {}, expected=item.get("expected") or {})


def combine(verdicts: Sequence[tuple[str, Verdict]], config: Mapping[str, Any]) -> Verdict:
    """Return one verdict; the reason is that of the part which decided."""
    good = [(name, v) for name, v in verdicts if v.outcome is Outcome.CORROBORATED]
    bad = [(name, v) for name, v in verdicts if v.outcome is not Outcome.CORROBORATED]
    held = bool(good) if _mode(config) == "any" else not bad
    detail = {name: {"outcome": v.outcome.value, "reason": v.reason, **v.detail} for name, v in verdicts}
    if not verdicts:
        return Verdict(outcome=Outcome.FALSIFIED, reason="no part of the composite oracle judged the answer")
    name, decisive = (good if held else bad)[0]
    outcome = Outcome.CORROBORATED if held else decisive.outcome
    return Verdict(outcome=outcome, reason=f"{name}: {decisive.reason}", detail=detail)


def judge(answer: str, expected: Mapping[str, Any], config: Mapping[str, Any]) -> Verdict:
    """Refuse: the parts judge, and `combine` puts their verdicts together."""
    del answer, expected, config
    raise TypeError("a composite oracle is judged through its parts (apr_qa.oracles.verdict_on)")


def _mode(config: Mapping[str, Any]) -> str:
    mode = config.get("mode", "all")
    if mode not in ("all", "any"):
        raise InputError(f"`mode` of a composite oracle is {mode!r}", remedy="use all or any")
    return str(mode)


ORACLE = Oracle(
    name="composite",
    claim="The answer satisfies all (or any) of the listed oracles.",
    expect=expect,
    judge=judge,
    parts=parts,
    combine=combine,
)
