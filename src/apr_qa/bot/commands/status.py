"""`/certify status`: where the run stands."""

from __future__ import annotations

from apr_qa.bot.comments.parts import link
from apr_qa.bot.comments.replies import plain
from apr_qa.bot.reading import COMMAND
from apr_qa.bot.room import BotCommand
from apr_qa.bot.situation import Answer, Situation
from apr_qa.bot.state import RunState
from apr_qa.reports._words import plural
from apr_qa.reports.markdown import prose
from apr_qa.vocab.effects import Mood
from apr_qa.vocab.orders import Order, Verb


def status(_order: Order, situation: Situation) -> Answer:
    """Tell the stage, the models and the commit of the last run here."""
    state = situation.state
    if state is None:
        text = f"Nothing was certified on this pull request yet. `{COMMAND} help` tells how."
        return Answer(code="no-run", mood=Mood.CONFUSED, reply=plain("No run here", text, "no-run"))
    moved = situation.pull.head_sha != state.sha
    lines = [
        f"{plural(len(state.models), 'model')}: {prose(', '.join(state.models[:10]), 400)}",
        f"Asked by @{state.asked_by} for commit `{state.sha[:7]}`, tier {state.tier}.",
        f"The pull request is at `{situation.pull.head_sha[:7]}` now: the result will be outdated." if moved else "",
        _missing(state),
        link("Run", situation.around.run_url) if situation.around.run_url else "",
    ]
    reply = plain(f"Run: {state.stage}", "\n\n".join(filter(None, lines)), "status")
    return Answer(code="status", mood=Mood.DONE, reply=reply)


def _missing(state: RunState) -> str:
    if not state.unjudged:
        return ""
    return f"Not judged in full: {prose(', '.join(state.unjudged[:10]), 400)}. Ask again with `{COMMAND} retry`."


STATUS = BotCommand(verb=Verb.STATUS, answer=status)
