"""The inputs of the Action and the command line that they mean. `action.yml` says the same; a test compares."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from apr_qa.errors import InputError
from apr_qa.text import did_you_mean, one_line

CERTIFY, PLAN, RUN_SHARD, PUBLISH, BOT = "certify", "plan", "run-shard", "publish", "bot"
COMMANDS = (CERTIFY, PLAN, RUN_SHARD, PUBLISH, BOT)
_PLANNING = (CERTIFY, PLAN)
_SAID_BY_JOB = ("selector", "tier", "formats", "backends", "seed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One input: its name is the option's, unless it is a word of the command line."""

    name: str
    commands: tuple[str, ...]
    """Which commands take it."""
    default: str = ""
    option: bool = True
    """False: a word of its own, in the order of this table."""
    several: bool = False
    """White space separates several."""
    flag: bool = False
    """Given or not: `true`, or empty."""
    limit: int = 4096
    """Characters."""


INPUTS = (
    Input(name="command", commands=(), default=CERTIFY, option=False),
    Input(name="selector", commands=_PLANNING, option=False, several=True),
    Input(name="tier", commands=_PLANNING, default="mvp"),
    Input(name="plan", commands=(RUN_SHARD, PUBLISH), default="plan.json", option=False),
    Input(name="shard", commands=(RUN_SHARD,), option=False),
    Input(name="shard-files", commands=(PUBLISH,), option=False, several=True),
    Input(name="digest", commands=(RUN_SHARD, PUBLISH, BOT)),
    Input(name="shards", commands=(PLAN,)),
    Input(name="runners", commands=(PLAN,), several=True),
    Input(name="engine", commands=_PLANNING, default="auto"),
    Input(name="formats", commands=_PLANNING),
    Input(name="backends", commands=_PLANNING),
    Input(name="modalities", commands=_PLANNING),
    Input(name="failure-policy", commands=_PLANNING),
    Input(name="seed", commands=_PLANNING),
    Input(name="timeout", commands=_PLANNING),
    Input(name="workers", commands=(CERTIFY, RUN_SHARD), default="4"),
    Input(name="model-cache", commands=(CERTIFY, PLAN, RUN_SHARD)),
    Input(name="job", commands=(PLAN, BOT), limit=1 << 16),
    Input(name="results", commands=(BOT,)),
    Input(name="watch", commands=(BOT,), flag=True),
    Input(name="output", commands=(CERTIFY, PLAN, RUN_SHARD, PUBLISH)),
)


def values_of(environment: Mapping[str, str]) -> Mapping[str, str]:
    """Return the value of every input, defaults filled in, from the variables `INPUT_...` that GitHub sets.

    Raises InputError for an unknown command and for control characters.
    """
    found = {item.name: _value(item, environment) for item in INPUTS}
    command = found["command"]
    if command not in COMMANDS:
        raise InputError(
            f"no command is called {one_line(command)!r}{did_you_mean(command, COMMANDS)}",
            where="input command",
            remedy=f"One of: {', '.join(COMMANDS)}.",
        )
    return MappingProxyType(found)


def argv_of(values: Mapping[str, str], event_path: str = "") -> tuple[str, ...]:
    """Return the words after `apr-qa`. A value is one word, whatever is in it, and never an option by itself.

    Raises InputError when something that the command needs is not there.
    """
    command = values["command"]
    if command == PLAN and values["job"]:  # (it says all of that itself, and `plan` checks it)
        values = {**values, **dict.fromkeys(_SAID_BY_JOB, "")}
    words: list[str] = [event_path] if command == BOT else []
    options: list[str] = ["--json"]
    for item in INPUTS:
        if command not in item.commands:
            continue
        given = values[item.name].split() if item.several else [values[item.name]] if values[item.name] else []
        if item.flag:
            options += [f"--{item.name}"] if values[item.name] == "true" else []
        elif item.option:
            options += [f"--{item.name}={word}" for word in given]
        else:
            words += given
    needed = {CERTIFY: "selector", PLAN: "selector", RUN_SHARD: "shard"}.get(command, "")
    if needed and not values[needed] and not (command == PLAN and values["job"]):
        raise InputError(f"`{command}` needs it", where=f"input {needed}", remedy=f"with: {{{needed}: ...}}")
    return (command, *options, "--", *words)


def _value(item: Input, environment: Mapping[str, str]) -> str:
    name = f"INPUT_{item.name.upper()}"
    text = environment.get(name, environment.get(name.replace("-", "_"), "")).strip()
    if len(text) > item.limit or re.search(r"[\x00-\x08\x0b-\x1f\x7f]", text):
        raise InputError("too long, or holds control characters", where=f"input {item.name}")
    return text or item.default
