"""What all comments are made of: safe texts, tables, folded parts, and fitting into GitHub's limit by meaning."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from apr_qa.bot.reading import command_lines
from apr_qa.reports.markdown import prose, span

LIMIT = 60_000
"""Characters of a comment; GitHub takes 65,536, and the marks need some."""
_TABLE_BREAK = re.compile(r"[|\n\r]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A piece of a comment with shorter ways to say it; the last of them is what cannot be left out."""

    versions: tuple[str, ...]
    rank: int = 0
    """Parts of a higher rank are shortened first."""


def part(*versions: str, rank: int = 0) -> Part:
    """Return a part: in full, then ever shorter."""
    return Part(versions=versions, rank=rank)


def composed(parts: Sequence[Part], limit: int = LIMIT) -> str:
    """Return the comment. What does not fit is said more shortly, the least important part first; nothing is cut."""
    chosen = [0] * len(parts)
    while len(_joined(parts, chosen)) > limit:
        can = [i for i, p in enumerate(parts) if chosen[i] + 1 < len(p.versions)]
        if not can:
            break
        chosen[max(can, key=lambda i: (parts[i].rank, len(parts[i].versions[chosen[i]])))] += 1
    return silenced(_joined(parts, chosen))


def _joined(parts: Sequence[Part], chosen: Sequence[int]) -> str:
    texts = (piece.versions[i] for piece, i in zip(parts, chosen, strict=True))
    return "\n\n".join(text for text in texts if text) + "\n"


def silenced(body: str) -> str:
    """Return a body that cannot start the bot: a line of it that would is set in code."""
    lines = body.split("\n")
    for _ in range(len(lines)):
        if not command_lines("\n".join(lines)):
            break
        lines = [f"`{line.strip().replace('`', '')}`" if command_lines(line) else line for line in lines]
    return "\n".join(lines)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], right: Sequence[int] = ()) -> str:
    """Return a table; the columns `right` are set to the right. Cells are Markdown already."""
    rule = ["--:" if i in right else "---" for i in range(len(heads))]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (heads, rule, *rows))


def folded(summary: str, body: str) -> str:
    """Return a part that is shown on a click; `summary` is plain text of ours."""
    return f"<details><summary>{summary}</summary>\n\n{body}\n\n</details>"


def cell(text: str, limit: int = 200) -> str:
    """Return foreign text for a cell of a table."""
    return prose(text, limit)


def code_cell(text: str, limit: int = 120) -> str:
    """Return foreign text as code for a cell of a table."""
    return span(_TABLE_BREAK.sub("/", text), limit)


def link(words: str, url: str) -> str:
    """Return a link, or the words alone when there is no address."""
    safe = url.startswith(("https://", "http://")) and not re.search(r"[\s()<>]", url)
    return f"[{words}]({url})" if safe else words


def small(*facts: str) -> str:
    """Return the last line: what identifies the comment's subject."""
    return f"<sub>{' · '.join(fact for fact in facts if fact)}</sub>"
