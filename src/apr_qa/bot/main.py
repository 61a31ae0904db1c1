"""Event in, effects out. Nothing that speaks to the bot goes unanswered, and nothing it says can start it again."""

from __future__ import annotations

from dataclasses import dataclass, replace

from apr_qa.bot.comments.parts import silenced
from apr_qa.bot.comments.replies import broken_policy, denied, misread, plain
from apr_qa.bot.events import on_event
from apr_qa.bot.hearing import judged, look_up, tier_of
from apr_qa.bot.job import Job
from apr_qa.bot.parser import parse
from apr_qa.bot.reading import command_lines
from apr_qa.bot.room import BotCommand
from apr_qa.bot.situation import Answer, Situation, Surroundings
from apr_qa.errors import InputError
from apr_qa.github.client import Client
from apr_qa.github.door import Door
from apr_qa.reports.markdown import prose
from apr_qa.rooms import furnish
from apr_qa.vocab.effects import Done, Effect, Mood, Reaction, StickyComment
from apr_qa.vocab.events import Comment, Event, Nothing
from apr_qa.vocab.orders import Misread, Order, Verb

COMMANDS = "apr_qa.bot.commands"
_STARTING = (Verb.RUN, Verb.RETRY)
_MOODS = (Mood.REFUSED, Mood.CONFUSED, Mood.ROCKET, Mood.DONE)
"""Of several commands in one comment the first of these is shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What an event comes to."""

    codes: tuple[str, ...]
    """One for each command; for other events one."""
    effects: tuple[Effect, ...] = ()
    job: Job | None = None
    """What the next jobs of the workflow carry out."""


def hear(event: Event, door: Door, around: Surroundings) -> Heard:
    """Return what should happen. Raises GitHubError when GitHub cannot be asked."""
    match event:
        case Nothing():
            return Heard(codes=("ignored",))
        case Comment():
            return _comment(event, door, around)
        case _:
            answer = on_event(event, door, around)
            return Heard(codes=(answer.code,), effects=answer.effects, job=answer.job)


def respond(event: Event, client: Client, around: Surroundings) -> tuple[Heard, tuple[Done, ...]]:
    """Hear an event and bring about what it comes to; a command is acknowledged before anything else."""
    if isinstance(event, Comment) and _speaks(event):
        client.perform_all([Reaction(repo=event.repo, comment_id=event.comment_id, mood=Mood.EYES)])
    heard = hear(event, client.door, around)
    return heard, client.perform_all(heard.effects)


def _speaks(event: Comment) -> bool:
    return not event.author_is_bot and bool(command_lines(event.body))


def _comment(event: Comment, door: Door, around: Surroundings) -> Heard:
    if not _speaks(event):
        return Heard(codes=("ignored",))
    try:
        situation = look_up(event, door, around)
    except InputError as error:
        answers = [Answer(code="broken-policy", mood=Mood.CONFUSED, reply=broken_policy(str(error)))]
    else:
        answers = _answers([parse(line) for line in command_lines(event.body)], situation, door)
    return _heard(event, answers)


def _answers(said: list[Order | Misread], situation: Situation, door: Door) -> list[Answer]:
    answers: list[Answer] = []
    starts = 0
    for item in said:
        if isinstance(item, Order) and item.verb in _STARTING:
            starts += 1
        answers.append(_second_run() if starts > 1 and _is_start(item) else _answer(item, situation, door))
    return answers


def _is_start(item: Order | Misread) -> bool:
    return isinstance(item, Order) and item.verb in _STARTING


def _second_run() -> Answer:
    text = "Name all models in one command, with commas between them. The first command was answered."
    return Answer(code="one-run", mood=Mood.CONFUSED, reply=plain("One run for each comment", text, "one-run"))


def _answer(said: Order | Misread, situation: Situation, door: Door) -> Answer:
    if isinstance(said, Misread):
        return Answer(code=said.code, mood=Mood.CONFUSED, reply=misread(said))
    decision = judged(said, situation, door)
    if not decision.allowed:
        reply = denied(decision, situation.asker, tier_of(said, situation), situation.pull.head_sha, said.text)
        return Answer(code=decision.code, mood=Mood.REFUSED, reply=reply)
    command = {c.verb: c for c in furnish(COMMANDS, BotCommand)}[said.verb]
    try:
        return command.answer(said, replace(situation, decision=decision))
    except InputError as error:
        reply = plain("😕 This cannot be carried out", f"{prose(error.problem)}. {error.remedy}", "cannot-be")
        return Answer(code="cannot-be", mood=Mood.CONFUSED, reply=reply)


def _heard(event: Comment, answers: list[Answer]) -> Heard:
    replies = [answer.reply for answer in answers if answer.reply]
    effects: list[Effect] = [effect for answer in answers for effect in answer.effects]
    if replies:
        body = silenced("\n---\n\n".join(replies))
        key = f"reply:{event.comment_id}"
        effects.append(StickyComment(repo=event.repo, number=event.number, key=key, body=body))
    mood = next(mood for mood in _MOODS if any(answer.mood is mood for answer in answers))
    effects.append(Reaction(repo=event.repo, comment_id=event.comment_id, mood=mood))
    return Heard(
        codes=tuple(answer.code for answer in answers),
        effects=tuple(effects),
        job=next((answer.job for answer in answers if answer.job), None),
    )
