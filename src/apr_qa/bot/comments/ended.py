"""The sticky comment when it is decided: verdict, what to do now, table worst first, what is missing, how to repeat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from apr_qa import __version__
from apr_qa.bot.comments.parts import Part, cell, composed, folded, link, part, small, table
from apr_qa.bot.comments.progress import Links
from apr_qa.bot.reading import COMMAND
from apr_qa.bot.state import KEY, RunState, written
from apr_qa.registry.record import LostClaims, Record
from apr_qa.reports._words import percent, plural
from apr_qa.reports.markdown import prose, span
from apr_qa.text import one_line
from apr_qa.vocab.score import GatewayState, Status
from apr_qa.vocab.verdict import Outcome

WORST_FIRST = (Status.BLOCKED, Status.FAIL, Status.PARTIAL, Status.PENDING, Status.PROVISIONAL, Status.CERTIFIED)
_MARKS = {
    Status.BLOCKED: "❌",
    Status.FAIL: "⚠️",
    Status.PARTIAL: "⚠️",
    Status.PENDING: "⚠️",
    Status.PROVISIONAL: "🟡",
    Status.CERTIFIED: "✅",
}
_CAUSES = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One model's certification beside the one before it."""

    record: Record
    before: Record | None = None
    minutes: float | None = None
    tickets: dict[str, str] = field(default_factory=dict)
    """Link or `draft` by gate."""

    @property
    def unjudged(self) -> int:
        """Claims that could not be judged."""
        return self.record.outcomes.get(Outcome.UNJUDGED, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """Everything that the comment about a finished run tells."""

    state: RunState
    results: tuple[Result, ...]
    missing: tuple[str, ...] = ()
    """Models whose results never arrived: a shard was lost. They make it partial, never a pass."""
    links: Links = field(default_factory=Links)
    untrusted_because: str = ""
    commit: str = ""
    """That wrote the registry."""
    carried: str = ""
    """One sentence about the models that were not run again."""

    @property
    def status(self) -> Status:
        """The worst of all models."""
        found = [r.record.status for r in self.results] + ([Status.PARTIAL] if self.missing else [])
        return min(found, key=WORST_FIRST.index, default=Status.FAIL)


def ended(run: Ended) -> str:
    """Return the comment, within GitHub's limit: details go first, then what passed, never the verdict."""
    ordered = sorted(run.results, key=lambda r: (WORST_FIRST.index(r.record.status), r.record.mqs, r.record.model))
    return composed(
        [
            part(_title(run)),
            *_caution(ordered),
            part(f"**What to do now:** {_advice(run, ordered)}"),
            _table(ordered, run),
            part(_unjudged(run)),
            *_causes(ordered),
            part(folded("Reproduce", _reproduce(ordered)), folded("Reproduce", _reproduce(ordered[:1])), "", rank=3),
            *([part(folded("Not run again", prose(run.carried, 400)), "", rank=4)] if run.carried else []),
            part(_written_where(run)),
            part(_foot(run, ordered)),
        ]
    )


def _title(run: Ended) -> str:
    count = len(run.results) + len(run.missing)
    there = [r for r in run.results if r.record.status is run.status]
    number = len(there) + (len(run.missing) if run.status is Status.PARTIAL else 0)
    sentence = {
        Status.BLOCKED: f"Blocked: {number} of {plural(count, 'model')} does not pass",
        Status.PARTIAL: f"Partial: no verdict on {number} of {plural(count, 'model')}",
        Status.FAIL: f"No evidence: nothing could be judged of {number} of {plural(count, 'model')}",
        Status.PENDING: "Pending",
        Status.PROVISIONAL: f"Provisional: {number} of {plural(count, 'model')}",
        Status.CERTIFIED: f"Certified: {number} of {plural(count, 'model')}",
    }[run.status]
    return f"### {_MARKS[run.status]} {sentence}, tier {run.state.tier}"


def _caution(ordered: Sequence[Result]) -> list[Part]:
    worst = ordered[0].record if ordered else None
    if worst is None or worst.status is not Status.BLOCKED or not worst.lost:
        return []
    lost = worst.lost[0]
    where = f", gateway {lost.gateway}" if lost.gateway else ""
    return [part(f"> [!CAUTION]\n> **{prose(worst.model)}{where}.** {prose(lost.reason, 300)}")]


def _advice(run: Ended, ordered: Sequence[Result]) -> str:
    match run.status:
        case Status.CERTIFIED:
            return "nothing."
        case Status.PROVISIONAL:
            return f"nothing is wrong; a heavier tier proves more: `{COMMAND} help` lists them."
        case Status.BLOCKED:
            gate = ordered[0].record.lost[0].gate if ordered[0].record.lost else ""
            explain = f" `{COMMAND} explain {prose(gate)}` tells what it claims." if gate else ""
            return f"mend the cause named first, push, then comment `{COMMAND} failed`.{explain}"
        case _:
            return f"comment `{COMMAND} retry`. It runs only what is missing; what was judged is kept."


def _table(ordered: Sequence[Result], run: Ended) -> Part:
    heads = ("Model", "Status", "MQS", "Gateways", "Survived", "Proved at least", "Time")
    rows = [_row(result) for result in ordered]
    missing = [(cell(name), "⚠️ No result", "", "", "", "", "") for name in run.missing]
    bad = [row for row, result in zip(rows, ordered, strict=True) if result.record.status is not Status.CERTIFIED]
    fewer = table(heads, [*missing, *bad], (2, 4, 5, 6)) if bad or missing else ""
    note = f"and {plural(len(rows) - len(bad), 'model')} certified: the summary lists them."
    top = table(heads, [*missing, *bad][:50], (2, 4, 5, 6))
    more = f"and {plural(len(rows) + len(missing) - 50, 'model')} more: the summary lists them."
    return part(table(heads, [*missing, *rows], (2, 4, 5, 6)), f"{fewer}\n\n{note}".strip(), f"{top}\n\n{more}", rank=1)


def _row(result: Result) -> tuple[str, ...]:
    record = result.record
    bold = "**" if record.status is not Status.CERTIFIED else ""
    bound = percent(record.lower_bound) if record.lower_bound is not None else "nothing"
    return (
        f"{bold}{cell(record.model)}{bold}",
        f"{bold}{_MARKS[record.status]} {record.status.capitalize()}{bold}",
        f"{bold}{record.mqs}{_change(result)}{bold}",
        _gateways(record),
        f"{record.corroborated} of {record.judged}",
        bound,
        f"{result.minutes:.0f} min" if result.minutes is not None else "",
    )


def _change(result: Result) -> str:
    if result.before is None:
        return ""
    change = result.record.mqs - result.before.mqs
    return f" (was {result.before.mqs})" if result.record.mqs == 0 and change else f" ({change:+})"


def _gateways(record: Record) -> str:
    fell = [str(g) for g, state in record.gateways.items() if state is GatewayState.FELL]
    open_ = [str(g) for g, state in record.gateways.items() if state is GatewayState.NOT_EVALUATED]
    if fell:
        return f"**{', '.join(fell)} fell**"
    return f"{', '.join(open_)} not evaluated" if open_ else "all hold"


def _unjudged(run: Ended) -> str:
    count = sum(r.unjudged for r in run.results)
    total = sum(sum(r.record.outcomes.values()) for r in run.results)
    again = f" Ask again with `{COMMAND} retry`." if count or run.missing else ""
    lost = f" The results of {plural(len(run.missing), 'model')} never arrived." if run.missing else ""
    return f"**Not judged: {count:,} of {total:,}.**{lost}{again}"


def _causes(ordered: Sequence[Result]) -> list[Part]:
    found = [(result, lost) for result in ordered for lost in result.record.lost]
    if not found:
        return []
    claims = sum(lost.claims for _, lost in found)
    title = f"{plural(len(found), 'cause')}, {plural(claims, 'failed claim')}"
    return [
        part(
            folded(title, _cause_table(found[:_CAUSES])),
            folded(title, _cause_table(found[:5])),
            f"{title}: the evidence tells them.",
            rank=2,
        )
    ]


def _cause_table(found: Sequence[tuple[Result, LostClaims]]) -> str:
    rows = [
        (
            cell(result.record.model, 80),
            span(lost.gate, 60),
            cell(lost.reason, 200),
            str(lost.claims),
            _ticket(result.tickets.get(lost.gate, "")),
        )
        for result, lost in found
    ]
    return table(("Model", "Gate", "Cause", "Claims", "Ticket"), rows, (3,))


def _ticket(where: str) -> str:
    words = "draft" if "/issues/new?" in where else "ticket"
    return link(words, where) if where.startswith(("https://", "http://")) else cell(where) if where else "none"


def _reproduce(ordered: Sequence[Result]) -> str:
    lines = "\n".join(one_line(result.record.recheck, 600).replace("`", "'") for result in ordered[:20])
    return f"````sh\n{lines}\n````"


def _written_where(run: Ended) -> str:
    if run.commit:
        where = f"The registry rows were written in `{run.commit[:7]}`."
    else:
        why = f": {prose(run.untrusted_because)}" if run.untrusted_because else ""
        where = f"Nothing was written to the registry{why}."
    names = (("Certificates", run.links.certificate), ("Evidence", run.links.evidence), ("Run", run.links.run))
    return " ".join([where, " · ".join(link(words, url) for words, url in names if url)]).strip()


def _foot(run: Ended, ordered: Sequence[Result]) -> str:
    record = ordered[0].record if ordered else None
    engines = sorted({f"{e.name} {e.version}" for r in ordered for e in r.record.engines.values()})
    return (
        small(
            f"`apr-qa:{KEY}`",
            f"commit `{run.state.sha[:7]}`",
            f"job `sha256:{run.state.job[:8]}`",
            f"evidence `{record.evidence[:8]}`" if record and len(ordered) == 1 else "",
            f"apr-qa {__version__}",
            *(prose(engine, 60) for engine in engines[:4]),
            f"score {prose(record.formula, 20)}" if record else "",
        )
        + f"\n{written(run.state)}"
    )
