"""`apr serve run`: readiness by our own child, and recorded HTTP answers."""

from __future__ import annotations

import json

import pytest
from engine_builders import completed, response, rows, scenario, setting
from hypothesis import given
from hypothesis import strategies as st

from apr_qa.engines.apr import APR
from apr_qa.vocab.axes import Modality
from apr_qa.vocab.command import HttpResponse
from apr_qa.vocab.observation import Ending, Failing, Reply

SERVE = rows("serve")


def read(answer: HttpResponse) -> Reply:
    """Read one answer."""
    assert APR.server
    return APR.server.read(scenario("x", modality=Modality.SERVE), answer)


def test_the_port_is_known_once_our_child_says_so() -> None:
    """Before it listens, and when the port is another's, there is none."""
    assert APR.server
    said = SERVE["process"]["stdout"].encode()
    place = said.index(b"listening")
    assert APR.server.port(setting(port=34959), said[:place]) is None
    assert APR.server.port(setting(port=34959), said) == 34959
    assert APR.server.port(setting(port=18999), SERVE["port-in-use"]["stdout"].encode()) is None


def test_health() -> None:
    """Status 200, `ok` and a model that is loaded."""
    assert APR.server
    assert APR.server.healthy(response(SERVE["health"]))
    for body in (b"", b"{}", b'{"status":"loading"}', b'{"status":"ok","model_loaded":false}'):
        assert not APR.server.healthy(HttpResponse(status=200, body=body, elapsed_s=0))
    assert not APR.server.healthy(HttpResponse(status=503, body=b'{"status":"ok"}', elapsed_s=0))


def test_answers() -> None:
    """Text, counts and the reason of the end; wrong and empty texts are answers for the oracles."""
    right = read(response(SERVE["right"]))
    assert (right.ending, right.text, right.finish_reason) == (Ending.ANSWERED, "4", "stop")
    assert (right.prompt_tokens, right.completion_tokens, right.tokens) == (19, 1, None)
    assert read(response(SERVE["wrong-answer"])).text == "The capital of Frosit factorial"
    assert (read(response(SERVE["no-tokens"])).text, read(response(SERVE["no-tokens"])).finish_reason) == ("", "length")


@pytest.mark.parametrize(
    ("name", "ending", "failing"),
    [
        ("too-long", Ending.FAILED, Failing.CONTEXT),
        ("far-too-long", Ending.FAILED, Failing.CONTEXT),
        ("no-model", Ending.FAILED, Failing.USAGE),
        ("bad-json", Ending.FAILED, Failing.USAGE),
        ("n-2", Ending.FAILED, Failing.USAGE),
        ("no-route", Ending.REFUSED, None),
        ("wrong-method", Ending.REFUSED, None),
    ],
)
def test_recorded_errors(name: str, ending: Ending, failing: Failing | None) -> None:
    """The server's own words are kept, with the status."""
    reply = read(response(SERVE[name]))
    assert (reply.ending, reply.failing) == (ending, failing)
    assert reply.message.startswith(f"HTTP {SERVE[name]['status']}: ")


@pytest.mark.parametrize(
    ("name", "ending", "failing"),
    [
        ("missing", Ending.FAILED, Failing.LOAD),
        ("truncated", Ending.FAILED, Failing.LOAD),
        ("gpu", Ending.REFUSED, None),
        ("port-in-use", Ending.UNSTARTED, None),
        ("process", Ending.CRASHED, None),
    ],
)
def test_servers_that_ended(name: str, ending: Ending, failing: Failing | None) -> None:
    """A port that another program holds is never the model's fault."""
    assert APR.server
    reply = APR.server.failed(completed(SERVE[name]))
    assert (reply.ending, reply.failing) == (ending, failing)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
SHAPES = st.fixed_dictionaries(
    {}, optional={"choices": JSON | st.lists(st.fixed_dictionaries({"message": JSON})), "usage": JSON, "error": JSON}
)


@given(st.sampled_from([200, 400, 404, 500]), st.binary() | SHAPES.map(lambda v: json.dumps(v).encode()))
def test_hostile_bodies_never_raise(status: int, body: bytes) -> None:
    """Any status with any body is a reply, and only text makes it an answer."""
    reply = read(HttpResponse(status=status, body=body, elapsed_s=0))
    assert (reply.text is not None) == (reply.ending is Ending.ANSWERED)
