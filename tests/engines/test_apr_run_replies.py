"""What `apr run` printed, recorded, becomes the right reply; success is never taken from the exit status alone."""

from __future__ import annotations

import json
from typing import Any

import pytest
from engine_builders import completed, printed, rows, scenario

from apr_qa.engines.apr import APR
from apr_qa.vocab.command import Completed, Stopped
from apr_qa.vocab.observation import Ending, Failing, Reply

RUN = rows("run")
FAILURES = rows("failures")
GOOD: dict[str, Any] = json.loads(RUN["paris-gguf"]["stdout"])


def read(done: Completed, **fields: Any) -> Reply:
    """Read one answer."""
    assert APR.one_shot
    return APR.one_shot.read(scenario("What is 2+2?", **fields), done)


@pytest.mark.parametrize("form", ["safetensors", "apr", "gguf"])
def test_right_answers(form: str) -> None:
    """Text, tokens, counts, speed and the backend that ran, in all formats and in spite of noise on stderr."""
    reply = read(completed(RUN[f"paris-{form}"]))
    assert (reply.ending, reply.text) == (Ending.ANSWERED, "The capital of France is Paris.")
    assert reply.tokens is not None
    assert (len(reply.tokens), reply.prompt_tokens, reply.completion_tokens) == (14, 23, 14)
    assert reply.backend_ran == "cpu"
    assert reply.tokens_per_s is not None
    assert reply.finish_reason == ("stop" if form == "gguf" else None)


def test_answers_are_passed_on_as_they_are() -> None:
    """Mojibake, garbage of NaN weights and of dropped merges are answers: judging them is the oracles' work."""
    assert read(completed(RUN["chinese-gguf"])).text == "你好！有什么可以帮你？"
    assert (read(completed(RUN["chinese-apr"])).text or "").startswith("ä½łå¥½")
    assert set(read(completed(RUN["nan-gguf"])).text or "") == {"!"}
    assert "[637]" in (read(completed(RUN["pair-merges"])).text or "")


def test_a_length_stop_is_derived_where_the_format_is_silent() -> None:
    """As many tokens as the limit allowed: cut by length."""
    said = {**GOOD, "finish_reason": None, "completion_tokens": 14, "max_tokens": 14}
    assert read(printed(json.dumps(said))).finish_reason == "length"
    assert read(printed(json.dumps({**said, "max_tokens": 15}))).finish_reason is None


@pytest.mark.parametrize("name", ["benchmark", "stream", "text-mode"])
def test_other_outputs_are_no_answers(name: str) -> None:
    """Exit status 0 with banners, figures or a stream is not the object that was asked for."""
    assert read(completed(RUN[name])).ending is Ending.FAILED


@pytest.mark.parametrize(
    "said",
    [
        "",
        "=== APR Run ===\n",
        "4",
        "[]",
        '{"text": "4"',
        '{"text": "4", "tokens": [19]}',
        json.dumps({**GOOD, "tokens": []}),
        json.dumps({**GOOD, "tokens": None}),
        json.dumps({**GOOD, "tokens": [True]}),
        json.dumps({**GOOD, "tokens": ["19"]}),
        json.dumps({**GOOD, "text": None}),
        json.dumps({**GOOD, "status": "OK"}),
        "{" * 100_000,
    ],
)
def test_garbage_with_exit_status_0_is_a_failure(said: str) -> None:
    """An engine that claims success must print text and tokens in a JSON object with status ok."""
    assert read(printed(said)).ending is Ending.FAILED


def test_text_around_the_object_is_ignored() -> None:
    """The object is taken from the first brace; what follows it does not matter."""
    assert read(printed(f"verbose: x\n{json.dumps(GOOD)}\nbye {{")).text == GOOD["text"]


def test_numbers_that_are_none_are_not_said() -> None:
    """NaN, negative, absurd and ill-typed numbers become None, never an exception."""
    said = json.dumps({**GOOD, "tok_per_sec": 1, "prompt_tokens": -1, "completion_tokens": 10**30, "max_tokens": "x"})
    for speed in ("NaN", "Infinity", "-3", "1e999", '"9"', "null"):
        reply = read(printed(said.replace('"tok_per_sec": 1', f'"tok_per_sec": {speed}')))
        assert reply.ending is Ending.ANSWERED
        assert (reply.tokens_per_s, reply.prompt_tokens, reply.completion_tokens) == (None, None, None)


def test_a_fallback_is_never_a_gpu() -> None:
    """Refused with the backend that really ran; a contradiction proves nothing."""
    reply = read(completed(RUN["fell-back"]))
    assert (reply.ending, reply.backend_ran, reply.text) == (Ending.REFUSED, "cpu", None)
    contradiction = {**GOOD, "backend": {"ran": "cuda"}, "used_gpu": False}
    assert read(printed(json.dumps(contradiction))).backend_ran is None
    assert read(printed(json.dumps({**contradiction, "used_gpu": True}))).backend_ran == "gpu"


def test_an_empty_completion_is_a_failed_inference() -> None:
    """Exit status 8 with JSON: the model said nothing at all."""
    reply = read(completed(RUN["empty-completion"]))
    assert (reply.ending, reply.failing) == (Ending.FAILED, Failing.INFERENCE)
    assert "no text" in reply.message


LOADING = (
    "missing-file bad-magic empty-file truncated-safetensors truncated-apr truncated-gguf header-gguf header-apr "
    "nan-safetensors tensor-missing no-config no-tokenizer wrong-config wrong-extension absurd-count absurd-version "
    "absurd-shape serve-truncated inspect-format"
)
EXPECTED: dict[str, tuple[Ending, Failing | None]] = {
    **dict.fromkeys(LOADING.split(), (Ending.FAILED, Failing.LOAD)),
    "usage": (Ending.REFUSED, Failing.USAGE),
    "gpu": (Ending.REFUSED, None),
    "serve-gpu": (Ending.REFUSED, None),
    "not-implemented": (Ending.REFUSED, None),
    "backend-unavailable": (Ending.REFUSED, None),
    "constraint-refused": (Ending.REFUSED, None),
    "too-long-apr": (Ending.FAILED, Failing.CONTEXT),
    "too-long-gguf": (Ending.FAILED, Failing.CONTEXT),
    "empty-prompt-apr": (Ending.FAILED, Failing.INFERENCE),
    "empty-prompt-gguf": (Ending.FAILED, Failing.INFERENCE),
    "prompt-file-missing": (Ending.FAILED, Failing.UNKNOWN),
    "network": (Ending.FAILED, Failing.UNKNOWN),
    "aprender": (Ending.FAILED, Failing.UNKNOWN),
    "panic": (Ending.CRASHED, Failing.CONTEXT),
    "segmentation-fault": (Ending.CRASHED, None),
    "terminated": (Ending.CRASHED, None),
}


@pytest.mark.parametrize("name", sorted(FAILURES))
def test_every_recorded_failure(name: str) -> None:
    """Each exit status means what it meant when it was provoked, and the reply carries the engine's own words."""
    reply = read(completed(FAILURES[name]))
    assert (reply.ending, reply.failing) == EXPECTED[name]
    assert reply.text is None
    silent = name in ("segmentation-fault", "terminated", "aprender")
    assert silent or len(reply.message) > 10
    assert len(reply.message) < 400
    assert "\n" not in reply.message


def test_messages_are_the_error_not_the_noise() -> None:
    """The last `error:` line, or the place and words of a panic."""
    assert read(completed(FAILURES["truncated-apr"])).message.endswith("q_proj.weight extends past EOF")
    assert "KV cache is full" in read(completed(FAILURES["panic"])).message
    assert "SIGSEGV" in read(completed(FAILURES["segmentation-fault"])).message


@pytest.mark.parametrize(
    ("done", "ending"),
    [
        (printed(status=None, stopped=Stopped.TIMEOUT, elapsed_s=60), Ending.TIMEOUT),
        (printed("x" * 99, None, stopped=Stopped.OUTPUT_LIMIT), Ending.FAILED),
        (printed(status=None, stopped=Stopped.NOT_STARTED, note="no such file"), Ending.UNSTARTED),
        (printed(status=None, stopped=Stopped.CANCELLED), Ending.UNSTARTED),
        (printed(json.dumps(GOOD), None, signal=9), Ending.CRASHED),
        (printed(json.dumps(GOOD), 137), Ending.CRASHED),
        (printed(json.dumps(GOOD), 134), Ending.CRASHED),
        (printed(json.dumps(GOOD), 8), Ending.FAILED),
        (printed("", None), Ending.UNSTARTED),
    ],
)
def test_how_a_program_ended_comes_before_what_it_said(done: Completed, ending: Ending) -> None:
    """A whole answer does not heal a crash, a timeout or a failing exit status."""
    reply = read(done)
    assert (reply.ending, reply.text) == (ending, None)
