"""What engines print and servers answer: one question, batches, probes, health, chat completions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from engine_builders import rows, scenario, setting
from fuzz_target import Target
from stored_replies import stored

from apr_qa.engines.apr import APR
from apr_qa.engines.llama_cpp import LLAMA_CPP
from apr_qa.engines.openai import OPENAI
from apr_qa.errors import EngineMissingError
from apr_qa.vocab.command import Completed, HttpResponse
from apr_qa.vocab.observation import Reply

_STATUSES = (0, 1, 2, 3, 4, 8, 101, 134, None)
_HTTP = (200, 400, 404, 413, 429, 500, 503)
_BREAK = b"\n--stderr--\n"
_ASKED = scenario("2+2?")
_TWO = (_ASKED, _ASKED)


def _completed(data: bytes) -> Completed:
    out, _, err = data[1:].partition(_BREAK)
    status = _STATUSES[data[0] % len(_STATUSES)]
    return Completed(argv=("x",), exit_status=status, signal=9 if status is None else None, stdout=out, stderr=err)


def _answer(data: bytes) -> HttpResponse:
    return HttpResponse(status=_HTTP[data[0] % len(_HTTP)], body=data[1:], elapsed_s=0.1)


def _one(engine: Any) -> Callable[[bytes], Sequence[Reply]]:
    return lambda data: (engine.one_shot.read(_ASKED, _completed(data)),)


def _many(engine: Any) -> Callable[[bytes], Sequence[Reply]]:
    return lambda data: _counted(engine.batch.read(_TWO, _completed(data)))


def _served(engine: Any) -> Callable[[bytes], Sequence[Reply]]:
    return lambda data: (engine.server.read(_ASKED, _answer(data)),)


def _counted(replies: Sequence[Reply]) -> Sequence[Reply]:
    assert len(replies) == len(_TWO), "a batch has one reply for each question"
    return replies


def _probed(data: bytes) -> Sequence[Reply]:
    APR.features(_completed(data))
    APR.server.healthy(_answer(data))
    for engine in (APR, LLAMA_CPP):
        port = engine.server.port(setting(), data[1:])
        assert port is None or isinstance(port, int)
        engine.identify(_completed(data))
    return ()


def _asked_by_url(data: bytes) -> Sequence[Reply]:
    OPENAI.identify(_completed(data))
    return ()


_READERS = (
    *(make(engine) for make in (_one, _many, _served) for engine in (APR, LLAMA_CPP)),
    _served(OPENAI),
    _probed,
    _asked_by_url,
)


def _read(data: bytes) -> None:
    if data:
        for reply in _READERS[data[0] % len(_READERS)](data[1:] or b"\0"):
            stored(reply)


def _seeds() -> tuple[bytes, ...]:
    said = [row for name in ("run", "batch", "failures", "probes") for row in rows(name).values()]
    texts = [row["stdout"].encode() + _BREAK + row["stderr"].encode() for row in said]
    bodies = [row["body"].encode() for row in rows("serve").values() if "body" in row]
    hosted = b'{"text":"4","tokens":[1],"prompt_tokens":3,"completion_tokens":1,"finish_reason":"stop","load_s":0.1}'
    listed = b'{"data":[{"id":"m"}]}'
    known = [b"\0\0" + t for t in texts[:12]] + [b"\2\0" + t for t in texts[12:20]] + [b"\7\0" + t for t in texts[20:]]
    known += [b"\4\0" + body for body in bodies] + [
        b"\1\0" + hosted,
        b"\3\0" + hosted,
        b"\7\0" + listed,
        b"\x08\0" + listed,
    ]
    return tuple(seed[:2000] for seed in known)


TARGET = Target(
    name="engine_json",
    read=_read,
    refusals=(EngineMissingError,),
    seeds=_seeds(),
    words=(_BREAK, b'"error":', b'"tokens":[', b'"text":', b"\\ud800", b"1e999", b"NaN", b"-0.0", b"9" * 30, b"[" * 40),
)
