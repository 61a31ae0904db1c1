"""Markdown: the verdict for a job summary or a comment; model output mentions nobody and breaks out of nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator

from apr_qa.reports._cells import CellTable
from apr_qa.reports._display import one_line
from apr_qa.reports._examples import Example
from apr_qa.reports._failures import FailureGroup
from apr_qa.reports._statements import Statement
from apr_qa.reports._view import View, view_of
from apr_qa.reports._words import percent, plural
from apr_qa.stats.judged import sentence
from apr_qa.vocab.evidence import Evidence
from apr_qa.vocab.plugs import Report
from apr_qa.vocab.score import Scorecard

CAUSES = 12
"""Causes told; the rest is counted. Keeps the summary under 60 kB."""
_MARKS = {
    "ok": "✓",
    "bad": "✗",
    "time": "T",
    "crash": "C",
    "skip": "»",
    "unj": "?",
    "none": "–",
    "half": "◐",
    "fail": "!",
}
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#!|~$&])")
_LINKS = re.compile(r"@|(?<=#)(?=\d)|(?<=www)(?=\.)|(?<=:)(?=//)", re.IGNORECASE)
_HIDDEN_BREAK = "\u200b"


def render(evidence: Evidence, card: Scorecard) -> str:
    """Return the summary, under 60 kB."""
    view = view_of(evidence, card)
    parts = (_verdict(view, card), _both_sides(view), _matrix(view.table), _causes(view), _end(evidence, view))
    return "\n".join("\n".join(lines) for lines in parts)


def prose(text: str, limit: int = 300) -> str:
    """Return foreign text as one line of Markdown prose: no markup, mention, reference or link.

    It must not begin a line, where a dash or a colon would mean something.
    """
    broken = _LINKS.sub(lambda found: found[0] + _HIDDEN_BREAK, one_line(text, limit))
    return _SPECIAL.sub(r"\\\1", broken)


def span(text: str, limit: int = 200) -> str:
    """Return foreign text as one code span, whatever backticks it holds."""
    shown = one_line(text, limit).replace("##[", "#\\x23[") or " "
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", shown)), default=0))
    return f"{fence} {shown} {fence}" if "`" in shown else f"{fence}{shown}{fence}"


def _verdict(view: View, card: Scorecard) -> Iterator[str]:
    name = f"{view.organisation}/{view.model}" if view.organisation else view.model
    yield f"## {_MARKS[view.mark]} {view.status}: {prose(name)}"
    yield ""
    yield f"**Why:** {prose(view.reason, 500)}"
    yield ""
    command = f" {span(view.step.command, 600)}" if view.step.command else ""
    yield f"**Next:** {prose(view.step.text, 400)}{command}"
    yield ""
    bound = f"at least {percent(card.lower_bound)}" if card.lower_bound is not None else "nothing proved"
    earned = f" ({view.ruler.earned} before {view.ruler.taken} fell)" if view.ruler.taken else ""
    yield f"| MQS | Grade | Tier | Survived | Proved at 95 % | {' | '.join(g.id for g in view.gateways)} |"
    yield f"|---|---|---|---|---|{'---|' * len(view.gateways)}"
    gateways = " | ".join(f"{_MARKS[g.tone]} {g.state}" for g in view.gateways)
    yield (
        f"| **{card.mqs}**{earned} | {card.grade} | {view.tier} | {card.corroborated} of {card.judged}"
        f" | {bound} | {gateways} |"
    )
    yield ""


def _both_sides(view: View) -> Iterator[str]:
    for title, statements in (("Proved", view.proved), ("Not proved", view.not_proved)):
        yield f"**{title}**"
        yield ""
        yield from (_statement(s) for s in statements)
        if not statements:
            yield "- nothing" if title == "Proved" else "- everything that was planned was judged"
        yield ""


def _statement(statement: Statement) -> str:
    gap = " " if statement.rest.startswith(" ") else ""
    return f"- **{prose(statement.strong)}**{gap}{prose(statement.rest)}"


def _matrix(table: CellTable) -> Iterator[str]:
    for block in table.blocks:
        if not block.rows:
            yield f"{block.backend}: no cell was planned."
            yield ""
            continue
        yield f"| {block.backend} | {' | '.join(table.modalities)} |"
        yield f"|---|{'---|' * len(table.modalities)}"
        for row in block.rows:
            cells = (f"{_MARKS[c.tone]} {c.survived}/{c.judged} {c.word}" if c.judged else c.word for c in row.cells)
            yield f"| **{row.label}** | {' | '.join(cells)} |"
        yield ""


def _causes(view: View) -> Iterator[str]:
    if not view.groups:
        return
    yield "### Failed claims, worst first"
    yield ""
    for group in view.groups[:CAUSES]:
        yield from _cause(group)
    if len(view.groups) > CAUSES:
        yield f"{plural(len(view.groups) - CAUSES, 'more cause')} in the certificate."
        yield ""


def _cause(group: FailureGroup) -> Iterator[str]:
    owner = f" At fault: the {prose(group.culprit)}." if group.culprit else ""
    count = plural(group.count, "claim")
    yield f"- {_MARKS[group.tone]} **{group.outcome}** {span(group.gate)} {group.severity}, {count}"
    yield f"  ({prose(group.subjects)}): {prose(group.title)}{owner}"
    if group.examples:
        yield from _told(group.examples[0])
    yield ""


def _told(example: Example) -> Iterator[str]:
    prompt, answer = ("".join(p.text for p in pieces) for pieces in (example.prompt, example.answer))
    if prompt:
        yield f"  - prompt {span(prompt)}"
        yield f"  - answer {span(answer)}" if answer else "  - no answer"
    if example.expected:
        yield f"  - expected {span(example.expected)}"
    if example.ended:
        yield f"  - ended {span(example.ended)}"
    if example.command:
        yield f"  - reproduce {span(example.command, 600)}"


def _end(evidence: Evidence, view: View) -> Iterator[str]:
    engines = dict.fromkeys(f"{e.name} {e.version}" for e in evidence.run.engines.values())
    facts = [f"engine {prose(', '.join(engines))}" if engines else "", f"evidence {span(evidence.seal[:16])}"]
    until = f"counts until {view.expires}" if view.expires else ""
    yield f"<sub>The judge, judged {sentence(evidence.run.tier)}.</sub>"
    yield ""
    yield f"<sub>{', '.join(filter(None, [*facts, f'run on {prose(view.started)}', until]))}</sub>"
    yield ""


MARKDOWN = Report(name="markdown", file_name="summary.md", summary="for job summaries and comments", render=render)
