"""Which lines of a comment speak to the bot."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apr_qa.bot.reading import command_lines

SAID = ("/certify tiny mvp",)


@pytest.mark.parametrize(
    "body",
    [
        "/certify tiny mvp",
        "Please:\n/certify tiny mvp\nThanks",
        "  /certify   tiny\tmvp  ",
        "/certify\u00a0tiny mvp",
        "/certify tiny mvp\n--\nSent from my phone",
        "> quoted\n\n/certify tiny mvp",
        "<details>\n\n/certify tiny mvp\n\n</details>",
        "／certify tiny mvp",
    ],
)
def test_a_plain_line_is_a_command(body: str) -> None:
    """A line of plain text that begins with the command is read, however it was typed."""
    assert command_lines(body) == SAID


@pytest.mark.parametrize(
    "body",
    [
        "",
        "`/certify tiny mvp`",
        "Write ``/certify tiny mvp`` please",
        "```\n/certify tiny mvp\n```",
        "~~~sh\n/certify tiny mvp",
        "    /certify tiny mvp",
        "> /certify tiny mvp",
        "> and\n/certify tiny mvp",
        "- /certify tiny mvp",
        "- item\n\n  /certify tiny mvp",
        "# /certify tiny mvp",
        "<!-- \n/certify tiny mvp\n-->",
        "word <!-- \n/certify tiny mvp --> word",
        "<pre>\n/certify tiny mvp\n</pre>",
        "<b></b>/certify tiny mvp",
        "![x](y) /certify tiny mvp",
        "| a |\n|---|\n| /certify tiny mvp |",
        "please /certify tiny mvp",
        "/certifytiny mvp",
        "/certify-tiny mvp",
        "\\`\n`\n/certify tiny mvp\n`",
    ],
)
def test_code_quotes_and_markup_are_not_read(body: str) -> None:
    """What the reader of the comment does not see as a plain line of the writer's own is no command."""
    assert command_lines(body) == ()


def test_several_commands_are_all_seen() -> None:
    """Every command line is returned, in order."""
    assert command_lines("/certify status\n\ntext\n/certify help") == ("/certify status", "/certify help")


def test_code_inside_a_command_keeps_its_marks() -> None:
    """A code span among the words stays visible as one, so that the reply can point at it."""
    assert command_lines("/certify `tiny` mvp") == ("/certify `tiny` mvp",)


@given(st.text(max_size=300))
def test_any_comment_can_be_read(body: str) -> None:
    """No comment breaks the reader, and what it returns begins with the command and is one line."""
    for line in command_lines(body):
        assert line.split()[0].casefold() == "/certify"
        assert "\n" not in line
