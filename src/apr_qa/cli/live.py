"""A run on a terminal (redrawn in place) or in a log (plain lines, with a sign of life every ten seconds)."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from apr_qa.cli.watch import Watch, about, clock_text, mark_of
from apr_qa.vocab.axes import Cell, Gateway, Modality
from apr_qa.vocab.verdict import Outcome

HEARTBEAT_S = 10.0
BAR_WIDTH = 48
NAMES = {
    Gateway.G0: "Integrity",
    Gateway.G1: "Load",
    Gateway.G2: "Inference",
    Gateway.G3: "Stability",
    Gateway.G4: "Quality",
}
_COLOURS = {"ok": "green", "x": "red", "T": "red", "C": "red", "?": "yellow", "-": "dim", ".": "dim"}


@contextmanager
def watching(title: str, *, quiet: bool = False) -> Iterator[Watch]:
    """Show a run on standard error while the block runs; yields what the pipeline should call.

    A job of GitHub Actions is never quiet: its log is all that anybody sees of a run of hours.
    """
    console = Console(stderr=True, highlight=False)
    if quiet and os.environ.get("GITHUB_ACTIONS") != "true":
        yield Watch()
    elif console.is_terminal and not console.is_dumb_terminal:
        with _redrawn(title, console) as watch:
            yield watch
    else:
        with _in_lines(title) as watch:
            yield watch


@contextmanager
def _redrawn(title: str, console: Console) -> Iterator[Watch]:
    watch = Watch()
    with Live(get_renderable=lambda: picture(title, watch), console=console, refresh_per_second=4, transient=True):
        yield watch


@contextmanager
def _in_lines(title: str) -> Iterator[Watch]:
    watch = Watch()

    def say(news: str) -> None:
        if news:
            at = f"{clock_text(watch.elapsed_s):>6}  {watch.claims_done:>4}/{watch.total}" if watch.plan else " " * 8
            print(f"{at}  {news}", file=sys.stderr, flush=True)  # noqa: T201  (a log is what this is)

    watch.changed = say
    say(title)
    over = threading.Event()
    pulse = threading.Thread(target=_pulse, args=(watch, over), daemon=True)
    pulse.start()
    try:
        yield watch
    finally:
        over.set()
        pulse.join()


def _pulse(watch: Watch, over: threading.Event) -> None:
    while not over.wait(HEARTBEAT_S):
        left = about(watch.remaining_s)
        watch.changed(f"... {watch.doing or 'working'}   {left}".rstrip())


def picture(title: str, watch: Watch) -> Group:
    """Return one frame: gateways and cells side by side, the latest losses, what runs now, and the bar."""
    if watch.plan is None:
        return Group(Text(title, style="bold"), Text(f"  {watch.doing}"))
    again = f"   {watch.resumed} of {watch.total} claims taken up" if watch.resumed else ""
    head = Text(f"{title}   plan {watch.plan.digest[:8]}   {clock_text(watch.elapsed_s)}{again}", style="bold")
    sides = Table.grid(padding=(0, 6))
    sides.add_row(_gateways(watch), _cells(watch))
    parts: list[Text | Table] = [head, Text(""), sides, Text("")]
    parts += [Text(f"  {clock_text(at):>6}  {news}", style="red", overflow="ellipsis") for at, news in watch.losses]
    parts += [Text(f"  now   {watch.doing or '...'}", overflow="ellipsis"), _bar(watch)]
    return Group(*parts)


def _gateways(watch: Watch) -> Table:
    table = Table.grid(padding=(0, 2))
    planned = {g: sum(1 for c in watch.plan.claims if c.gateway is g) for g in Gateway} if watch.plan else {}
    for gateway, counts in watch.gateways.items():
        fell = any(counts[o] for o in Outcome if o.is_lost)
        held = counts[Outcome.CORROBORATED]
        word = "fell" if fell else "ok" if held and held == planned[gateway] else "."
        style = {"fell": "red", "ok": "green"}.get(word, "dim")
        table.add_row(f"  {gateway} {NAMES[gateway]}", Text(word, style=style), f"{held} of {planned[gateway]}")
    return table


def _cells(watch: Watch) -> Table:
    modalities = [m for m in Modality if any(cell.modality is m for cell in watch.cells)]
    table = Table(box=None, padding=(0, 2), show_header=True, header_style="dim")
    table.add_column("")
    for modality in modalities:
        table.add_column(modality.value, justify="right")
    for form, backend in dict.fromkeys((cell.format, cell.backend) for cell in watch.cells):
        cells = [Cell(format=form, backend=backend, modality=modality) for modality in modalities]
        marks = [mark_of(watch.cells[cell]) if cell in watch.cells else " " for cell in cells]
        table.add_row(f"{form} {backend}", *(Text(m, style=_COLOURS.get(m.split(" ")[0], "")) for m in marks))
    return table


def _bar(watch: Watch) -> Text:
    share = watch.claims_done / watch.total if watch.total else 0.0
    filled = round(share * BAR_WIDTH)
    bar = "#" * filled + "." * (BAR_WIDTH - filled)
    lost = f", {watch.lost} lost" if watch.lost else ""
    return Text(f"  [{bar}]  {watch.claims_done} of {watch.total} claims{lost}   {about(watch.remaining_s)}")
