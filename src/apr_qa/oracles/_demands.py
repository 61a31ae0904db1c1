"""What a prompt demands of its answer, and whether an answer meets it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from apr_qa.oracles._facts import CAPITALS, FACTS, RELATED, members_of
from apr_qa.oracles._numbers import WORDS

_N = rf"(\d{{1,2}}|{'|'.join(sorted(WORDS, key=len, reverse=True))})"
_LIST = re.compile(
    rf"\b(?:list|name|give(?: me)?|tell me|what are|suggest|write)\s+(?:the\s+)?(?:first\s+)?{_N}"
    r"\s+((?:[a-z-]+\s+){0,2}[a-z-]+)",
    re.IGNORECASE,
)
_COUNT = re.compile(rf"^\s*count\s+(?:from\s+{_N}\s+)?to\s+{_N}\b", re.IGNORECASE)
_CAPITAL = re.compile(r"\bcapital (?:city )?of ([\w ]+?)(?: is)?\s*[?.:]?\s*$", re.IGNORECASE)
_DEFINE = re.compile(
    r"^\s*(?:what(?:'s| is| are)|define|explain|describe)\s+(?:an? |the )?([\w -]{3,40}?)"
    r"(?: in (?:one|a|simple|plain) .*| to a .*)?\s*[?.]?\s*$",
    re.IGNORECASE,
)
_GREETING = re.compile(
    r"^\W*(?:please )?(?:(?:say |reply with )?"
    r"(?:hello|hi|hey|greetings|good (?:morning|evening|afternoon)|hello there|hi there)"
    r"|你好|您好|こんにちは|bonjour|hola|привет|hallo|ciao|안녕하세요|مرحبا|שלום)\W*$",
    re.IGNORECASE,
)
_GREETED = (
    r"hello|\bhi\b|\bhey\b|greetings|good (?:morning|evening|afternoon|day)|welcome|\bhelp\b|assist"
    r"|how (?:are|can|may)|你好|您好|帮|こんにち|bonjour|salut"
    r"|\baider|hola|ayud|привет|здравствуй|помочь|hallo|guten|ciao|안녕|مرحب|أهلا|שלום"
)
_HOW_ARE_YOU = re.compile(r"\bhow are you\b[^.?!]{0,12}[?!.]?\s*$", re.IGNORECASE)
_WELL = (
    r"\b(?:fine|well|good|great|okay|ok|excellent|wonderful|thank|thanks|help|assist|assistant|ai|doing|feel\w*"
    r"|functioning|hello|hi)\b"
)
_COURTESIES = (
    (_GREETING, "a greeting or an offer of help", _GREETED),
    (_HOW_ARE_YOU, "how it is, or an offer of help", _WELL),
    (re.compile(r"^(?:answer )?yes or no\b", re.IGNORECASE), "yes or no", r"\b(?:yes|no)\b"),
)
_NOT_SUBJECTS = re.compile(
    r"^(?:your|my|it|this|that|you|up|happening|wrong|next|new|\d)|\b(?:of|from|for|between|in|on|\d+)\b", re.IGNORECASE
)
_ITEM_LINE = re.compile(r"^\s*(?:\d{1,2}[.):]|[-*•–])\s+(.+)$", re.MULTILINE)
_MOST_ITEMS = 5
"""Items asked for beyond this many need not all be there: a limit of tokens cuts long lists."""

Demand = Mapping[str, Any]


def demands_of(prompt: str) -> list[Demand]:
    """Return what `prompt` demands, as JSON values; empty when nothing can be said of its answer."""
    text = prompt.strip()
    if fact := _fact(text):
        return [fact]
    if match := _COUNT.match(text):
        first, last = _whole(match[1] or "1"), _whole(match[2])
        return [{"kind": "counts", "what": f"the numbers from {first} to {last}", "first": first, "last": last}]
    if match := _LIST.search(text):
        return _items(_whole(match[1]), match[2])
    for asked, what, pattern in _COURTESIES:
        if asked.search(text):
            return [{"kind": "says", "what": what, "pattern": pattern}]
    match = _DEFINE.match(text)
    return _definition(match[1]) if match and not _NOT_SUBJECTS.search(match[1]) else []


def _fact(text: str) -> Demand | None:
    if match := _CAPITAL.search(text):
        capital = CAPITALS.get(match[1].strip().lower())
        return {"kind": "says", "what": f"the capital, {capital}", "pattern": capital} if capital else None
    found = next((answer for question, answer in FACTS if question.search(text)), None)
    return {"kind": "says", "what": "the right fact", "pattern": found} if found else None


def _items(number: int, kind: str) -> list[Demand]:
    found: list[Demand] = [{"kind": "items", "what": f"{number} different items", "number": min(number, _MOST_ITEMS)}]
    if known := sorted(members_of(kind)):
        pattern = r"\b(?:" + "|".join(re.escape(word) for word in known) + r")(?:s|es)?\b"
        found.append({"kind": "says", "what": f"known {kind.strip()}", "pattern": pattern})
    return found


def _definition(subject: str) -> list[Demand]:
    words = [word.removesuffix("s")[:8] for word in re.findall(r"\w{3,}", subject.lower())]
    words += RELATED.get(subject.lower().strip(), "").split()
    pattern = r"\b(?:" + "|".join(re.escape(word) for word in words) + ")"
    return [{"kind": "says", "what": f"something about {subject.strip()}", "pattern": pattern}]


def met(demand: Demand, answer: str) -> bool:
    """Say whether `answer` meets one demand."""
    if demand["kind"] == "says":
        return re.search(demand["pattern"], answer, re.IGNORECASE) is not None
    if demand["kind"] == "items":
        return len({" ".join(item.lower().split()) for item in items_in(answer)}) >= int(demand["number"])
    wanted = [str(n) for n in range(demand["first"], demand["last"] + 1)][:10]
    said = [str(WORDS.get(word.lower(), word)) for word in re.findall(r"\w+", answer)]
    rest = iter(said)
    return all(number in rest for number in wanted)


def items_in(answer: str) -> list[str]:
    """Return the items an answer lists: numbered or dashed lines, else what commas, `and` and line ends part."""
    lines = _ITEM_LINE.findall(answer)
    if len(lines) > 1:
        return [line for line in lines if re.search(r"\w", line)]
    parts = re.split(r",|;|\n|\band\b", answer)
    return [part for part in parts if re.search(r"\w", part)]


def _whole(word: str) -> int:
    return int(word) if word.isdigit() else WORDS[word.lower()]
