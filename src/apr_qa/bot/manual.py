"""The tables of the bot's guide, made from the grammar and the policy that the program really uses."""

from __future__ import annotations

from apr_qa.bot.comments.parts import table
from apr_qa.bot.grammar import FLAGS, KEYS, REFUSALS, SELECTORS, VERBS
from apr_qa.bot.reading import COMMAND
from apr_qa.github.authority import CODES
from apr_qa.github.policy import Policy
from apr_qa.vocab.axes import Tier

BEGIN, END = "<!-- made from the grammar: begin -->", "<!-- made from the grammar: end -->"


def tables() -> str:
    """Return the part of the guide that is made: commands, options, roles, and every code of a refusal."""
    policy = Policy()
    rules = [(f"`{tier}`", policy.tier(tier)) for tier in Tier]
    parts = (
        ("Commands", table(("You write", "What happens"), [(f"`{COMMAND} {e.form}`", e.does) for e in VERBS])),
        ("Which models", table(("You write", "Which"), [(f"`{e.form}`", e.does) for e in SELECTORS])),
        (
            "Options",
            table(
                ("Option", "What it does"),
                [*((f"`{k.form}`", k.does) for k in KEYS), *((f"`{f.flag}`", f.does) for f in FLAGS)],
            ),
        ),
        (
            "Who may, unless the policy says otherwise",
            table(
                ("Tier", "Least role", "Minutes a command", "Cool-down, minutes"),
                [(t, str(r.least), str(r.minutes), str(r.cooldown_minutes)) for t, r in rules],
                (2, 3),
            ),
        ),
        ("What the bot could not read", table(("Code", "Means"), [(f"`{c}`", m) for c, m in REFUSALS.items()])),
        ("What the bot decided", table(("Code", "Means"), [(f"`{c}`", m) for c, m in CODES.items()])),
    )
    return "\n\n".join(f"## {title}\n\n{body}" for title, body in parts)


def renewed(guide: str) -> str:
    """Return a guide with fresh tables between its markers."""
    head, _, rest = guide.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}\n\n{tables()}\n\n{END}{tail}"
