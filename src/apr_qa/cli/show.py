"""How plans and verdicts read on a terminal: marks and words first, colour only repeats them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from apr_qa.cli.narrower import narrower
from apr_qa.cli.watch import MARKS
from apr_qa.text import one_line
from apr_qa.vocab.axes import Backend, Category, Cell, Gateway, Modality
from apr_qa.vocab.evidence import Evidence, Judged
from apr_qa.vocab.plan import NotRun, Plan
from apr_qa.vocab.scenario import Purpose
from apr_qa.vocab.score import Scorecard, Status
from apr_qa.vocab.stopped import stopped_early
from apr_qa.vocab.verdict import Outcome

COLOURS = {
    Status.CERTIFIED: "bold green",
    Status.PROVISIONAL: "bold yellow",
    Status.BLOCKED: "bold red",
    Status.FAIL: "bold red",
    Status.PARTIAL: "bold yellow",
    Status.PENDING: "dim",
}
LOSSES_SHOWN = 12
LONGEST_COMMAND = 240
PIPE_WIDTH = 200


def console() -> Console:
    """Return the console for answers; lines are not cut when the output goes to a file or a pipe."""
    probe = Console()
    return Console(highlight=False, soft_wrap=True, width=None if probe.is_terminal else PIPE_WIDTH)


def hung(out: Console, lead: str, text: str) -> None:
    """Print plain `text` behind `lead` (markup); a terminal gets whole words with further lines under the first.

    A file or a pipe gets one line, so that it can be searched.
    """
    column = Text.from_markup(lead).cell_len
    room = max(out.width - column, 20)
    lines = [line.plain.rstrip() for line in Text(text).wrap(out, room)] if out.is_terminal else [text]
    out.print(lead + escape(("\n" + " " * column).join(lines)))


def show_plan(plan: Plan, engine: str, *, started: bool) -> None:
    """Print what would run, what would not and why, and what it costs."""
    out = console()
    out.print(f"[bold]Plan[/]    {escape(plan.model)}, tier {plan.tier}, engine {escape(engine)}")
    _cells(plan, out)
    matrix = sum(1 for s in plan.scenarios if s.purpose is Purpose.MATRIX)
    probes = len(plan.scenarios) - matrix
    by_category = Counter(claim.category for claim in plan.claims)
    counts = "  ".join(f"{c} {by_category[c]}" for c in Category)
    out.print(
        f"        {matrix} matrix scenarios and {probes} probes in {len(plan.cells)} of {len(plan.matrix_cells)} cells"
    )
    out.print(f"        {len(plan.claims)} claims: {counts}")
    out.print(f"[bold]Cost[/]    {_minutes(plan.predicted_minutes)}, {plan.predicted_disk_bytes / 1e6:.1f} MB of disk")
    if rule := plan.sequential:
        out.print(
            f"[bold]Stop[/]    possible at {rule.looks} looks, the first after {rule.minimum} scenarios a cell: a pass"
            f" rate of {rule.bad:.0%} or less against {rule.good:.0%} or more"
        )
    for line in plan.narrowed:
        out.print(f"[bold]Narrow[/]  the claim is narrowed to {escape(line)}, and the certificate says so")
    _not_run(plan.not_run, out)
    for note in plan.notes:
        hung(out, "        note: ", one_line(note, 300))
    if any(item.required for item in plan.not_run):
        hung(out, "[yellow]![/]  ", "Evidence that the tier requires cannot be had here: the best status is PARTIAL.")
        if options := narrower(plan):
            out.print(f"   To narrow the claim instead, give  {options}")
    if not started:
        out.print(f"\nNothing was run or written. Plan sha256:{plan.digest[:8]}. Drop --dry-run to start.")


def show_verdict(evidence: Evidence, card: Scorecard, stopped: str) -> None:
    """Print status, reason, score, what was lost, and what was not tried."""
    out = console()
    run = evidence.run
    narrow = f", {'; '.join(run.narrowed)}" if run.narrowed else ""
    out.print(f"\n[{COLOURS[card.status]}]{card.status}[/]   {escape(run.model)}   tier {run.tier}{escape(narrow)}")
    out.print("")
    hung(out, "  ", one_line(card.reason, 600))
    if stopped:
        hung(out, "  ", f"The run stopped early: {one_line(stopped, 300)}.")
    if early := stopped_early(evidence):
        hung(out, "  ", f"Stopped early: {one_line(early, 400)}.")
    before = f" ({card.before_gateways} before a gateway fell)" if card.mqs != card.before_gateways else ""
    out.print(f"\n  MQS       {card.mqs} of 1000{before}      grade {card.grade}")
    bound = f", at least {100 * card.lower_bound:.1f} % at 95 %" if card.lower_bound is not None else ""
    out.print(f"  claims    {card.corroborated} of {card.judged} survived{bound}")
    rest = [f"{n} {name}" for name, n in card.outcomes.items() if n and name != Outcome.CORROBORATED]
    out.print(f"            {', '.join(rest) or 'none lost, none skipped'}")
    hung(out, "  gateways  ", "   ".join(f"{g} {card.gateways[g]}" for g in Gateway if g in card.gateways))
    points = "  ".join(f"{c} {s.points:.0f}/{s.maximum}" for c, s in card.categories.items())
    hung(out, "  points    ", points)
    _losses([j for j in evidence.judged if j.verdict.outcome.is_lost], evidence, out)
    _not_run(run.not_run, out)


def _cells(plan: Plan, out: Console) -> None:
    """Scenarios a cell, backends side by side; a dash for a cell that will not run."""
    asked = Counter(s.cell for s in plan.scenarios if not s.engine and s.purpose is Purpose.MATRIX)
    modalities = [m for m in Modality if any(c.modality is m for c in plan.matrix_cells)]
    backends = [b for b in Backend if any(c.backend is b for c in plan.matrix_cells)]
    running, wide = set(plan.cells), 7 * len(modalities)
    lead = " " * 19
    out.print("\n" + lead + "   ".join(f"    {backend:<{wide - 4}}" for backend in backends).rstrip())
    out.print(lead + "   ".join("".join(f"{m:>7}" for m in modalities) for _ in backends), style="dim")
    for form in dict.fromkeys(c.format for c in plan.matrix_cells):
        rows = [[Cell(format=form, backend=b, modality=m) for m in modalities] for b in backends]
        counts = ("".join(f"{asked[c] if c in running else '-':>7}" for c in row) for row in rows)
        out.print(f"        {form:<11}" + "   ".join(counts))
    out.print("")


def _not_run(items: Sequence[NotRun], out: Console) -> None:
    """Reasons once, with all that they hold back."""
    by_reason: dict[str, list[str]] = {}
    for item in items:
        by_reason.setdefault(item.reason, []).append(item.what)
    for reason, whats in by_reason.items():
        shown = ", ".join(whats[:4]) + (f" and {len(whats) - 4} more" if len(whats) > 4 else "")
        hung(out, "  [dim]-[/]  ", f"not run: {shown}: {one_line(reason, 300)}")


def _losses(lost: Sequence[Judged], evidence: Evidence, out: Console) -> None:
    """What was lost, worst first, a gate at a time: where, the first reason, and how to see it."""
    by_gate: dict[str, list[Judged]] = {}
    for item in sorted(lost, key=lambda j: (j.claim.gateway is None, j.claim.severity)):
        by_gate.setdefault(item.claim.gate, []).append(item)
    for gate, items in list(by_gate.items())[:LOSSES_SHOWN]:
        places = [str(item.claim.subject) for item in items]
        more = f" and {len(places) - 3} more" if len(places) > 3 else ""
        hung(out, f"\n  [red]{MARKS[items[0].verdict.outcome]}[/]  {gate:24} ", ", ".join(places[:3]) + more)
        hung(out, "     ", one_line(items[0].verdict.reason, 300))
        out.print(f"     [dim]see it[/]  {escape(_reproduce(items, evidence))}")
    if len(by_gate) > LOSSES_SHOWN:
        out.print(f"\n     and {len(by_gate) - LOSSES_SHOWN} gates more: the certificate lists them all")


def _reproduce(items: Sequence[Judged], evidence: Evidence) -> str:
    """The first command that can be copied from a screen; a long one, or one of several lines, is not shown torn."""
    told = {seen.scenario: seen.reproduce for seen in evidence.observations}
    for item in items:
        wanted = str(item.verdict.detail.get("scenario") or next(iter(item.claim.needs), ""))
        command = str(item.verdict.detail.get("reproduce") or told.get(wanted, ""))
        if command and len(command) <= LONGEST_COMMAND and command == one_line(command, LONGEST_COMMAND):
            return command
    return f"apr-qa explain {items[0].claim.gate}"


def _minutes(minutes: float) -> str:
    return f"about {minutes * 60:.0f} s" if minutes < 1.5 else f"about {minutes:.0f} min"


def table(columns: Iterable[str], rows: Iterable[Sequence[str]]) -> Table:
    """Return a plain table of texts; what stands in it is never read as markup."""
    made = Table(box=None, padding=(0, 0, 0, 2), header_style="dim")
    for place, column in enumerate(columns):
        made.add_column(column, no_wrap=place == 0)
    for row in rows:
        made.add_row(*(escape(cell) for cell in row))
    return made
