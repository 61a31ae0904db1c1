"""Putting goldens to an engine: raw prompts and logits where its program speaks our protocol, else its chat."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from apr_qa.reference import UnsupportedModel
from apr_qa.reference.tokenizer import load_tokenizer
from apr_qa.run.isolation import fence
from apr_qa.run.observe import observe
from apr_qa.run.process import run
from apr_qa.truth.figures import Floats
from apr_qa.truth.goldens import Golden
from apr_qa.vocab.artefacts import Artefact, ModelFiles
from apr_qa.vocab.axes import Backend, Cell, Modality
from apr_qa.vocab.command import Command
from apr_qa.vocab.engines import Equipped
from apr_qa.vocab.observation import Ending
from apr_qa.vocab.scenario import Message, OracleSpec, Role, Scenario

TIMEOUT_S = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What an engine made of one golden's prompt; None: it did not say, and `message` tells why."""

    logits: Floats | None = None
    text: str | None = None
    tokens: tuple[int, ...] | None = None
    message: str = ""


def ask_engine(
    equipped: Equipped, files: ModelFiles, artefact: Artefact, goldens: Sequence[Golden], scratch: Path
) -> list[Said]:
    """Return what the engine says to each golden's prompt. Raises WorkspaceError."""
    if equipped.engine.module:
        return _over_protocol(equipped, artefact, goldens, scratch)
    return _by_chat(equipped, files, artefact, goldens, scratch)


def input_ids(golden: Golden, artefact: Artefact) -> tuple[int, ...]:
    """Return the tokens of a golden's prompt. Raises UnsupportedModel and OSError when there is no tokenizer."""
    if golden.input_tokens:
        return golden.input_tokens
    tokenizer = load_tokenizer(artefact.path)
    if golden.chat:
        return tuple(tokenizer.encode_chat([{"role": "user", "content": golden.prompt}]))
    return tuple(tokenizer.encode(golden.prompt))


def _over_protocol(equipped: Equipped, artefact: Artefact, goldens: Sequence[Golden], scratch: Path) -> list[Said]:
    """One process for all logits, one for all texts."""
    asked = {}
    problems: dict[int, str] = {}
    for number, golden in enumerate(goldens):
        if golden.file is None:
            continue
        try:
            ids = input_ids(golden, artefact)
        except (UnsupportedModel, OSError) as error:
            problems[number] = f"the prompt cannot be tokenised: {error}"
            continue
        asked[number] = {"tokens": list(ids), "out": str(scratch / f"{number}.npy")}
    scored = session(equipped, artefact, "logits", asked, scratch)
    texts = session(equipped, artefact, "chat", {n: _request(g) for n, g in enumerate(goldens)}, scratch)
    return [_said(n, scored.get(n, {}), texts.get(n, {}), problems.get(n, ""), scratch) for n in range(len(goldens))]


def _request(golden: Golden) -> dict[str, Any]:
    body: dict[str, Any] = {"max_tokens": golden.max_tokens, "temperature": 0.0, "seed": 0}
    if golden.chat:
        return {**body, "messages": [{"role": "user", "content": golden.prompt}]}
    return {**body, "prompt": golden.prompt}


def session(
    equipped: Equipped, artefact: Artefact, command: str, asked: Mapping[int, Mapping[str, Any]], scratch: Path
) -> dict[int, Mapping[str, Any]]:
    """Return the replies by number; a program that ends early leaves the rest out."""
    if not asked:
        return {}
    lines = "\n".join(json.dumps({"id": number, **body}) for number, body in asked.items())
    own = str(scratch)
    done = run(
        Command(
            argv=(*equipped.program, command, "--model", str(artefact.path)),
            stdin=lines.encode(),
            env={"HOME": own, "TMPDIR": own, "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"},
            timeout_s=TIMEOUT_S,
        ),
        workdir=scratch,
        fence=fence(),
    )
    replies: dict[int, Mapping[str, Any]] = {}
    for line in done.stdout.decode("utf-8", "replace").splitlines():
        try:
            value = json.loads(line)
        except ValueError:
            continue
        if isinstance(value, dict) and type(value.get("id")) is int:
            replies[value["id"]] = value
    return replies


def _said(number: int, scored: Mapping[str, Any], text: Mapping[str, Any], problem: str, scratch: Path) -> Said:
    errors = [problem, *(str(reply["error"].get("message")) for reply in (scored, text) if _failed(reply))]
    file = scratch / f"{number}.npy"
    logits: Floats | None = None
    if scored.get("out") == str(file) and file.is_file():
        logits = np.load(file, allow_pickle=False)
    said, tokens = text.get("text"), text.get("tokens")
    return Said(
        logits=logits,
        text=said if isinstance(said, str) else None,
        tokens=tuple(tokens) if isinstance(tokens, list) else None,
        message="; ".join(error for error in errors if error) or ("" if scored or text else "the program ended early"),
    )


def _failed(reply: Mapping[str, Any]) -> bool:
    return isinstance(reply.get("error"), dict)


def _by_chat(
    equipped: Equipped, files: ModelFiles, artefact: Artefact, goldens: Sequence[Golden], scratch: Path
) -> list[Said]:
    """Ask through the engine's adapter, which always uses the chat template; raw prompts are left unasked."""
    cell = Cell(format=artefact.format, backend=Backend.CPU, modality=Modality.RUN)
    scenarios = {
        f"golden-{number}": Scenario(
            id=f"golden-{number}",
            cell=cell,
            messages=(Message(role=Role.USER, content=golden.prompt),),
            oracle=OracleSpec(name="garbage"),
            max_tokens=golden.max_tokens,
            timeout_s=TIMEOUT_S,
        )
        for number, golden in enumerate(goldens)
        if golden.chat
    }
    seen = {}
    asked = observe(
        tuple(scenarios.values()),
        equipment={"": {artefact.format: equipped}},
        files=files,
        scratch=scratch,
        workers=1,
        units=lambda scenario: scenario.id,
        started=lambda _scenario: None,
    )
    with closing(asked) as observations:
        for observation in observations:
            seen[observation.scenario] = observation.reply
    raw = Said(message=f"{equipped.engine.name} asks through the chat template only, and this golden's prompt is raw")
    found = []
    for number in range(len(goldens)):
        reply = seen.get(f"golden-{number}")
        if reply is None:
            found.append(raw)
        else:
            text = reply.text if reply.ending is Ending.ANSWERED else None
            found.append(Said(text=text, tokens=reply.tokens, message=reply.message))
    return found
