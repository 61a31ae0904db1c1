"""What programs of our own may say, and how it is read when they break: our fault is never the model's."""

from __future__ import annotations

import json
from typing import Any

import pytest
from engine_builders import OPEN, printed, scenario, setting, user
from hypothesis import given
from hypothesis import strategies as st

from apr_qa.engines.llama_cpp import LLAMA_CPP
from apr_qa.engines.reference import REFERENCE
from apr_qa.errors import EngineMissingError
from apr_qa.vocab.axes import Backend, Cell, Format, Modality
from apr_qa.vocab.command import Completed, Stopped
from apr_qa.vocab.evidence import EngineFacts
from apr_qa.vocab.observation import Ending, Failing, Reply

GOOD: dict[str, Any] = {"text": "4", "tokens": [19], "prompt_tokens": 20, "backend": {"ran": "cpu"}}


def error(kind: str) -> str:
    """Return an error of the protocol."""
    return json.dumps({"error": {"kind": kind, "message": f"a fault of kind {kind}"}})


def read(done: Completed) -> Reply:
    """Read one answer."""
    assert REFERENCE.one_shot
    return REFERENCE.one_shot.read(scenario("x"), done)


def read_batch(done: Completed, count: int) -> list[Ending]:
    """Read a batch; return how each question ended."""
    assert REFERENCE.batch
    return [r.ending for r in REFERENCE.batch.read([scenario("x")] * count, done)]


def batch_lines(*answers: dict[str, Any]) -> str:
    """Return the output of a batch that answered so."""
    lines = [{"ready": True}, *({"id": n, **answer} for n, answer in enumerate(answers))]
    return "".join(json.dumps(line) + "\n" for line in lines)


@pytest.mark.parametrize(
    ("done", "ending", "failing"),
    [
        (printed(json.dumps(GOOD)), Ending.ANSWERED, None),
        (printed(json.dumps({**GOOD, "text": "", "tokens": []})), Ending.ANSWERED, None),
        (printed(error("load"), 3), Ending.FAILED, Failing.LOAD),
        (printed(error("context"), 4), Ending.FAILED, Failing.CONTEXT),
        (printed(error("request"), 4), Ending.FAILED, Failing.USAGE),
        (printed(error("unsupported"), 4), Ending.REFUSED, None),
        (printed(error("internal"), 1), Ending.UNSTARTED, None),
        (printed("", 1, "Traceback"), Ending.UNSTARTED, None),
        (printed("", 2, "usage:"), Ending.UNSTARTED, None),
        (printed("", 0), Ending.FAILED, Failing.PROTOCOL),
        (printed("4", 0), Ending.FAILED, Failing.PROTOCOL),
        (printed('{"text": "4"}'), Ending.FAILED, Failing.PROTOCOL),
        (printed('{"text": 4, "tokens": []}'), Ending.FAILED, Failing.PROTOCOL),
        (printed('{"error": 4}'), Ending.FAILED, Failing.UNKNOWN),
        (printed(json.dumps(GOOD), None, signal=11), Ending.CRASHED, None),
        (printed(json.dumps(GOOD), None, stopped=Stopped.TIMEOUT), Ending.TIMEOUT, None),
        (printed("", None, stopped=Stopped.NOT_STARTED, note="no memory"), Ending.UNSTARTED, None),
    ],
)
def test_one_answer(done: Completed, ending: Ending, failing: Failing | None) -> None:
    """Each ending of the program has its meaning."""
    reply = read(done)
    assert (reply.ending, reply.failing) == (ending, failing)
    assert (reply.text is not None) == (ending is Ending.ANSWERED)


def test_a_batch_that_breaks() -> None:
    """A crash meets one question; a load failure meets all; a line out of place is taken for none."""
    bad = {"error": {"kind": "request", "message": "no"}}
    answered, failed, crashed, unasked = Ending.ANSWERED, Ending.FAILED, Ending.CRASHED, Ending.UNSTARTED
    assert read_batch(printed(batch_lines(GOOD, bad, GOOD)), 3) == [answered, failed, answered]
    assert read_batch(printed(batch_lines(GOOD), None, signal=9), 3) == [answered, crashed, unasked]
    assert read_batch(printed(error("load"), 3), 2) == [failed, failed]
    assert read_batch(printed(batch_lines(GOOD)), 2) == [answered, failed]
    swapped = f'{{"id": 1, "text": "b", "tokens": []}}\n{{"id": 0, {json.dumps(GOOD)[1:]}'
    assert read_batch(printed(swapped), 2) == [failed, failed]


def test_a_conversation_is_told_turn_by_turn() -> None:
    """The first line opens it, the next ones continue it; an error in one turn is the reply."""
    assert REFERENCE.conversation
    talk = REFERENCE.conversation
    asked = scenario("a", OPEN, user("b"), modality=Modality.CHAT)
    first, second = (json.loads(turn) for turn in talk.turns(asked))
    assert (first["continues"], second["continues"]) == (False, True)
    assert second["messages"] == [{"role": "user", "content": "b"}]
    said = [(json.dumps({"id": None, **GOOD, "text": text}) + "\n").encode() for text in ("one", "two")]
    whole = talk.read(asked, tuple(said))
    assert (whole.text, whole.earlier) == ("two", ("one",))
    assert talk.read(asked, (said[0], error("context").encode())).failing is Failing.CONTEXT
    assert talk.ready(b'{"ready": true, "load_s": 1}\n')
    assert not talk.ready(b'{"ready": true')
    assert not talk.ready(error("load").encode() + b"\n")
    assert not talk.reset


def test_the_port_is_in_the_first_line() -> None:
    """No port before the line is whole, and none in an error."""
    assert REFERENCE.server
    port = REFERENCE.server.port
    assert port(setting(), b'{"listening": 4711, "load_s": 0.1}\n') == 4711
    assert port(setting(), b'{"listening": 4711') is None
    assert port(setting(), error("load").encode() + b"\n") is None


@pytest.mark.parametrize(("said", "status"), [("", 1), ("reference\n", 0), ("other 1.0\n", 0), ("reference 1.0\n", 1)])
def test_a_program_that_does_not_say_who_it_is_is_missing(said: str, status: int) -> None:
    """The version probe must give name and version."""
    with pytest.raises(EngineMissingError, match="reference is not usable"):
        REFERENCE.identify(printed(said, status))


def test_another_version_is_another_digest() -> None:
    """Work done by one version is never taken for another's."""
    one, same, other = (REFERENCE.identify(printed(f"reference {v}\n")) for v in ("1.0", "1.0", "1.1"))
    assert (one.version, one.digest) == (same.version, same.digest)
    assert len(one.digest) == 64
    assert one.digest != other.digest


def test_cells_that_cannot_run_are_explained() -> None:
    """Only GGUF is read by llama.cpp, and neither computes on a GPU."""
    facts = EngineFacts(name="x", version="1")
    apr = Cell(format=Format.APR, backend=Backend.CPU, modality=Modality.RUN)
    gpu = Cell(format=Format.GGUF, backend=Backend.GPU, modality=Modality.RUN)
    assert REFERENCE.supports(facts, apr) == ""
    assert LLAMA_CPP.supports(facts, apr) == "llama.cpp reads gguf only"
    assert REFERENCE.supports(facts, gpu) == "reference computes on the cpu only"


@given(st.binary(), st.sampled_from([0, 1, 2, 3, 4, 101, 255]))
def test_hostile_output_never_raises(said: bytes, status: int) -> None:
    """Any bytes with any exit status are replies."""
    done = Completed(argv=("x",), exit_status=status, stdout=said, stderr=said)
    assert read(done).ending in Ending
    assert len(read_batch(done, 3)) == 3
