"""Comments on pull requests: the lines that speak to the bot, and what they ask for."""

from __future__ import annotations

from fuzz_target import Target, text

from apr_qa.bot.grammar import FLAGS, KEYS, REFUSALS, SELECTORS, VERBS
from apr_qa.bot.parser import parse
from apr_qa.bot.reading import command_lines
from apr_qa.vocab.orders import Misread

_FORMS = [entry.form for entry in (*VERBS, *KEYS, *SELECTORS)] + [entry.flag for entry in FLAGS]


class _RefusedError(Exception):
    """No line of the comment could be understood."""


def _read(data: bytes) -> None:
    lines = command_lines(text(data))
    found = [parse(line) for line in lines]
    for order in found:
        if isinstance(order, Misread):
            assert order.code in REFUSALS, f"{order.code} is no code of the table"
            assert 0 <= order.start < order.end <= len(order.line) + 1, "the refusal points outside its line"
    if all(isinstance(order, Misread) for order in found):
        raise _RefusedError


TARGET = Target(
    name="bot_comment",
    read=_read,
    refusals=(_RefusedError,),
    seeds=(
        *(f"/certify {form}\n".encode() for form in _FORMS),
        b'> quoted\n\n/certify tiny, top:3 mvp @ 4f2c91a backend=cpu reason="new \\"x\\"" --fresh\n',
        b"```\n/certify all\n```\n/certify tiny\n\n- /certify all\n",
        "/certify tiny —force reason=“why”\n".encode(),
    ),
    longest=256,
    words=(
        b"/certify ",
        b"\n\n",
        b"\xe2\x80\x94",
        b'="',
        b" @ ",
        b",",
        b"<!--",
        b"[a](b)",
        b"\xe2\x80\xae",
        b"\\",
        b"&#x2F;",
    ),
)
