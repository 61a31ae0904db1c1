"""The sticky comment while nothing is decided: queued, running, cancelled, outdated; and the reply to `plan`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from apr_qa import __version__
from apr_qa.bot.comments.parts import Part, cell, composed, folded, link, part, small, table
from apr_qa.bot.comments.shards import Bar, chart
from apr_qa.bot.reading import COMMAND
from apr_qa.bot.selection import Chosen, LeftOut, Selection
from apr_qa.bot.state import KEY, RunState, written
from apr_qa.reports._words import plural
from apr_qa.reports.markdown import prose, span
from apr_qa.vocab.axes import Gateway


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """How far one model is."""

    name: str
    gateways: dict[Gateway, str]
    """`holds`, `open` or `fell`, as far as known."""
    judged: int
    claims: int
    minutes_left: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """Where more is to be seen; empty texts are left out."""

    run: str = ""
    plan: str = ""
    evidence: str = ""
    certificate: str = ""
    registry: str = ""


def queued(state: RunState, selection: Selection, links: Links, *, untrusted_because: str = "") -> str:
    """Return the comment when a run was accepted and nothing has run."""
    count = plural(len(selection.chosen), "model")
    return composed(
        [
            part(f"### 🕓 Queued: {count}, tier {state.tier}"),
            part(f"Nothing has run yet. Expect about **{_minutes(selection.minutes)}** of work in all."),
            *_planned(selection),
            *_untrusted(untrusted_because),
            part(_stop(state, links)),
            part(_foot(state)),
        ]
    )


def brief(title: str, state: RunState) -> str:
    """Return one line instead of a comment, for repositories that want quiet; the state is kept all the same."""
    return composed([part(f"{title} The check run tells more."), part(_foot(state))])


def planned(selection: Selection, tier: str, sha: str) -> str:
    """Return the reply to `plan`: what would run, what it costs, what cannot."""
    return composed(
        [
            part(f"### 📋 Plan: {plural(len(selection.chosen), 'model')}, tier {tier}"),
            part(f"About **{_minutes(selection.minutes)}** of work in all. Nothing was started."),
            *_planned(selection),
            part(small("`apr-qa:reply:v1`", f"commit `{sha[:7]}`", f"apr-qa {__version__}")),
        ]
    )


def running(
    state: RunState, models: Sequence[Running], links: Links, *, now: datetime | None = None, bars: Sequence[Bar] = ()
) -> str:
    """Return the comment while it runs, as it was at `now`; the worst model first, `bars`: its shards."""
    judged, claims = sum(m.judged for m in models), sum(m.claims for m in models)
    known = [m.minutes_left for m in models if m.minutes_left is not None]
    left = f", about {_minutes(max(known))} left" if known else ""
    ordered = sorted(models, key=lambda m: ("fell" not in m.gateways.values(), m.name))
    rows = [
        (
            cell(m.name),
            *(_gateway(m.gateways.get(g, "open")) for g in Gateway),
            f"{m.judged} of {m.claims}",
            _minutes(m.minutes_left) if m.minutes_left is not None else "",
        )
        for m in ordered
    ]
    heads = ("Model", *map(str, Gateway), "Judged", "Time left")
    return composed(
        [
            part(f"### 🔵 Running: {judged} of {claims} claims judged{left}"),
            part(table(heads, rows, right=(6, 7)), f"{plural(len(models), 'model')} under way.", rank=1),
            *(chart(bars, now) if now else []),
            part(f"Edited {now:%H:%M} UTC. {_stop(state, links)}" if now else _stop(state, links)),
            part(_foot(state)),
        ]
    )


def cancelled(state: RunState, by: str, links: Links) -> str:
    """Return the comment after `cancel`."""
    return composed(
        [
            part("### ⏹️ Cancelled: no verdict"),
            part(f"@{by} stopped it. What was judged is kept; `{COMMAND} retry` goes on from there."),
            part(" · ".join(filter(None, [_linked("Run", links.run), _linked("Evidence so far", links.evidence)]))),
            part(_foot(state)),
        ]
    )


def outdated(state: RunState, head_sha: str, links: Links) -> str:
    """Return the comment when the pull request moved on while it ran: true of the old commit, silent on the new."""
    return composed(
        [
            part(f"### 🕰️ Outdated: this is about `{state.sha[:7]}`, the pull request is at `{head_sha[:7]}`"),
            part("Nothing of it counts for the new commit, and nothing was written to the registry."),
            part(f"**What to do now:** comment {span(state.line, 300)} to ask for the new one." if state.line else ""),
            part(_linked("Run", links.run)),
            part(_foot(state)),
        ]
    )


def _planned(selection: Selection) -> list[Part]:
    parts = []
    if selection.chosen:
        rows = [_chosen(item) for item in selection.chosen]
        heads = ("Model", "Cells planned", "About", "Cannot be planned here")
        parts.append(part(table(heads, rows, right=(1, 2)), f"{plural(len(rows), 'model')}: the plan lists them."))
    if any(item.gap for item in selection.chosen):
        narrow = "To narrow the claim instead, ask for `backend=cpu`; the certificate will say so."
        parts.append(part(f"A model with cells that cannot run reaches **Partial** at best. {narrow}"))
    if selection.left_out:
        listed = "\n".join(f"- {cell(item.name)}: {cell(item.reason)}" for item in selection.left_out)
        title = f"Left out: {plural(len(selection.left_out), 'model')}"
        parts.append(part(folded(title, listed), f"{title}; the plan says why.", rank=2))
    return parts


def _chosen(item: Chosen) -> tuple[str, str, str, str]:
    return cell(item.name), f"{item.cells} of {item.required}", _minutes(item.minutes), item.gap or "none"


def left_out_only(left_out: Sequence[LeftOut]) -> str:
    """Return the list of models that will not run, for a command that comes to nothing."""
    return "\n".join(f"- {cell(item.name)}: {cell(item.reason)}" for item in left_out) or "- no model fits these words"


def _untrusted(because: str) -> list[Part]:
    text = f"The result is shown here and not written to the registry: {prose(because)}."
    return [part(f"> [!NOTE]\n> {text}")] if because else []


def _gateway(word: str) -> str:
    return "**fell**" if word == "fell" else word


def _stop(state: RunState, links: Links) -> str:
    shown = " · ".join(filter(None, [_linked("Live log", links.run), _linked("Plan", links.plan)]))
    asked = f"Asked by @{state.asked_by} for commit `{state.sha[:7]}`. Stop it with `{COMMAND} cancel`."
    return f"{asked} {shown}".strip()


def _linked(words: str, url: str) -> str:
    return link(words, url) if url else ""


def _minutes(minutes: float) -> str:
    return f"{minutes / 60:.1f} h" if minutes >= 120 else f"{max(1, round(minutes))} min"


def _foot(state: RunState) -> str:
    return f"{small(f'`apr-qa:{KEY}`', f'job `sha256:{state.job[:8]}`', f'apr-qa {__version__}')}\n{written(state)}"
