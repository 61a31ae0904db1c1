"""From the user's word to the engine that is asked about each format."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from apr_qa.errors import EngineMissingError, InputError
from apr_qa.rooms import furnish
from apr_qa.run.find import equip
from apr_qa.run.isolation import demand
from apr_qa.text import did_you_mean
from apr_qa.vocab.axes import Format
from apr_qa.vocab.plugs import Engine, Equipped

ROOM = "apr_qa.engines"
APR, REFERENCE, OLLAMA = "apr", "reference", "ollama"
EMBEDDED: Mapping[Format, str] = {Format.SAFETENSORS: REFERENCE, Format.GGUF: "llama.cpp"}
"""What runs on a fresh machine: two implementations that owe each other nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The engines on trial."""

    by_format: Mapping[Format, Equipped]
    unequipped: Mapping[Format, str] = field(default_factory=dict)
    """Why there is none for a format."""
    notes: tuple[str, ...] = field(default_factory=tuple)

    @property
    def title(self) -> str:
        """All of them with their versions, each once: `reference 0.1.0, llama.cpp 2026.10`."""
        facts = [e.facts for e in self.by_format.values()]
        return ", ".join(dict.fromkeys(f"{f.name} {f.version}" for f in facts)) or "no engine"


def choose(word: str, formats: Sequence[Format], apr_binary: str = APR) -> Chosen:
    """Return the engine for each of `formats`.

    `word` is `auto` (apr when it is installed, else embedded), `embedded`, the name of an engine, or `NAME=WHERE` with
    a program or URL. Raises EngineMissingError when an engine asked for by name is not there, and InputError for an
    unknown name, and where no fence works that the user demands.
    """
    demand()
    if word == "auto":
        return _auto(formats, apr_binary)
    if word == "embedded":
        return _embedded(formats)
    name, _, where = word.partition("=")
    engine = _named(name)
    program = where or (apr_binary if name == APR and apr_binary != APR else None)
    equipped = equip(engine, program=program)
    return Chosen(by_format=dict.fromkeys(formats, equipped))


def companion(name: str) -> Equipped:
    """Return an engine that is asked besides the one on trial, for comparison. Raises EngineMissingError."""
    return _embedded_one(name)


def why_no_ollama() -> str:
    """Return why no Ollama can be asked here, with the way to get one; empty when there is one."""
    try:
        companion(OLLAMA)
    except EngineMissingError as error:
        return f"{error.problem}; {error.remedy}"
    return ""


def _auto(formats: Sequence[Format], apr_binary: str) -> Chosen:
    try:
        return choose(APR, formats, apr_binary)
    except EngineMissingError as error:
        if apr_binary != APR or "no `apr` on the PATH" not in str(error):
            raise
    chosen = _embedded(formats)
    note = "apr is not installed, so the embedded engines are on trial (reference, llama.cpp)"
    return replace(chosen, notes=(note,))


def _embedded(formats: Sequence[Format]) -> Chosen:
    probed = {name: _embedded_one(name) for name in dict.fromkeys(EMBEDDED[f] for f in formats if f in EMBEDDED)}
    why = "the embedded engines are not on trial for {}: install apr, or say --engine reference"
    without = {f: why.format(f) for f in formats if f not in EMBEDDED}
    return Chosen(by_format={f: probed[EMBEDDED[f]] for f in formats if f in EMBEDDED}, unequipped=without)


@cache
def _embedded_one(name: str) -> Equipped:
    """Probed once: an engine that is part of this installation does not change while the program runs."""
    return equip(_named(name))


def _named(name: str) -> Engine:
    engines = {engine.name: engine for engine in furnish(ROOM, Engine)}
    if name not in engines:
        words = ["auto", "embedded", *engines]
        raise InputError(
            f"no engine is called {name!r}{did_you_mean(name, words)}",
            where="--engine",
            remedy=f"One of: {', '.join(words)}.",
        )
    return engines[name]
