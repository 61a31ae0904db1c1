"""What a conversation prints, turn by turn: of `apr chat`, and of programs that speak our protocol."""

from __future__ import annotations

from engine_builders import OPEN, rows, scenario
from fuzz_target import Target
from stored_replies import stored

from apr_qa.engines.apr import APR
from apr_qa.engines.llama_cpp import LLAMA_CPP
from apr_qa.vocab.axes import Modality

_BREAK = b"\n--turn--\n"
_ASKED = scenario("2+2?", OPEN, "3+3?", modality=Modality.CHAT)


def _read(data: bytes) -> None:
    chunks = tuple(data[1:].split(_BREAK)[:3])
    talk = (APR if data[:1] < b"\x80" else LLAMA_CPP).conversation
    for chunk in chunks:
        talk.ready(chunk)
        talk.answered(chunk)
    stored(talk.read(_ASKED, chunks))


def _seeds() -> tuple[bytes, ...]:
    said = [row.get("stdout", "") for row in rows("chat").values()]
    turn = "[4 tokens in 0.10s = 40.0 tok/s]\nAssistant: 4\n\nYou: "
    guess = "[0.1s, ~18 tok/s]\nAssistant: You: \n\nYou: "
    hosted = b'{"text":"4","tokens":[1],"finish_reason":"stop"}\n'
    error = b'{"error":{"kind":"context","message":"too long"}}\n'
    return (
        *(b"\0" + text.encode()[:2000] for text in said),
        b"\0" + turn.encode() + _BREAK + guess.encode(),
        b"\0Assistant: [Generation error: x]\n\nYou: ",
        b"\xff" + hosted + _BREAK + error,
        b'\xff{"ready": true}\n',
    )


TARGET = Target(
    name="chat_transcript",
    read=_read,
    refusals=(),
    seeds=_seeds(),
    words=(
        _BREAK,
        b"You: ",
        b"\n\nYou: ",
        b"Assistant: ",
        b" tokens in ",
        b" tok/s]\n",
        b"\\ud800",
        b'"tokens":',
        b"error:",
    ),
)
