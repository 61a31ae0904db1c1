"""Finding the answer in what the original recorded: it kept banners, benchmark tables and HTTP bodies alike."""

from __future__ import annotations

import json
import re
from typing import Any

from apr_qa.text import one_line, strip_terminal_codes
from apr_qa.vocab.axes import Modality
from apr_qa.vocab.observation import Ending, Failing, Reply

_BANNER = re.compile(
    r"=== .* ===|Source: .*|tokens: \d+|latency: [\d.]+ ?ms|model: .*|tok/s: [\d.]+|Completed in .*|Output:"
    r'|\{"tok_s":.*\}'
)
_TURN = re.compile(r"Assistant: ?(.*?)(?:\n\s*You: ?(?:\n|\Z)|\Z)", re.DOTALL)
_NO_ANSWER = "the original recorded a benchmark table and no answer"
_SYSTEM_FAULTS = ("No such file or directory", "command not found", "File not found")


def reply_of(record: dict[str, Any], modality: Modality, prompt: str) -> Reply:
    """Return the reply that a record supports; how it ended is taken over, that it was right is not.

    Raises KeyError or ValueError for a record without an outcome that the original knows.
    """
    outcome = str(record["outcome"])
    if outcome == "Corroborated" or (outcome == "Falsified" and str(record["gate_id"]).startswith("F-A")):
        return _answer(str(record.get("output") or ""), modality, prompt)
    words = one_line(str(record.get("reason") or outcome), 300)
    faulty = f"{words} {record.get('stderr') or ''}"
    if outcome in ("Falsified", "Crashed") and any(fault in faulty for fault in _SYSTEM_FAULTS):
        return Reply(ending=Ending.UNSTARTED, message=words)
    return Reply(ending=_ENDINGS[outcome], message=words)


_ENDINGS = {
    "Falsified": Ending.FAILED,
    "Skipped": Ending.REFUSED,
    "Timeout": Ending.TIMEOUT,
    "Crashed": Ending.CRASHED,
}


def _answer(output: str, modality: Modality, prompt: str) -> Reply:
    plain = strip_terminal_codes(output).strip()
    body = _body(plain) if modality is Modality.SERVE else None
    if body is not None:
        text = str(body["text"])
        return Reply(ending=Ending.ANSWERED, text=text.removeprefix(prompt))
    if modality is Modality.CHAT and (turns := _TURN.findall(plain)):
        said = turns[-1].strip()
        if said.startswith("[Error:"):
            return Reply(ending=Ending.FAILED, failing=Failing.UNKNOWN, message=one_line(said, 300))
        return Reply(ending=Ending.ANSWERED, text=said)
    left = [line for line in plain.splitlines() if not _BANNER.fullmatch(line.strip())]
    if plain and not any(line.strip() for line in left):
        return Reply(ending=Ending.UNSTARTED, message=_NO_ANSWER)
    return Reply(ending=Ending.ANSWERED, text="\n".join(left).strip())


def _body(text: str) -> dict[str, Any] | None:
    """Return a server's answer, in either shape: `text` beside `tokens_generated`, or beside `token_ids`."""
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) and "text" in body else None
