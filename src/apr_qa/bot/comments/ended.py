"""The sticky comment when it is decided: verdict, what to do now, table worst first, what is missing, how to repeat."""

from __future__ import annotations

from collections.abc import Sequence

from apr_qa import __version__
from apr_qa.bot.comments.causes import Cause, causes, caution, why_open
from apr_qa.bot.comments.changes import changes
from apr_qa.bot.comments.parts import Part, cell, composed, folded, link, part, small, table
from apr_qa.bot.comments.result import WORST_FIRST, Ended, Result
from apr_qa.bot.reading import COMMAND
from apr_qa.bot.state import KEY, written
from apr_qa.registry.record import Record
from apr_qa.reports._words import percent, plural
from apr_qa.reports.markdown import prose
from apr_qa.stats.judged import sentence
from apr_qa.text import one_line
from apr_qa.vocab.score import GatewayState, Status

_MARKS = {
    Status.BLOCKED: "❌",
    Status.FAIL: "⚠️",
    Status.PARTIAL: "⚠️",
    Status.PENDING: "⚠️",
    Status.PROVISIONAL: "🟡",
    Status.CERTIFIED: "✅",
}


def ended(run: Ended) -> str:
    """Return the comment, within GitHub's limit: details go first, then what passed, never the verdict."""
    ordered = sorted(run.results, key=lambda r: (WORST_FIRST.index(r.record.status), r.record.mqs, r.record.model))
    return composed(
        [
            part(_title(run)),
            *_box(run, ordered),
            part(f"**What to do now:** {_advice(run, ordered)}"),
            _table(ordered, run),
            part(_unjudged(run, ordered)),
            part(_not_proved(run, ordered), "", rank=4),
            *causes(_causes(ordered)),
            *why_open(reason for result in ordered for reason in result.open),
            *changes([(result.record, result.earlier or _alone(result)) for result in ordered]),
            part(_reproduce(run, ordered), _reproduce(run, ordered[:1]), "", rank=3),
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


def _box(run: Ended, ordered: Sequence[Result]) -> list[Part]:
    worst = ordered[0] if ordered else None
    if worst and worst.record.status is Status.BLOCKED and worst.record.lost:
        return [caution(worst.record, worst.culprits)]
    if run.status in (Status.PARTIAL, Status.FAIL):
        lost = sum(item.claims for result in ordered for item in result.record.lost)
        failed = f"{plural(lost, 'claim')} failed" if lost else "Nothing failed"
        why = f" {prose(worst.record.reason, 300)}" if worst else ""
        return [
            part(f"> [!WARNING]\n> **No verdict, and that is not the model's fault.** {failed} among what ran.{why}")
        ]
    return []


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
    timed = any(result.minutes is not None for result in ordered)
    heads = ("Model", "Status", "MQS", "Gateways", "Survived", "Proved at least", "Time")[: 7 if timed else 6]
    rows = [_row(result)[: len(heads)] for result in ordered]
    missing = [(cell(name), "⚠️ No result", "", "", "", "", "")[: len(heads)] for name in run.missing]
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


def _unjudged(run: Ended, ordered: Sequence[Result]) -> str:
    count = sum(r.unjudged for r in ordered)
    total = sum(sum(r.record.outcomes.values()) for r in ordered)
    # (where a gateway fell, mending it comes before asking for the rest)
    again = f" Ask again with `{COMMAND} retry`." if (count or run.missing) and run.status is not Status.BLOCKED else ""
    lost = f" The results of {plural(len(run.missing), 'model')} never arrived." if run.missing else ""
    cells, asked = (sum(len(getattr(r.record, name)) for r in ordered) for name in ("cells", "matrix_cells"))
    ran = f" {'All' if cells == asked else f'{cells} of'} {plural(asked, 'cell')} ran." if asked else ""
    return f"**Not judged: {count:,} of {total:,}.**{ran}{lost}{again}"


def _not_proved(run: Ended, ordered: Sequence[Result]) -> str:
    """The claim's own limits, and the judge's: how many planted faults it finds at this tier."""
    narrowed = list(dict.fromkeys(words for result in ordered for words in result.record.reservations))
    less = f"**Not proved:** {'; '.join(prose(words, 160) for words in narrowed[:6])}. " if narrowed else ""
    return f"{less}The judge, judged {sentence(run.state.tier)}." if ordered else ""


def _causes(ordered: Sequence[Result]) -> list[Cause]:
    return [
        Cause(
            model=result.record.model,
            lost=lost,
            culprit=result.culprits.get(lost.gate, ""),
            ticket=result.tickets.get(lost.gate, ""),
        )
        for result in ordered
        for lost in result.record.lost
    ]


def _alone(result: Result) -> tuple[Record, ...]:
    return (result.before,) if result.before else ()


def _reproduce(run: Ended, ordered: Sequence[Result]) -> str:
    """The cheapest way first: from the evidence, then the same questions anew, then in the very same image."""
    anew = [one_line(result.record.recheck, 600).replace("`", "'") for result in ordered[:20]]
    lines = ["apr-qa score evidence.json --rejudge   # the stored answers, judged again: no model needed", *anew]
    if run.image and anew:
        lines.append(f'docker run --rm -v "$PWD:/w" -w /w {one_line(run.image, 300)} {anew[0].removeprefix("apr-qa ")}')
    text = "\n".join(lines)
    return folded("Reproduce", f"````sh\n{text}\n````") if anew else ""


def _written_where(run: Ended) -> str:
    if run.commit:
        where = f"The registry rows were written in `{run.commit[:7]}`."
    elif run.links.registry:
        where = f"The registry rows wait in {link('a pull request', run.links.registry)}: the branch takes no commits."
    else:
        why = f": {prose(run.untrusted_because)}" if run.untrusted_because else ""
        where = f"Nothing was written to the registry{why}."
    names = (("Certificates", run.links.certificate), ("Evidence", run.links.evidence), ("Run", run.links.run))
    return " ".join([where, " · ".join(link(words, url) for words, url in names if url)]).strip()


def _foot(run: Ended, ordered: Sequence[Result]) -> str:
    one = ordered[0].record if len(ordered) == 1 else None
    engines = sorted({f"{e.name} {e.version}" for r in ordered for e in r.record.engines.values()})
    formulas = sorted({r.record.formula for r in ordered})
    image = run.image.partition("@sha256:")[2]
    return (
        small(
            f"`apr-qa:{KEY}`",
            f"commit `{run.state.sha[:7]}`",
            f"job `sha256:{run.state.job[:8]}`",
            f"plan `sha256:{one.plan_digest[:8]}`" if one and one.plan_digest else "",
            f"evidence `sha256:{one.evidence[:8]}`" if one else "",
            f"image `sha256:{image[:8]}`" if image else "",
            f"apr-qa {__version__}",
            *(prose(engine, 60) for engine in engines[:4]),
            *(f"score {prose(formula, 20)}" for formula in formulas[:1]),
            f"counts until {prose(one.expires, 10)}" if one and one.expires else "",
        )
        + f"\n{written(run.state)}"
    )
