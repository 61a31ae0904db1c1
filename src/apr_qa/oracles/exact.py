"""Does the answer say exactly what the playbook expects: equal text, a part of it, or a pattern?"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from apr_qa.errors import InputError
from apr_qa.oracles._text import PROMPT_KEPT, answer_in, shown
from apr_qa.vocab.plugs import Oracle
from apr_qa.vocab.verdict import Outcome, Verdict

_MAX_PATTERN = 200
_MAX_SEARCHED = 20_000
_KEYS = ("expected", "contains", "regex")
# What makes a backtracking matcher explode or reach outside the subset: look-around, back references, a quantifier
# after a group (`(a+)+`), and two wildcards quantified in a row.
_UNSAFE = re.compile(r"\(\?(?!:)|\\[1-9]|\)[*+{]|[*+}][*+{]")
_OPEN_QUANTIFIER = re.compile(r"(?<!\\)(?:[*+]|\{\d+,\})")
_MAX_OPEN_QUANTIFIERS = 2


def expect(prompt: str, config: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the expected texts from `expected`, `contains` and `regex`; None when none is configured.

    Raises InputError for a pattern outside the safe subset.
    """
    wanted = {key: config[key] for key in _KEYS if config.get(key) is not None}
    if not wanted:
        return None
    for pattern in _texts(wanted.get("regex", ())):
        _check(pattern)
    return {**{key: list(_texts(value)) for key, value in wanted.items()}, "prompt": prompt[:PROMPT_KEPT]}


def _texts(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(str(item) for item in value)


def _check(pattern: str) -> None:
    """Refuse a pattern that cannot be matched in bounded time. Raises InputError."""
    plain = re.sub(r"\\[^1-9]", "", pattern)
    problem = ""
    if len(pattern) > _MAX_PATTERN:
        problem = f"is longer than {_MAX_PATTERN} characters"
    elif _UNSAFE.search(plain):
        problem = "uses look-around, a back reference or a quantified group"
    elif len(_OPEN_QUANTIFIER.findall(pattern)) > _MAX_OPEN_QUANTIFIERS:
        problem = f"has more than {_MAX_OPEN_QUANTIFIERS} open quantifiers (*, +, {{n,}})"
    else:
        try:
            re.compile(pattern)
        except re.error as error:
            problem = f"is not a pattern: {error}"
    if problem:
        raise InputError(f"the pattern {shown(pattern)} {problem}", remedy="use a simpler `regex`, or `contains`")


def judge(answer: str, expected: Mapping[str, Any], config: Mapping[str, Any]) -> Verdict:
    """Compare the answer less banners and echo; white space at line ends and around does not count."""
    said = _plain(answer_in(answer, expected.get("prompt", "")), config)
    equal = [_plain(text, config) for text in expected.get("expected", ())]
    if equal and said not in equal:
        return _falsified(f"expected {shown(equal[0])}, the answer is {shown(said)}")
    for part in expected.get("contains", ()):
        if _plain(part, config) not in said:
            return _falsified(f"the answer {shown(said)} does not contain {shown(part)}")
    flags = re.IGNORECASE if config.get("ignore_case") else 0
    for pattern in expected.get("regex", ()):
        if not re.search(pattern, said[:_MAX_SEARCHED], flags):
            return _falsified(f"the answer {shown(said)} does not match {shown(pattern)}")
    return Verdict(outcome=Outcome.CORROBORATED, reason=f"the answer is as expected: {shown(said)}")


def _plain(text: str, config: Mapping[str, Any]) -> str:
    lines = "\n".join(line.rstrip() for line in text.strip().split("\n"))
    return lines.casefold() if config.get("ignore_case") else lines


def _falsified(reason: str) -> Verdict:
    return Verdict(outcome=Outcome.FALSIFIED, reason=reason)


ORACLE = Oracle(
    name="exact",
    claim="The answer says what the playbook expects, word for word.",
    expect=expect,
    judge=judge,
)
