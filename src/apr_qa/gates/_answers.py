"""What can be read off the text of an answer: same or not, control tokens, broken bytes."""

from __future__ import annotations

import re
from dataclasses import dataclass

from apr_qa.text import strip_terminal_codes

TIE_AFTER = 24
"""Characters after which a parting is put down to a near tie of two tokens. Errors of a pipeline part earlier."""

_CONTROL = re.compile(
    r"<\|[A-Za-z0-9_ -]{1,32}\|>"
    r"|<\uff5c[^>\n]{1,32}\uff5c>"
    r"|<(?:start|end)_of_(?:turn|text)>|<(?:bos|eos|pad|unk)>"
    r"|</?s>|\[/?INST\]|<</?SYS>>"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """How two answers to one question compare; `parted` is the first differing character, None when they are equal."""

    same: bool
    parted: int | None = None


def plain(text: str | None) -> str:
    """Return an answer without terminal codes and outer white space, inner white space made single."""
    return " ".join(strip_terminal_codes(text or "").split())


def compare(one: str | None, other: str | None) -> Likeness:
    """Return how two greedy answers compare: the same when equal, or when they part late enough for a near tie.

    An answer that merely ends before the other was cut, however late.
    """
    a, b = plain(one), plain(other)
    if a == b:
        return Likeness(same=True)
    at = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    return Likeness(same=TIE_AFTER <= at < min(len(a), len(b)), parted=at)


def control_tokens(text: str | None) -> list[str]:
    """Return the control tokens of chat templates that stand in an answer as text, each once."""
    return sorted(set(_CONTROL.findall(text or "")))


def _glyphs() -> dict[str, int]:
    """Return the byte that each printable glyph of byte-level BPE stands for (the table of GPT-2)."""
    shown = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    table = {chr(byte): byte for byte in shown}
    hidden = [byte for byte in range(256) if byte not in shown]
    return table | {chr(0x100 + index): byte for index, byte in enumerate(hidden)}


_GLYPHS = _glyphs()
_NOT_ASCII = re.compile(r"[^\x00-\x7f]{2,}")


def broken_text(text: str | None) -> str:
    """Return what is wrong with the bytes of a text, empty when nothing is.

    Found are U+FFFD, and UTF-8 shown as the glyphs of byte-level BPE (`\u00e4\u00bd\u0142` for the character U+4F60).
    """
    shown = text or ""
    if "\ufffd" in shown:
        return "holds the replacement character U+FFFD"
    for run in _NOT_ASCII.findall(shown):
        if all(char in _GLYPHS for char in run) and _is_utf8(bytes(_GLYPHS[char] for char in run)):
            return "shows the bytes of its characters as glyphs of the tokenizer"
    return ""


def _is_utf8(raw: bytes) -> bool:
    try:
        return len(raw.decode("utf-8")) < len(raw)
    except UnicodeDecodeError:
        return False
