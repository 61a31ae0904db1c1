"""The record of the walk, for people: who said what, which jobs ran, what GitHub shows afterwards."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from workflows import Done, Run
from world import UPSTREAM, World

_COMMAND = 60


class Transcript:
    """Chapters, written to the file after each, so that a walk that ends early can be read as well."""

    def __init__(self, path: Path) -> None:
        self._path, self._lines, self._began = path, ["# From a comment to a closed ticket", ""], time.monotonic()
        self._lines += [
            "Recorded by `make e2e`: our own workflow files, each step of ours a process, a fake GitHub.",
            "",
        ]
        path.parent.mkdir(parents=True, exist_ok=True)

    def event(self, title: str, world: World, run: Run) -> None:
        """Write down what an event without a comment came to."""
        self._lines += [f"## {title}", "", "| Job | Exit status |", "|---|--:|", *map(_row, run.done), ""]
        self._end(world)

    def chapter(self, title: str, world: World, run: Run, said: str, *, pull: int = 7) -> None:
        """Write down what a comment came to."""
        who = world.asked.author
        self._lines += [f"## {title}", "", f"**@{who}** on pull request {pull}:", "", *_quoted(said), ""]
        self._lines += ["| Job | Exit status |", "|---|--:|", *map(_row, run.done), ""]
        reactions = ", ".join(f"`{content}`" for _, content in world.asked.reactions.values())
        self._lines += [f"Reaction to the comment: {reactions or 'none'}.", ""]
        if reply := world.reply(pull):
            self._lines += ["Last reply:", "", *_quoted(reply), ""]
        if sticky := world.sticky(pull):
            self._lines += ["The comment about the run:", "", *_quoted(sticky), ""]
        self._end(world)

    def _end(self, world: World) -> None:
        self._lines += [*_state(world), "", f"_{time.monotonic() - self._began:.0f} s into the walk._", ""]
        self._path.write_text("\n".join(self._lines), encoding="utf-8")


def _row(done: Done) -> str:
    words = done.job if done.job.endswith(done.command) else f"{done.job} ({done.command})"
    return f"| {words[:_COMMAND]} | {done.status} |"


def _quoted(text: str) -> Iterator[str]:
    shown = (line for line in text.strip().splitlines() if not line.startswith("<!--"))
    yield from (f"> {line}".rstrip() for line in shown)


def _state(world: World) -> Iterator[str]:
    yield "What GitHub shows now:"
    yield ""
    for check in world.repo.checks.values():
        remarks = len(check["annotations"])
        where = f"`{check['head_sha'][:7]}`"
        yield f"- check run on {where}: {check['status']}, {check.get('conclusion')}; {remarks} annotations"
    for line in world.repo.git.git("log", "--format=%h %s", "main").splitlines()[:-1]:
        yield f"- commit on main: {line}"
    for issue in world.tickets:
        said = sum(1 for comment in world.upstream.comments.values() if comment.issue == issue.number)
        yield f"- {UPSTREAM} issue {issue.number}, {issue.state}, {said} comments: {issue.title}"
    if not world.tickets:
        yield f"- {UPSTREAM}: no issue"
