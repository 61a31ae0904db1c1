"""The guide says what the program does."""

from __future__ import annotations

from pathlib import Path

from apr_qa.bot.manual import renewed
from apr_qa.bot.room import BotCommand
from apr_qa.github.policy import parse_policy
from apr_qa.rooms import furnish
from apr_qa.vocab.orders import Verb

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "guides" / "bot.md"


def test_the_tables_of_the_guide_are_those_of_the_program() -> None:
    """Made anew, the guide is the same."""
    text = GUIDE.read_text(encoding="utf-8")
    assert renewed(text) == text


def test_the_policy_in_the_guide_can_be_read() -> None:
    """The example is a valid policy file."""
    text = GUIDE.read_text(encoding="utf-8")
    assert parse_policy(text.split("```yaml\n")[1].split("```")[0]).memory_gb == 64


def test_every_verb_has_a_command_and_no_verb_two() -> None:
    """The room of commands and the list of verbs are the same."""
    assert sorted(c.verb for c in furnish("apr_qa.bot.commands", BotCommand)) == sorted(Verb)
