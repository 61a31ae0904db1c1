"""Replies to commands that start nothing: help, refusals, explanations."""

from __future__ import annotations

from apr_qa import __version__
from apr_qa.bot.comments.parts import code_cell, composed, folded, part, small, table
from apr_qa.bot.grammar import FLAGS, KEYS, SELECTORS, VERBS
from apr_qa.bot.reading import COMMAND
from apr_qa.catalog.tiers import tiers
from apr_qa.github.authority import Decision, Person
from apr_qa.github.policy import Policy
from apr_qa.reports.markdown import prose, span
from apr_qa.vocab.axes import Tier
from apr_qa.vocab.gates import GateSpec
from apr_qa.vocab.orders import Misread

_HELP = f"Help: `{COMMAND} help`"
_SHOWN_CHOICES = 30


def help_page(policy: Policy, asker: Person) -> str:
    """Return the help: the grammar's table and what the asker may run here."""
    commands = table(
        ("You write", "What happens"),
        [
            *((f"`{COMMAND} {entry.form}`", entry.does) for entry in VERBS),
            *((f"`{COMMAND} {entry.form}`", entry.does) for entry in SELECTORS),
        ],
    )
    costs = table(
        ("Tier", "What it tries", "Needs", "Most it can give"),
        [
            (f"`{tier}`", spec.summary, f"{policy.tier(tier).least}", spec.best_status.capitalize())
            for tier, spec in tiers().items()
        ],
    )
    options = table(
        ("Option", "What it does"),
        [*((f"`{k.form}`", k.does) for k in KEYS), *((f"`{f.flag}`", f.does) for f in FLAGS)],
    )
    return composed(
        [
            part("### What you can ask"),
            part("Write one line that begins with the command, outside quotes and code."),
            part(commands),
            part(costs),
            part(folded("Options: no blanks around `=`", options)),
            part(_allowed(policy, asker)),
            part(small("`apr-qa:help:v1`", "made from the settings of this repository", f"apr-qa {__version__}")),
        ]
    )


def _allowed(policy: Policy, asker: Person) -> str:
    may = [tier for tier in Tier if asker.role >= policy.tier(tier).least or asker.is_maintainer(policy)]
    names = ", ".join(f"**{tier}**" for tier in may)
    return f"You may run {names} here." if names else "You may ask for plans, status and explanations here."


def misread(found: Misread) -> str:
    """Return the reply to a command that could not be understood: where, why, and what was probably meant."""
    titles = {
        "unknown-family": "I do not know the family or model",
        "unknown-word": "I do not know the word",
        "unknown-option": "I do not know the option",
    }
    word = found.line[found.start : found.end]
    title = titles.get(found.code, "I cannot read")
    parts = [part(f"### 😕 {title} {span(word, 60)}" if word else "### 😕 Something is missing"), part(_pointed(found))]
    if found.corrected:
        parts.append(part(f"Did you mean **{span(found.hint, 80)}**? Then write:\n\n{span(found.corrected, 300)}"))
    if found.choices:
        parts.append(part(_choices(found)))
    parts += [
        part(f"Nothing was started. Write a new comment: edits are not read. {_HELP}"),
        part(small("`apr-qa:reply:v1`", f"`{found.code}`")),
    ]
    return composed(parts)


def _pointed(found: Misread) -> str:
    shown, start = found.line, found.start
    if start > 80:
        shown, start = f"... {shown[start - 40 :]}", 44
    marks = "^" * max(1, min(found.end - found.start, 40))
    cut = shown[:160].replace("`", "'")
    return (
        f"````text\n   {cut}\n   {' ' * start}{marks} column {found.start + 1}: {found.problem.replace('`', '')}\n````"
    )


def _choices(found: Misread) -> str:
    names = [f"`{choice}`" for choice in found.choices[:_SHOWN_CHOICES]]
    more = len(found.choices) - len(names)
    rest = f" and {more} more: `apr-qa list` shows all" if more else ""
    title = f"{'The' if not more else 'Some of the'} {found.what or 'choices'}"
    return folded(title, " ".join(names) + rest)


def denied(decision: Decision, asker: Person, tier: Tier, head_sha: str, line: str) -> str:
    """Return the reply to somebody who may not, with what they can do now."""
    who = f"@{asker.login}, you have **{asker.role}** here."
    title, steps = _why_not(decision, tier, head_sha, line)
    return composed(
        [
            part(f"### {'⏳' if decision.code == 'cooling-down' else '👎'} Not started: {title}"),
            part(who),
            part("**What you can do now**\n\n" + "\n".join(f"- {step}" for step in steps)),
            part("Nothing was started, and nothing was counted against you."),
            part(small("`apr-qa:reply:v1`", f"`{decision.code}`")),
        ]
    )


def _why_not(decision: Decision, tier: Tier, head_sha: str, line: str) -> tuple[str, tuple[str, ...]]:
    named = span(f"{line} @{head_sha[:7]}", 300)
    ask = f"Ask somebody with the {decision.needed} role to write it. {_HELP}."
    until = f"{decision.until:%H:%M} UTC" if decision.until else ""
    reasons: dict[str, tuple[str, tuple[str, ...]]] = {
        "denied-stranger": (
            f"it asks for the {decision.needed} role",
            (ask, f"`{COMMAND} plan` is open to everybody."),
        ),
        "denied-tier": (f"`{tier}` asks for the {decision.needed} role", ("Ask for a lighter tier.", ask)),
        "denied-fork": (
            "this change comes from outside",
            (f"Ask a maintainer who has read it to write {named}: the approval is for that commit only.",),
        ),
        "denied-commit": ("this change comes from outside, so the commit must be named", (f"Write {named}.",)),
        "denied-moved": (
            f"the pull request is at `{head_sha[:7]}` now",
            ("Look at what was pushed since, then name that commit.",),
        ),
        "denied-rerun": ("who pressed re-run may not ask for this", (ask,)),
        "denied-force": ("`--force` asks for the maintain role", (ask,)),
        "denied-closed": ("this pull request is closed", ("Reopen it, then ask again.",)),
        "cooling-down": (f"you asked a short while ago; again from {until}", (f"Wait until {until}.", ask)),
    }
    title, steps = reasons[decision.code]
    return title, tuple(step for step in steps if "None role" not in step)


def broken_policy(problem: str) -> str:
    """Return the reply when the policy file cannot be read: nobody is let in by a half-read file."""
    return composed(
        [
            part("### ⚠️ Not started: the policy file cannot be read"),
            part(span(problem, 400)),
            part("**What to do now:** mend the file on the default branch, then ask again."),
            part(small("`apr-qa:reply:v1`", "`broken-policy`")),
        ]
    )


def plain(title: str, text: str, code: str) -> str:
    """Return a short reply of ours."""
    return composed([part(f"### {title}"), part(text), part(small("`apr-qa:reply:v1`", f"`{code}`"))])


def explained(spec: GateSpec) -> str:
    """Return a gate in plain words."""
    falls = f"; when it falls, gateway {spec.gateway} falls and the score is 0" if spec.gateway else ""
    rows = [
        ("Claim", prose(spec.claim, 400)),
        ("Counts", f"{spec.category}, weight {spec.weight:g}, severity {spec.severity}{falls}"),
        ("Tried at", ", ".join(spec.tiers)),
        ("Remedy", prose(spec.remedy, 400)),
    ]
    body = table(("", code_cell(spec.id)), rows)
    return composed([part(f"### Gate {span(spec.id)}"), part(body), part(small("`apr-qa:reply:v1`", "`explain`"))])
