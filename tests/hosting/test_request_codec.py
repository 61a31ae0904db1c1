"""Requests are read strictly: each bad field is refused by name."""

from __future__ import annotations

import pytest

from apr_qa.hosting import HostError, Request
from apr_qa.hosting.codec import parse_object, parse_request

TURN = {"role": "user", "content": "x"}


def test_a_request_with_everything_is_read() -> None:
    """Every key lands in its field."""
    value = {"id": "1", "messages": [TURN], "max_tokens": 5, "temperature": 1, "top_p": 0.5, "seed": 7}
    request = parse_request({**value, "top_logprobs": 3})
    assert (request.max_tokens, request.temperature, request.top_p, request.seed) == (5, 1.0, 0.5, 7)
    assert request.messages[0].content == "x"
    assert parse_request({"prompt": ""}) == Request(prompt="")


@pytest.mark.parametrize(
    ("value", "named"),
    [
        ({}, "messages or prompt"),
        ({"messages": [TURN], "prompt": "x"}, "messages or prompt"),
        ({"prompt": 1}, "prompt"),
        ({"prompt": "x", "colour": 1}, "colour"),
        ({"messages": "x"}, "messages"),
        ({"messages": ["x"]}, r"messages\[0\]"),
        ({"messages": [{"role": "user"}]}, r"messages\[0\].content"),
        ({"messages": [{"role": "user", "content": [1]}]}, r"messages\[0\].content"),
        ({"prompt": "x", "max_tokens": True}, "max_tokens"),
        ({"prompt": "x", "max_tokens": 1.5}, "max_tokens"),
        ({"prompt": "x", "temperature": float("nan")}, "temperature"),
        ({"prompt": "x", "temperature": "0"}, "temperature"),
        ({"prompt": "x", "top_p": 2}, "top_p"),
        ({"prompt": "x", "seed": -1}, "seed"),
    ],
)
def test_a_bad_field_is_refused_by_name(value: dict[str, object], named: str) -> None:
    """The message names the field."""
    with pytest.raises(HostError, match=named) as caught:
        parse_request(value)
    assert caught.value.kind == "request"


@pytest.mark.parametrize("line", ["", "{", "[]", "1", "[" * 100_000, b"\xff"])
def test_what_is_no_object_is_refused(line: str | bytes) -> None:
    """Any bytes are answered, none crash."""
    with pytest.raises(HostError):
        parse_object(line)
