"""The words of a command line that name models, playbooks and a tier."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from apr_qa.cli.options import tier_of
from apr_qa.errors import InputError
from apr_qa.vocab.axes import Tier

if TYPE_CHECKING:
    from apr_qa.pipeline.targets import Target

_PLAYBOOK = (".yaml", ".yml")


def split(words: list[str], tier: str) -> tuple[list[str], Tier | None]:
    """Return the selectors and the tier, which the last word may be. Raises InputError for two tiers."""
    last = words[-1].lower() if words else ""
    named = last in tuple(Tier) and not (len(words) == 1 and Path(words[0]).exists())
    if named and tier and tier != last:
        raise InputError(f"two tiers were named: {last} and --tier {tier}", remedy="Name one.")
    if named:
        return words[:-1], Tier(last)
    return list(words), tier_of(tier) if tier else None


def targets_of(words: list[str], tier: str) -> tuple[tuple[Target, ...], str]:
    """Return the models that `words` name, and why a playbook among them does not count as reviewed.

    Raises InputError for a word that names nothing, and for a playbook that changed since it was locked.
    """
    from apr_qa.pipeline.playbooks import unlocked
    from apr_qa.pipeline.targets import by_playbook, by_words
    from apr_qa.playbook.load import load_playbook

    selectors, level = split(words, tier)
    if not selectors:
        raise InputError("no model was named", remedy="apr-qa plan tiny mvp   (apr-qa list: all models)")
    targets: list[Target] = []
    notes = []
    for word in selectors:
        if word.endswith(_PLAYBOOK):
            notes.append(unlocked(Path(word), allow=False))
            targets.append(by_playbook(load_playbook(Path(word), tier=level)))
        else:
            targets += by_words([word], level or Tier.QUICK)
    return tuple(targets), "; ".join(note for note in notes if note)
