"""Finds the lines of a comment that speak to the bot: what its reader sees as plain text, never code or quotes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

COMMAND = "/certify"
_HIDDEN = "\ufffc"
"""Stands where inline HTML was, so that what follows it does not begin a line."""
_QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"', "‟": '"', "″": '"', "‐": "-", "‑": "-"})
_DASHES = {"—": "--", "–": "--"}
"""Phones make one dash of two hyphens."""
_MAX_CHARS = 65_536


def command_lines(body: str) -> tuple[str, ...]:
    """Return the lines of a comment whose first word is `/certify`, normalised, in order.

    Code, quotes, lists, `#` headings and HTML are not read.
    """
    return tuple(line for line in map(normalised, _lines(body[:_MAX_CHARS])) if _is_command(line))


def normalised(line: str) -> str:
    """Return a line as the parser wants it: NFKC, straight quotes, two hyphens before words, single blanks."""
    text = unicodedata.normalize("NFKC", line).translate(_QUOTES)
    for dash, hyphens in _DASHES.items():
        text = text.replace(f" {dash}", f" {hyphens}")
    return re.sub(r"[ \t]+", " ", text).strip()


def _is_command(line: str) -> bool:
    words = line.split(maxsplit=1)
    return bool(words) and words[0].casefold() == COMMAND


def _lines(body: str) -> Iterator[str]:
    tokens = _markdown().parse(body)
    for block, token in pairwise(tokens):
        if token.type == "inline" and token.level == 1 and _is_plain(block):
            yield from _text_of(token).split("\n")


def _is_plain(block: Token) -> bool:
    # A line of hyphens (the beginning of a mail's signature) makes a heading of the lines before it.
    return block.type == "paragraph_open" or (block.type == "heading_open" and block.markup in ("-", "="))


def _text_of(inline: Token) -> str:
    return "".join(_piece(child) for child in inline.children or ())


def _piece(child: Token) -> str:
    match child.type:
        case "softbreak" | "hardbreak":
            return "\n"
        case "html_inline":
            return _HIDDEN
        case "code_inline":
            return f"{child.markup}{' '.join(child.content.split())}{child.markup}"
        case "image":
            return _HIDDEN
        case _:
            return child.content or child.markup


@cache
def _markdown() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark").enable(["table", "strikethrough"])
