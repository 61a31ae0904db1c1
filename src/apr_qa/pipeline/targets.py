"""From the user's words to models with their playbooks and files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from apr_qa.catalog.models import find
from apr_qa.catalog.tiers import tiers
from apr_qa.errors import InputError
from apr_qa.fetch.cache import cache_folder
from apr_qa.fetch.hub import fetch, is_here
from apr_qa.fetch.locate import Wanted, locate
from apr_qa.pipeline.certifiable import require_certifiable
from apr_qa.pipeline.wishes import Wishes
from apr_qa.playbook.generate import generated_playbook
from apr_qa.playbook.universal import universal
from apr_qa.run.machine import machine
from apr_qa.text import did_you_mean
from apr_qa.vocab.artefacts import ModelFiles
from apr_qa.vocab.axes import Tier
from apr_qa.vocab.catalog import KnownModel, TierSpec
from apr_qa.vocab.playbook import Playbook

_WEIGHTS = (".safetensors", ".gguf", ".apr", ".safetensors.index.json")
_OF_A_PATH = ("./", "../", "/", "~")

Busy = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One model to be certified: what is intended, and how hard we try."""

    playbook: Playbook
    tier: TierSpec
    path: Path | None = None
    """Where the model lies, when the user said so."""


def by_words(words: Sequence[str], tier: Tier) -> tuple[Target, ...]:
    """Return the targets that `words` name: families, `family/size`, `org/name[@revision]` of the Hub, or paths.

    Raises InputError for a word that names nothing, with the nearest name that does.
    """
    try:
        return tuple(target for word in words for target in _by_word(word, tiers()[tier]))
    except InputError as error:
        # The last of several words may have been meant as the tier.
        if len(words) > 1 and words[-1] in str(error) and (hint := did_you_mean(words[-1].lower(), tiers())):
            raise InputError(f"no model or tier is called {words[-1]!r}{hint}", remedy=error.remedy) from None
        raise


def by_name(word: str, tier: Tier) -> tuple[Target, ...]:
    """Return the targets of one name, `@revision` or not; never a path. Raises InputError."""
    name, _, revision = word.partition("@")
    return tuple(_at(target, revision) for target in _by_name(name, tiers()[tier]))


def by_path(path: Path, tier: Tier) -> Target:
    """Return the target for a weights file or folder that no playbook describes. Raises InputError."""
    found = locate(path, Wanted())
    spec = tiers()[tier]
    playbook = universal(found.model.partition("/")[2], spec, formats=tuple(found.artefacts))
    return Target(playbook=playbook, tier=spec, path=path)


def by_playbook(playbook: Playbook, path: Path | None = None) -> Target:
    """Return the target of a playbook that was loaded from a file."""
    return Target(playbook=playbook, tier=tiers()[playbook.tier], path=path)


def files_of(target: Target, wishes: Wishes, busy: Busy, memory_bytes: int = 0) -> ModelFiles:
    """Return the model's files: from the path given, the checkout, the cache or the Hub. Raises AprQaError.

    A model of the Hub is refused from its headers when it cannot be certified with `memory_bytes` (0: this machine's).
    """
    spec = target.playbook.model
    wanted = Wanted(formats=wishes.formats or spec.formats, quantizations=spec.quantizations)
    if target.path is not None:
        return locate(target.path, wanted, model=_id_of(target), revision=spec.revision)
    if spec.local_path is not None:
        return locate(_in_checkout(spec.local_path), wanted, model=spec.hf_repo)
    cache = cache_folder(wishes.model_cache)
    own = cache / spec.hf_repo.replace("/", "--")
    if own.is_dir():
        return locate(own, wanted, model=spec.hf_repo, revision=spec.revision)
    if not is_here(spec.hf_repo, spec.revision, cache):
        require_certifiable(spec.hf_repo, spec.revision, cache, memory_bytes or machine().memory_bytes, busy)
    got = fetch(spec.hf_repo, spec.revision, cache, busy)
    return replace(locate(got.folder, wanted, model=spec.hf_repo, revision=got.revision), compared=got.names)


def _by_word(word: str, tier: TierSpec) -> tuple[Target, ...]:
    path = Path(word)
    if path.exists() and (path.is_dir() or word.endswith(_WEIGHTS)):
        return (by_path(path, tier.tier),)
    if word.endswith(_WEIGHTS) or word.startswith(_OF_A_PATH):
        raise InputError("no such model file or folder", where=word, remedy="Check the path.")
    return by_name(word, tier.tier)


def _at(target: Target, revision: str) -> Target:
    """The target at a revision of its repository, when one was named."""
    if not revision:
        return target
    model = replace(target.playbook.model, revision=revision)
    return replace(target, playbook=replace(target.playbook, model=model))


def _by_name(word: str, tier: TierSpec) -> tuple[Target, ...]:
    try:
        models = find(word)
    except InputError:
        if word.count("/") != 1 or word.partition("/")[2][:1].isdigit():
            raise
        # Not in the registry: a model of the Hub that nobody has described yet.
        return (Target(playbook=universal(word.partition("/")[2], tier, repo=word), tier=tier),)
    return tuple(Target(playbook=generated_playbook(model, tier), tier=tier) for model in models)


def _id_of(target: Target) -> str:
    return target.playbook.model.hf_repo


def _in_checkout(local: str) -> Path:
    """A path of a playbook, from here, from a folder above, or from the checkout that this program runs from."""
    path = Path(local)
    if path.is_absolute():
        return path
    here = Path.cwd()
    homes = [here, *here.parents, Path(__file__).resolve().parents[3]]
    for home in homes:
        if (home / path).exists():
            return home / path
    raise InputError(
        "this model comes with the checkout of apr-qa and is not here",
        where=local,
        remedy="Run from a checkout, or name its folder: apr-qa certify FOLDER.",
    )


def known(words: Sequence[str]) -> tuple[KnownModel, ...]:
    """Return the registry's models that `words` name. Raises InputError."""
    return tuple(model for word in words for model in find(word))
