"""JSON to requests and answers to JSON. Whatever is wrong with a request is said by name."""

from __future__ import annotations

import json
from collections.abc import Mapping

from apr_qa.hosting.protocol import Answer, Host, HostError, Message, Request, Scores

MAX_TOKENS_LIMIT = 1 << 20
MESSAGES_LIMIT = 4096
_ROLES = ("system", "user", "assistant", "tool")
_KEYS = {"id", "messages", "prompt", "max_tokens", "temperature", "top_p", "seed", "top_logprobs"}


def parse_object(line: str | bytes) -> dict[str, object]:
    """Return the JSON object in `line`. Raises HostError of kind `request`."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise HostError("request", f"not JSON: {error}") from None
    if not isinstance(value, dict):
        raise HostError("request", "not a JSON object")
    return value


def parse_request(value: Mapping[str, object], *, extra: frozenset[str] = frozenset()) -> Request:
    """Return the request in `value`; keys in `extra` are ignored, others unknown are refused."""
    unknown = sorted(set(value) - _KEYS - extra)
    _require(not unknown, f"unknown keys: {', '.join(unknown[:5])}")
    prompt = value.get("prompt")
    _require(prompt is None or isinstance(prompt, str), "prompt must be a string")
    _require(("messages" in value) != (prompt is not None), "give either messages or prompt")
    return Request(
        messages=_messages(value.get("messages", [])),
        prompt=str(prompt) if prompt is not None else None,
        max_tokens=whole(value, "max_tokens", 32, (1, MAX_TOKENS_LIMIT)),
        temperature=_real(value, "temperature", 0.0, (0.0, 100.0)),
        top_p=_real(value, "top_p", 1.0, (0.0, 1.0)),
        seed=whole(value, "seed", 0, (0, 2**63 - 1)),
        top_logprobs=whole(value, "top_logprobs", 0, (0, 10_000)),
    )


def _messages(value: object) -> tuple[Message, ...]:
    if not isinstance(value, list) or len(value) > MESSAGES_LIMIT:
        raise HostError("request", f"messages must be a list of at most {MESSAGES_LIMIT}")
    messages = []
    for place, item in enumerate(value):
        role = item.get("role") if isinstance(item, dict) else None
        content = item.get("content") if isinstance(item, dict) else None
        _require(role in _ROLES, f"messages[{place}].role must be one of {', '.join(_ROLES)}")
        _require(isinstance(content, str), f"messages[{place}].content must be a string")
        messages.append(Message(role=str(role), content=str(content)))
    return tuple(messages)


def whole(value: Mapping[str, object], key: str, default: int, bounds: tuple[int, int]) -> int:
    """Return the whole number at `key`, or `default`. Raises HostError when it is no number within `bounds`."""
    number = value.get(key, default)
    low, high = bounds
    if type(number) is not int or not low <= number <= high:
        raise HostError("request", f"{key} must be a whole number from {low} to {high}")
    return number


def _real(value: Mapping[str, object], key: str, default: float, bounds: tuple[float, float]) -> float:
    number = value.get(key, default)
    low, high = bounds
    if isinstance(number, bool) or not isinstance(number, int | float) or not low <= number <= high:
        raise HostError("request", f"{key} must be a number from {low} to {high}")
    return float(number)


def _require(holds: bool, problem: str) -> None:
    if not holds:
        raise HostError("request", problem)


def answer_object(host: Host, answer: Answer, load_s: float) -> dict[str, object]:
    """Return `answer` as the JSON object of `run` and `chat`."""
    value: dict[str, object] = {
        "text": answer.text,
        "tokens": list(answer.tokens),
        "prompt_tokens": answer.prompt_tokens,
        "completion_tokens": len(answer.tokens),
        "finish_reason": answer.finish_reason,
        "tokens_per_s": answer.tokens_per_s,
        "load_s": load_s,
        "generate_s": answer.generate_s,
        "backend": {"ran": answer.backend_ran},
        "engine": host.name,
        "version": host.version,
    }
    if answer.top_logprobs:
        value["logprobs"] = [top_object(top) for top in answer.top_logprobs]
    return value


def scores_object(scores: list[Scores]) -> list[dict[str, object]]:
    """Return `scores` as the JSON list of `logits`, one entry a position."""
    return [{"logsumexp": position.logsumexp, "top": top_object(position.top)} for position in scores]


def top_object(top: tuple[tuple[int, float], ...]) -> list[dict[str, object]]:
    """Return one position's alternatives as JSON."""
    return [{"id": token, "logprob": logprob} for token, logprob in top]


def error_object(kind: str, message: str) -> dict[str, object]:
    """Return the JSON object of a refusal."""
    return {"error": {"kind": kind, "message": message}}
