"""Foreign text made visible: control characters and invisible marks become escapes that a reader can see."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

_JOINERS = "\u200c\u200d"
_RUNS = 60
_HIDDEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A run of characters: `text` as it is, `escape` for what would not be seen, `cut` for our own remark."""

    text: str
    kind: str = "text"


def visible(text: str, limit: int = 400, keep: str = "") -> str:
    """Return `text` with everything invisible escaped, at most about `limit` characters; `keep` is left as it is."""
    return "".join(piece.text for piece in pieces(text, limit, keep))


def one_line(text: str, limit: int = 160) -> str:
    """Return `text` as one visible line, white space folded."""
    head = text[: 16 * limit]
    folded = " ".join(head.split())
    return "".join(piece.text for piece in pieces(folded, limit, "", unseen=len(text) - len(head)))


def pieces(text: str, limit: int = 400, keep: str = "\n\t", *, unseen: int = 0) -> tuple[Piece, ...]:
    """Return `text` as runs of plain and escaped characters, cut after about `limit` shown characters.

    `unseen` characters were left out before and are counted among those cut.
    """
    if text and not unseen and len(text) <= limit and text.isascii() and text.isprintable():
        return (Piece(text=text),)  # most texts, and a million of them
    runs: list[list[str]] = []
    shown = used = 0
    for char, escaped in _spell(text, keep):
        if shown + len(char) > limit:
            break
        kind = "escape" if escaped and len(runs) < _RUNS else "text"
        if runs and runs[-1][0] == kind:
            runs[-1][1] += char
        else:
            runs.append([kind, char])
        shown += len(char)
        used += 1
    found = [Piece(text=content, kind=kind) for kind, content in runs]
    left = len(text) - used + unseen
    return tuple(found) if not left else (*found, Piece(text=f" [{left:,} more characters]", kind="cut"))


def _spell(text: str, keep: str) -> Iterator[tuple[str, bool]]:
    for char in text:
        if char in keep or char in _JOINERS or unicodedata.category(char) not in _HIDDEN:
            yield char, False
        else:
            yield _escape(char), True


def _escape(char: str) -> str:
    named = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\x1b": "\\e"}
    code = ord(char)
    if char in named:
        return named[char]
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
