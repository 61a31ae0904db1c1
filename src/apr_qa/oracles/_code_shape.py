"""Does a text look like code, markup or data? Cheap signs, line by line; parsers are for `code_syntax`."""

from __future__ import annotations

import re

_KEYWORDS = (
    *(
        "```",
        "def ",
        "class ",
        r"return\b",
        "import ",
        r"from \w+ import",
        "fn ",
        "let ",
        "const ",
        "var ",
        r"function\b",
    ),
    *(
        "public ",
        "private ",
        "#include",
        "int ",
        "print",
        "echo ",
        "git ",
        "SELECT ",
        "FROM ",
        "WHERE ",
        "RUN ",
        "CMD ",
    ),
    *(
        "COPY ",
        "mov ",
        r"type \w+ ",
        "func ",
        "interface ",
        "impl ",
        "use ",
        "assert ",
        "puts ",
        "end$",
        "//",
        r"\$ ",
        "-- ",
    ),
)
_SHAPES = (
    r"(?:for|while|if)\b.*[:{;]",
    r"</?[!a-zA-Z][^<>\n]*>",
    r"""[\w.\[\]"']+\s*[-+*/]?=\s*\S""",  # an assignment
    r"\w[\w \[\]():,]* = ",  # an equation
    r".* (?:<-|->|::|\+\+|=>|&&|\|\|) ",
    r"\w+ '\{",  # awk
    r"\w+(?:\.\w+)*\([^)]*\);?$",  # a call
    r"[}\])];?,?$",
    r"\w+:\s*$",
    r"@\w+|\\\w+|#[ !]|\d+\.\w+ do",
)
_CODE_LINE = re.compile(r"\s*(?:" + "|".join((*_KEYWORDS, *_SHAPES)) + ")")


def is_code_like(text: str) -> bool:
    """Say whether most lines of `text` look like code, markup or data, with brackets that close (or nearly, if cut)."""
    lines = [line for line in text.splitlines() if line.strip()]
    hits = sum(_is_code_line(line) for line in lines)
    return bool(lines) and ("```" in text or (hits / len(lines) > 0.5 and _brackets_close(text)))


def _is_code_line(line: str) -> bool:
    return line.startswith(("\t", "  ", "+-")) or line.lstrip()[:1] in "{[|" or bool(_CODE_LINE.match(line))


def _brackets_close(text: str) -> bool:
    open_ones = min(2, text.count("\n") + 1)
    return all(abs(text.count(a) - text.count(b)) <= open_ones for a, b in ("()", "[]", "{}"))
