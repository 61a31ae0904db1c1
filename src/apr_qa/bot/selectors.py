"""The words that name models."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from apr_qa.bot.grammar import SELECTOR_BY_NAME, VERB_BY_NAME, SelectorEntry
from apr_qa.bot.words import Word
from apr_qa.catalog.models import aliases, families, find
from apr_qa.errors import InputError
from apr_qa.vocab.orders import Misread, Selector, SelectorKind

_HUB_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}/[A-Za-z][A-Za-z0-9._-]{0,95}")
_REVISION = re.compile(r"[A-Za-z0-9._-]{1,64}")
_DIGITS = 4


class Unread(Exception):
    """A word that cannot be used."""

    def __init__(self, code: str, problem: str, word: Word, *, hint: str = "", choices: Iterable[str] = ()) -> None:
        super().__init__(problem)
        self._code, self._problem, self._word = code, problem, word
        self._hint, self._choices, self._what = hint, tuple(choices), ""

    @classmethod
    def near(cls, code: str, problem: str, word: Word, choices: Sequence[str], *, what: str) -> Unread:
        """Return a refusal that names the nearest of `choices`, and all of them."""
        close = get_close_matches(word.text.lower(), choices, n=1)
        found = cls(code, problem, word, hint=close[0] if close else "", choices=choices)
        found._what = what
        return found

    def at(self, line: str) -> Misread:
        """Return the refusal with the line in which it stands."""
        return Misread(
            code=self._code,
            problem=self._problem,
            line=line,
            start=self._word.start,
            end=max(self._word.end, self._word.start + 1),
            hint=self._hint,
            choices=self._choices,
            what=self._what,
        )


def read_selectors(words: Iterable[Word]) -> tuple[Selector, ...]:
    """Return the selectors that the words name, each once, in order. Raises Unread."""
    found = [_selector(name) for word in words for name in _names(word)]
    return tuple(dict.fromkeys(found))


def _names(word: Word) -> Iterable[Word]:
    at = word.start
    for part in word.text.split(","):
        if part:
            yield Word(text=part, start=at, end=at + len(part))
        at += len(part) + 1


def _selector(word: Word) -> Selector:
    rule, _, number = word.text.lower().partition(":")
    if entry := SELECTOR_BY_NAME.get(rule):
        return Selector(kind=entry.kind, number=_number(entry, number, word))
    name, _, revision = word.text.partition("@")
    if revision and not _REVISION.fullmatch(revision):
        raise Unread("bad-value", "not a revision", word)
    _check(name, Word(text=name, start=word.start, end=word.start + len(name)))
    return Selector(kind=SelectorKind.NAMED, name=name, revision=revision)


def _number(entry: SelectorEntry, text: str, word: Word) -> int:
    if not entry.numbered and not text:
        return 0
    if entry.numbered and text.isascii() and text.isdigit() and len(text) <= _DIGITS and int(text) > 0:
        return int(text)
    raise Unread("bad-value", f"write it as `{entry.form}`", word, hint=entry.form)


def _check(name: str, word: Word) -> None:
    try:
        find(name)
    except InputError as error:
        if _HUB_ID.fullmatch(name) and not _is_family(name.partition("/")[0]):
            return
        if "sizes" in error.problem:
            sizes = _sizes(name)
            raise Unread.near("bad-size", "this family comes in other sizes", word, sizes, what="sizes") from None
        names = [*families(), *aliases(), *SELECTOR_BY_NAME, *VERB_BY_NAME]
        raise Unread.near("unknown-family", "not a family", word, names, what="names") from None


def _is_family(name: str) -> bool:
    return name.lower() in {*families(), *aliases()}


def _sizes(name: str) -> list[str]:
    family = name.partition("/")[0]
    return list(dict.fromkeys(f"{family}/{model.parameters}" for model in find(family)))
