"""Prompt sets: questions with what is known about their answers."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from itertools import islice
from types import MappingProxyType
from typing import Any

from apr_qa.catalog import _data
from apr_qa.errors import InputError
from apr_qa.text import did_you_mean
from apr_qa.vocab.catalog import PromptSet
from apr_qa.vocab.playbook import Prompt
from apr_qa.vocab.scenario import OracleSpec

UNIVERSAL = "universal"
_DIGITS = 10
_STRIDE = 37  # coprime to 100, so that the first few of a grid are already mixed


@cache
def prompt_sets() -> Mapping[str, PromptSet]:
    """Return every packaged prompt set by its name."""
    return MappingProxyType(
        {name: _read(name, _data.document(f"prompts/{name}.yaml")) for name in _data.stems("prompts")}
    )


def prompt_set(name: str) -> PromptSet:
    """Return one prompt set. Raises InputError for a name that the catalogue does not hold."""
    try:
        return prompt_sets()[name]
    except KeyError:
        raise InputError(f"there is no prompt set {name!r}{did_you_mean(name, prompt_sets())}") from None


def take(shares: Mapping[str, int]) -> tuple[Prompt, ...]:
    """Return the first prompts of each set, as many as its share says, each text once."""
    taken: dict[str, Prompt] = {}
    for name, share in shares.items():
        for prompt in islice(prompt_set(name).prompts, share):
            taken.setdefault(prompt.text, prompt)
    return tuple(taken.values())


def for_kernel_op(kernel_op: str) -> tuple[PromptSet, ...]:
    """Return the sets that exercise a kernel, as kernel profiles name it: `Rope`, `BiasAdd` ..."""
    return tuple(found for found in prompt_sets().values() if found.kernel_op == kernel_op)


def _read(name: str, data: Mapping[str, Any]) -> PromptSet:
    listed = [_prompt(entry) for entry in data.get("prompts", ())]
    if grid := data.get("grid"):
        listed += _over_digits(grid)
    return PromptSet(name=name, summary=data["summary"], kernel_op=data.get("kernel_op", ""), prompts=tuple(listed))


def _prompt(entry: Mapping[str, Any]) -> Prompt:
    oracle = OracleSpec(name=entry["oracle"], config=entry.get("config", {})) if "oracle" in entry else None
    return Prompt(text=entry["text"], oracle=oracle, max_tokens=entry.get("max_tokens"))


def _over_digits(grid: Mapping[str, Any]) -> list[Prompt]:
    total = _DIGITS * _DIGITS
    pairs = (divmod(i * _STRIDE % total, _DIGITS) for i in range(1, total + 1))
    return [_prompt({**grid, "text": grid["text"].format(a=a, b=b)}) for a, b in pairs]
