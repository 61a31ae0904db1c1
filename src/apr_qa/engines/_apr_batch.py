"""`apr run --batch-jsonl`: many prompts, one load. Lines are counted: its exit status is 0 even when all failed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from apr_qa.engines._apr_failures import failure, judged
from apr_qa.engines._apr_run import backend_ran, device, environment, run_refusal
from apr_qa.engines._endings import failed, fill_up
from apr_qa.engines._questions import insist, plain_refusal
from apr_qa.engines._values import objects, real, whole, words
from apr_qa.vocab.axes import Format
from apr_qa.vocab.command import Command, Completed
from apr_qa.vocab.engines import Batch, Setting
from apr_qa.vocab.observation import Ending, Failing, Reply
from apr_qa.vocab.scenario import Scenario

FILE = "batch.jsonl"


def _command(setting: Setting, scenarios: Sequence[Scenario]) -> Command:
    for scenario in scenarios:
        insist(plain_refusal(scenario) or run_refusal(scenario), scenario)
    first = scenarios[0]
    argv = (
        *(*setting.program, "run", str(setting.artefact.path), "--batch-jsonl", str(setting.scratch / FILE)),
        *(device(setting), "-n", str(max(s.max_tokens for s in scenarios))),
        *("--temperature", repr(first.temperature), "--seed", str(first.seed)),
    )
    return Command(argv=argv, env=environment(setting), timeout_s=sum(s.timeout_s for s in scenarios))


def _files(_setting: Setting, scenarios: Sequence[Scenario]) -> Mapping[str, bytes]:
    """One line a question, named by its place."""
    lines = [
        json.dumps({"task_id": str(place), "prompt": s.prompt, "max_tokens": s.max_tokens})
        for place, s in enumerate(scenarios)
    ]
    return {FILE: "".join(line + "\n" for line in lines).encode()}


def _read(scenarios: Sequence[Scenario], completed: Completed) -> tuple[Reply, ...]:
    replies = []
    for place, row in enumerate(objects(completed.stdout)[: len(scenarios)]):
        if row is None or row.get("task_id", str(place)) != str(place):
            break
        replies.append(_reply(row, scenarios[place]))
    return fill_up(replies, len(scenarios), failure(completed))


def _reply(row: Mapping[str, Any], scenario: Scenario) -> Reply:
    if "error" in row:
        return judged(words(row["error"]) or "an error without a message")
    text, count = words(row.get("text")), whole(row.get("tokens_generated"))
    if text is None or not count:
        return failed(Failing.PROTOCOL, "claims success without text or tokens")
    return Reply(
        ending=Ending.ANSWERED,
        text=text,
        completion_tokens=count,
        finish_reason="length" if count == scenario.max_tokens else None,
        tokens_per_s=real(row.get("tok_per_sec")),
        backend_ran=backend_ran(row),
    )


BATCH = Batch(
    command=_command,
    read=_read,
    files=_files,
    suits=lambda setting: setting.artefact.format is not Format.SAFETENSORS,
    alike=lambda scenario: (scenario.temperature, scenario.seed),
)
