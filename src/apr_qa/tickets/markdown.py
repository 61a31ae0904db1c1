"""Foreign text in Markdown: shown whole and dead, whatever it holds."""

from __future__ import annotations

import re

from apr_qa.text import one_line, printable

_COMMANDS = re.compile(r"^(\s*):(?=:)", re.MULTILINE)
_OUR_MARKS = re.compile(r"apr-qa-(?=id\b)", re.IGNORECASE)


def fenced(text: str, limit: int = 2000, kind: str = "text") -> str:
    """Return foreign text as a code block whose fence is longer than any in it.

    Lines that a log would take for a command, and those that look like the id of a ticket, are broken up.
    """
    shown = _tamed(printable(text, limit)).strip("\n") or "(nothing)"
    fence = _fence(shown, 3)
    return f"{fence}{kind}\n{shown}\n{fence}"


def span(text: str, limit: int = 160) -> str:
    """Return foreign text as one code span: no mention, link or markup in it is alive."""
    shown = _tamed(one_line(text, limit)).replace("\n", " ").replace("|", "¦").strip() or "(nothing)"
    fence = _fence(shown, 1)
    return f"{fence} {shown} {fence}" if "`" in shown else f"{fence}{shown}{fence}"


def plain(text: str, limit: int = 100) -> str:
    """Return foreign text for a title: one line without anything that Markdown or a mention is made of."""
    return re.sub(r"[^\w .,:;()/+=-]", "", _tamed(one_line(text, limit))).strip()


def _fence(text: str, least: int) -> str:
    return "`" * max(least, 1 + max((len(run) for run in re.findall("`+", text)), default=0))


def _tamed(text: str) -> str:
    return _OUR_MARKS.sub("apr-qa_", _COMMANDS.sub(r"\1: ", text).replace("##[", "## ["))
