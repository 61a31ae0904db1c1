"""Foreign text made safe to read: model output is hostile to terminals, logs and pages."""

from __future__ import annotations

import re
from collections.abc import Iterable

_ESCAPES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor movement
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"  # OSC: titles, hyperlinks
    r"|\x1b[PX^_][^\x1b]*\x1b\\"  # DCS, SOS, PM, APC strings
    r"|\x1b[ -/]*[0-~]"  # two-byte escapes
)
_BIDI = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F])
_CREDENTIALS = re.compile(r"://[^/\s]*@")
_KEPT_CONTROLS = "\n\t"


def strip_terminal_codes(text: str) -> str:
    """Return `text` without escape sequences; carriage returns become line ends."""
    return _ESCAPES.sub("", text).replace("\r\n", "\n").replace("\r", "\n")


def printable(text: str, limit: int = 400) -> str:
    """Return at most `limit` characters of `text`, safe on any terminal, saying how much was left out.

    Control characters and bidirectional overrides are shown as escapes, never sent.
    """
    plain = strip_terminal_codes(text)
    shown = plain[:limit]
    safe = "".join(c if _is_plain(c) else f"\\x{ord(c):02x}" for c in shown)
    return safe if len(plain) <= limit else f"{safe} ... ({len(plain) - limit} more characters)"


def one_line(text: str, limit: int = 120) -> str:
    """Return `text` as one printable line of at most about `limit` characters."""
    return printable(" ".join(strip_terminal_codes(text).split()), limit)


def without_password(words: str) -> str:
    """Return `words` with `...` for the user and password that stand before the host of a URL in it."""
    return _CREDENTIALS.sub("://...@", words)


def did_you_mean(word: str, choices: Iterable[str]) -> str:
    """Return `; did you mean X?` with the closest of `choices`, or an empty text when none is close."""
    from difflib import get_close_matches

    close = get_close_matches(word, list(choices), n=1)
    return f"; did you mean {close[0]}?" if close else ""


def _is_plain(char: str) -> bool:
    if char in _KEPT_CONTROLS:
        return True
    code = ord(char)
    return code >= 0x20 and not 0x7F <= code < 0xA0 and code not in _BIDI and not 0xD800 <= code <= 0xDFFF
