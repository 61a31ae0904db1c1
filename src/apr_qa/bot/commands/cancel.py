"""`/certify cancel`: stop the run; what was judged is kept."""

from __future__ import annotations

from dataclasses import replace

from apr_qa.bot.commands._starting import check_of
from apr_qa.bot.comments.progress import cancelled
from apr_qa.bot.comments.replies import plain
from apr_qa.bot.room import BotCommand
from apr_qa.bot.situation import Answer, Situation
from apr_qa.bot.state import KEY, Stage
from apr_qa.vocab.effects import CancelRun, CheckStatus, Conclusion, Effect, Mood, StickyComment
from apr_qa.vocab.orders import Order, Verb


def cancel(_order: Order, situation: Situation) -> Answer:
    """Stop the workflow run and say so where it was announced."""
    state = situation.state
    if state is None or not state.stage.is_going_on:
        reply = plain("Nothing is running here", "So there is nothing to stop.", "nothing-runs")
        return Answer(code="nothing-runs", mood=Mood.CONFUSED, reply=reply)
    body = cancelled(replace(state, stage=Stage.CANCELLED), situation.asker.login, situation.links)
    title = f"Cancelled by {situation.asker.login}"
    check = replace(
        check_of(situation, state.sha, state.job, title, body),
        status=CheckStatus.COMPLETED,
        conclusion=Conclusion.CANCELLED,
    )
    effects: list[Effect] = [
        StickyComment(repo=situation.repo, number=situation.pull.number, key=KEY, body=body),
        check,
    ]
    if state.run_id is not None:
        effects.insert(0, CancelRun(repo=situation.repo, run_id=state.run_id))
    return Answer(code="cancelled", mood=Mood.DONE, effects=tuple(effects))


CANCEL = BotCommand(verb=Verb.CANCEL, answer=cancel)
