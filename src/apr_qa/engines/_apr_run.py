"""`apr run`: one process a question, its answer as one JSON object."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apr_qa.engines._apr_failures import failure
from apr_qa.engines._endings import cut_short, failed, refused
from apr_qa.engines._questions import ARGUMENT_LIMIT_BYTES, insist, plain_refusal
from apr_qa.engines._values import finish, first_object, mapping, real, token_ids, whole, words
from apr_qa.vocab.axes import Backend
from apr_qa.vocab.command import Command, Completed
from apr_qa.vocab.engines import OneShot, Setting
from apr_qa.vocab.observation import Ending, Failing, Reply
from apr_qa.vocab.scenario import Role, Scenario


def environment(setting: Setting) -> Mapping[str, str]:
    """Return what every `apr` is given: a home of its own (it caches there), no colours, no network."""
    return {
        "HOME": str(setting.scratch),
        "NO_COLOR": "1",
        "TERM": "dumb",
        "APR_OFFLINE": "1",
        "HF_HUB_OFFLINE": "1",
    }


def device(setting: Setting) -> str:
    """Return the flag that forces the backend."""
    return "--no-gpu" if setting.backend is Backend.CPU else "--gpu"


def run_refusal(scenario: Scenario) -> str:
    """Return why `apr run` cannot be asked this word for word, or nothing."""
    if any(message.role is not Role.USER for message in scenario.messages) or len(scenario.messages) > 1:
        return "apr run takes one prompt: no system message and no earlier turns"
    if "\0" in scenario.prompt:
        return "a NUL character cannot be passed to a program"
    if len(f"--prompt={scenario.prompt}".encode()) >= ARGUMENT_LIMIT_BYTES:
        return f"a prompt for apr run must stay under {ARGUMENT_LIMIT_BYTES} bytes, the system's limit of one argument"
    return ""


def _command(setting: Setting, scenario: Scenario) -> Command:
    """Always `--chat`: else the template depends on format and file name. `--prompt=`: a prompt may begin with `-`."""
    insist(plain_refusal(scenario) or run_refusal(scenario), scenario)
    argv = (
        *(*setting.program, "run", str(setting.artefact.path), f"--prompt={scenario.prompt}", "--chat"),
        *(device(setting), "--json", "-n", str(scenario.max_tokens)),
        *("--temperature", repr(scenario.temperature), "--seed", str(scenario.seed)),
    )
    return Command(argv=argv, env=environment(setting), timeout_s=scenario.timeout_s)


def _read(scenario: Scenario, completed: Completed) -> Reply:
    """Success is exit status 0, a JSON object, status `ok` and tokens; anything less is said for what it is."""
    said = first_object(completed.stdout)
    if cut_short(completed) or completed.exit_status != 0 or said is None:
        reply = failure(completed)
        if reply.ending is Ending.REFUSED and said is not None:
            return Reply(ending=reply.ending, message=reply.message, backend_ran=backend_ran(said))
        return reply
    if said.get("status") != "ok":
        message = words(mapping(said.get("error")).get("message")) or f"status {said.get('status')!r}"
        return refused(message) if said.get("status") == "refused" else failed(Failing.INFERENCE, message)
    text, tokens = words(said.get("text")), token_ids(said.get("tokens"))
    if text is None or not tokens:
        return failed(Failing.PROTOCOL, "claims success without text or tokens")
    return _answer(scenario, said, text, tokens)


def _answer(scenario: Scenario, said: Mapping[str, Any], text: str, tokens: tuple[int, ...]) -> Reply:
    completion = whole(said.get("completion_tokens"))
    reason = finish(said.get("finish_reason"))
    if reason is None and completion == (whole(said.get("max_tokens")) or scenario.max_tokens):
        reason = "length"  # APR and SafeTensors never say it
    return Reply(
        ending=Ending.ANSWERED,
        text=text,
        tokens=tokens,
        prompt_tokens=whole(said.get("prompt_tokens")),
        completion_tokens=completion,
        finish_reason=reason,
        tokens_per_s=real(said.get("tok_per_sec")),
        backend_ran=backend_ran(said),
    )


def backend_ran(said: Mapping[str, Any]) -> str | None:
    """Return `cpu` or `gpu` as the object proves it; None when it is silent or contradicts itself."""
    ran, used = words(mapping(said.get("backend")).get("ran")), said.get("used_gpu")
    proofs = {"cpu" if ran == "cpu" else "gpu"} if ran else set()
    if isinstance(used, bool):
        proofs.add("gpu" if used else "cpu")
    return proofs.pop() if len(proofs) == 1 else None


ONE_SHOT = OneShot(command=_command, read=_read)
