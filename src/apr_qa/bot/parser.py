"""One line becomes an order, or a refusal that knows where the trouble is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from apr_qa.bot.grammar import FLAG_BY_NAME, KEY_BY_NAME, TIERS, VERB_BY_NAME, VERBS, Takes, VerbEntry
from apr_qa.bot.selectors import Unread, read_selectors
from apr_qa.bot.words import Word, split
from apr_qa.vocab.axes import Tier
from apr_qa.vocab.orders import Misread, Order, Verb

_SHA = re.compile(r"[0-9a-f]{7,40}")


def parse(line: str) -> Order | Misread:
    """Return what a command line (as `command_lines` returns it) asks for, or why it cannot be understood."""
    words = split(line)
    if isinstance(words, Misread):
        return words
    if not words:
        return Order(verb=Verb.HELP, text=line)
    entry = VERB_BY_NAME.get(words[0].text.lower())
    rest = words[1:] if entry else words
    try:
        found = _Reading(entry or VERBS[0], line).read(rest)
    except Unread as unread:
        return unread.at(line)
    return Order(**found, text=line)


class _Reading:
    """Walks the words once; every word is used or refused."""

    def __init__(self, entry: VerbEntry, line: str) -> None:
        self._entry = entry
        self._line = line
        self._found: dict[str, Any] = {"verb": entry.verb}
        self._names: list[Word] = []

    def read(self, words: tuple[Word, ...]) -> dict[str, Any]:
        queue = iter(words)
        for word in queue:
            self._take(word, queue)
        whole = Word(text="", start=len(self._line), end=len(self._line))
        if self._names and self._entry.takes is Takes.MODELS:
            self._found["selectors"] = read_selectors(self._names)
        elif self._entry.takes is Takes.MODELS:
            raise Unread("no-models", "name a family, a model, or a rule such as `changed`", whole)
        if self._entry.takes is Takes.GATE and "gate" not in self._found:
            raise Unread("no-gate", "name a gate, such as `G4-BASIC-001`", whole)
        if self._found.get("force") and not self._found.get("reason"):
            raise Unread("no-reason", '`--force` needs a reason: add reason="why"', whole)
        return self._found

    def _take(self, word: Word, queue: Iterator[Word]) -> None:
        if word.text.startswith("--"):
            self._flag(word)
        elif word.text.startswith("=") or word.text.lower() in KEY_BY_NAME:
            raise Unread("blank-around-equals", "there may be no blanks around `=`", word)
        elif word.key and "/" not in word.key:
            self._key(word)
        elif word.text.startswith("@"):
            self._commit(next(queue, word) if word.text == "@" else word)
        elif self._entry.takes is Takes.GATE:
            self._once("gate", word.text.upper(), word)
        elif self._entry.takes is Takes.NOTHING:
            raise Unread("unknown-word", f"`{self._entry.verb}` takes nothing here", word)
        else:
            self._name_or_tier(word)

    def _name_or_tier(self, word: Word) -> None:
        if word.text.lower() in TIERS:
            self._once("tier", Tier(word.text.lower()), word)
        elif self._expects_name(word):
            self._names.append(word)
        else:
            raise Unread.near("unknown-word", "not a tier", word, TIERS, what="tiers")

    def _expects_name(self, word: Word) -> bool:
        """Names come first, and a further one only after a comma."""
        return not self._names or self._names[-1].text.endswith(",") or word.text.startswith(",")

    def _flag(self, word: Word) -> None:
        entry = FLAG_BY_NAME.get(word.text.lower())
        flags = [name for name in FLAG_BY_NAME if name in self._entry.options]
        if entry is None or entry.flag not in flags:
            raise Unread.near("unknown-option", f"not an option of `{self._entry.verb}`", word, flags, what="options")
        self._once(entry.field, True, word)

    def _key(self, word: Word) -> None:
        keys = [name for name in KEY_BY_NAME if name in self._entry.options]
        entry = KEY_BY_NAME.get(word.key.lower())
        if entry is None or entry.key not in keys:
            named = Word(text=word.key, start=word.start, end=word.start + len(word.key))
            raise Unread.near("unknown-option", f"not an option of `{self._entry.verb}`", named, keys, what="options")
        value = entry.parse(word.value) if word.value else None
        if value is None:
            start = min(word.start + len(word.key) + 1, word.end - 1)
            given = Word(text=word.value, start=start, end=word.end)
            problem = f"not a value of `{entry.key}` ({entry.does})" if word.value else f"`{entry.key}` has no value"
            raise Unread.near("bad-value", problem, given, entry.choices, what="values")
        self._once(entry.field, value, word)

    def _commit(self, word: Word) -> None:
        sha = word.text.removeprefix("@").lower()
        if not _SHA.fullmatch(sha):
            raise Unread("bad-commit", "a commit is 7 to 40 hex digits", word)
        self._once("sha", sha, word)

    def _once(self, field: str, value: Any, word: Word) -> None:
        if field in self._found:
            raise Unread("twice", "given twice", word)
        self._found[field] = value
