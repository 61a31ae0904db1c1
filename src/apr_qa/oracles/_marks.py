"""Marks that no answer of a sound engine bears: broken encodings, leaked control tokens, words for no number."""

from __future__ import annotations

import re
import unicodedata

_REPLACEMENT = "\ufffd"
_KEPT = "\n\t"
# Control tokens of the common chat templates and vocabularies.
_SPECIAL = re.compile(
    r"<[|\uff5c][\w\u2581/ ]{2,40}[|\uff5c]>|\[/?(?:INST|SYS|PAD|UNK|CLS|SEP|MASK|AVAILABLE_TOOLS)\]|<</?SYS>>"
    r"|</?(?:start|end)_of_turn>|<(?:unk|pad|bos|eos|mask)>|(?<![<\w])</?s>(?!\w)|<0x[0-9A-Fa-f]{2}>"
    r"|<(?:unused|reserved|extra_id_|special_?)\d+>|\u2581\w"
)
# A token printed by its number: `4[637]`, `Lon[637]Hello`; an index (`table[637]`, `m[0][100]`) is none.
_NUMBERED = re.compile(
    r"(?<=\d)\[\d{3,6}\]|(?<![\w\]])\[\d{3,6}\](?=\w)|(?<=\w)\[\d{3,6}\](?=[^\W_])|\]\[\d{3,6}\](?=\w)"
)
_NAN = re.compile(r"[-+]?(?:nan|inf|infinity)", re.IGNORECASE)
_BYTE_GLYPHS = {chr(b): b for b in (*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100))}
_BYTE_GLYPHS |= {
    chr(0x100 + n): b for n, b in enumerate(b for b in range(0x100) if chr(b) not in _BYTE_GLYPHS)
}  # the letters that byte-level vocabularies use for bytes without a glyph of their own
_HIGH_RUN = re.compile(
    r"[\u0080-\u0143\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013-\u203a\u20ac\u2122]{2,}"
)
_SPACE_GLYPH = re.compile(r"[a-z0-9.,:;!?)][\u0120\u010a](?=[a-zA-Z0-9])|\u0120[A-Za-z]+\u0120|\u0120{3}|\u010a\u010a")


def replaced(text: str) -> int:
    """Return the number of U+FFFD, not counting those at the very end of a longer text: there a limit cut a letter."""
    body = text.rstrip(_REPLACEMENT)
    return text.count(_REPLACEMENT) if len(body) < 8 else body.count(_REPLACEMENT)


def controls(text: str) -> int:
    """Return the number of control, private, unassigned and surrogate characters; line ends and tabs are none."""
    return sum(unicodedata.category(c) in ("Cc", "Co", "Cn", "Cs") and c not in _KEPT for c in text)


def special_tokens(text: str, prompt: str) -> list[str]:
    """Return the control tokens in `text` that `prompt` does not hold itself."""
    found = _SPECIAL.findall(text) + _NUMBERED.findall(text)
    return [token for token in found if token.strip("]") not in prompt]


def nan_share(text: str) -> float:
    """Return the share of words that are `nan`, `inf` and the like; `information` is a word of its own."""
    words = [word.strip(".,;:[](){}!?'\"") for word in text.split()]
    words = [word for word in re.split(r"[\s,;]+", " ".join(words)) if word]
    return sum(bool(_NAN.fullmatch(word)) for word in words) / len(words) if words else 0.0


def mojibake(text: str) -> int:
    """Return the number of letters that were UTF-8 and are shown byte by byte (`Ã©`, `ä½łå¥½`, `HelloĠworld`)."""
    count = len(_SPACE_GLYPH.findall(text))
    for run in _HIGH_RUN.findall(text):
        count += max(_decodes(_as_glyphs(run)), _decodes(_as_cp1252(run)))
    return count


def _as_glyphs(run: str) -> bytes:
    return bytes(_BYTE_GLYPHS.get(c, 0x20) for c in run)


def _as_cp1252(run: str) -> bytes:
    return b"".join(c.encode("cp1252", "ignore") or (bytes([ord(c)]) if ord(c) < 0x100 else b" ") for c in run)


def _decodes(raw: bytes) -> int:
    """Count the letters in `raw` that are UTF-8 of more than one byte; a lone pair counts only after C2, C3 or E2."""
    letters = [c for c in raw.decode("utf-8", "ignore") if ord(c) >= 0x80]
    if len(letters) == 1 and len(letters[0].encode()) == 2 and raw[:1] not in (b"\xc2", b"\xc3"):
        return 0
    return len(letters)
