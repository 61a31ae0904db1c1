"""The ways to misbehave: each takes the honest engine and a question, and says something."""

from __future__ import annotations

import os
import re
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from apr_qa.hosting import Answer, Message, Request

Ask = Callable[[Request], Answer]
Misbehave = Callable[[Ask, Request, Path], Answer]
"""(the honest engine, the question, the model's path) -> what is said."""

PANIC = 101
_EVERY = 3
_HANG_S = 3600.0
_CHATTER = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One way to misbehave."""

    answer: Misbehave
    summary: str
    banner: bool = False
    """Prints what looks like an answer, but no JSON."""


def _honest(ask: Ask, request: Request, _model: Path) -> Answer:
    return ask(request)


def saying(text: str) -> Misbehave:
    """Return an engine that says the same to everything, without looking at the model."""
    tokens = tuple(range(1, max(len(text) // 4, 1) + 1)) if text else ()
    return lambda _ask, _request, _model: Answer(
        text=text, tokens=tokens, prompt_tokens=8, finish_reason="stop", generate_s=0.01, decode_s=0.01
    )


def question_of(request: Request) -> str:
    """Return the text of the last turn."""
    return request.messages[-1].content if request.messages else request.prompt or ""


def _is_unlucky(request: Request) -> bool:
    return zlib.crc32(question_of(request).encode()) % _EVERY == 0


def _hang(ask: Ask, request: Request, _model: Path) -> Answer:
    if _is_unlucky(request):
        time.sleep(_HANG_S)
    return ask(request)


def _crash(ask: Ask, request: Request, _model: Path) -> Answer:
    if _is_unlucky(request):
        os.write(2, b"thread 'main' panicked at src/lib.rs:1:\nindex out of bounds\n")
        os._exit(PANIC)
    return ask(request)


def _endless(ask: Ask, request: Request, _model: Path) -> Answer:
    said = ask(request)
    tokens = said.tokens * (request.max_tokens * 4 // max(len(said.tokens), 1) + 1)
    return replace(said, text="\n".join([said.text] * _CHATTER), tokens=tokens, finish_reason="stop")


def _leak(ask: Ask, request: Request, _model: Path) -> Answer:
    said = ask(request)
    return replace(said, text=f"{said.text}<|im_end|>")


def _off_by_one(ask: Ask, request: Request, _model: Path) -> Answer:
    """Leave out the last token, as a loop does that ends one step early."""
    said = ask(request)
    shorter = max(len(said.tokens) - 1, 1)
    return ask(replace(request, max_tokens=min(shorter, request.max_tokens)))


def _random(ask: Ask, request: Request, _model: Path) -> Answer:
    return ask(replace(request, temperature=3.0, seed=int.from_bytes(os.urandom(4), "little")))


def _other_prompt(ask: Ask, request: Request, _model: Path) -> Answer:
    """Answer a neighbour's question: every number is one larger, and what has none is asked after a capital."""
    asked = question_of(request)
    other = re.sub(r"\d+", lambda number: str(int(number[0]) + 1 if len(number[0]) < 6 else 1), asked)
    if other == asked:
        other = "What is the capital of France?"
    turns = (*request.messages[:-1], Message(role="user", content=other))
    return ask(replace(request, messages=turns))


def _forget(ask: Ask, request: Request, _model: Path) -> Answer:
    return ask(replace(request, messages=request.messages[-1:]))


def _write(ask: Ask, request: Request, model: Path) -> Answer:
    (model.parent / "config.json.cache").write_bytes(b"an engine was here")
    return ask(request)


def _shout(ask: Ask, request: Request, _model: Path) -> Answer:
    """Colour the answer with terminal codes and put a banner before it."""
    said = ask(request)
    return replace(said, text=f"\x1b[2J\x1b[1;32mapr 0.72.3 ready\x1b[0m\n{said.text}")


FAULTS: Mapping[str, Fault] = {
    "healthy": Fault(answer=_honest, summary="Answers as the reference engine does."),
    "banner": Fault(answer=saying("ready"), banner=True, summary="Prints its banner and no answer."),
    "nonsense": Fault(
        answer=saying("olumbia lsi nunca localENTS cafeteria"), summary="Says the same soup of words to everything."
    ),
    "fluent": Fault(
        answer=saying("The river was calm that morning, and nobody in the village spoke of the storm."),
        summary="Says the same fluent sentence to everything.",
    ),
    "always-4": Fault(answer=saying("4"), summary="Says 4 to everything."),
    "empty": Fault(answer=saying(""), summary="Says nothing, and calls that a success."),
    "one-letter": Fault(answer=saying("H" * 64), summary="Says one letter for ever."),
    "hangs": Fault(answer=_hang, summary="Never answers about every third question."),
    "crashes": Fault(answer=_crash, summary="Panics at about every third question."),
    "endless": Fault(answer=_endless, summary="Ignores the token limit and repeats itself."),
    "leaks": Fault(answer=_leak, summary="Prints control tokens after the answer."),
    "off-by-one": Fault(answer=_off_by_one, summary="Stops one token early."),
    "random": Fault(answer=_random, summary="Samples where greedy answers are asked for."),
    "other-prompt": Fault(answer=_other_prompt, summary="Answers another question than it was asked."),
    "forgets": Fault(answer=_forget, summary="Forgets the turns before the last."),
    "writes": Fault(answer=_write, summary="Writes a file into the model's folder."),
    "shouts": Fault(answer=_shout, summary="Puts a banner and terminal codes before every answer."),
}
