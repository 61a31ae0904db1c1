"""Ollama behind the hosting protocol: it imports the file from a Modelfile; the file's own template makes prompts."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from apr_qa.hosting import Answer, HostError, Request, Scores
from apr_qa.ollama_host.program import Server, find, version_of
from apr_qa.reference.record import UnsupportedModel
from apr_qa.reference.template import Template
from apr_qa.weights import MalformedWeights, read_header

_MODEL = "certified"
_MODELFILE = 'FROM {path}\nTEMPLATE """{{{{ .Prompt }}}}"""\nPARAMETER temperature 0\n'
"""The prompt as it is: which template Ollama would have guessed is not what is compared."""
LONGEST_CONTEXT = 8192
_NS = 1e9


class OllamaHost:
    """Holds one GGUF model in one Ollama server."""

    name = "ollama"

    def __init__(self) -> None:
        self._program = find()
        self.version = version_of(self._program)
        self._server: Server | None = None
        self._template: Template | None = None
        self._begin = ""
        self._context = LONGEST_CONTEXT

    def load(self, path: Path) -> None:
        """Start Ollama and import the GGUF file at `path`. Raises HostError of kind `load`, with what Ollama says."""
        keys = _keys(path)
        text = keys.get("tokenizer.chat_template")
        try:
            self._template = Template(text, _specials(keys)) if isinstance(text, str) else None
        except UnsupportedModel as error:
            raise HostError("load", str(error)) from error
        if keys.get("tokenizer.ggml.add_bos_token", False):
            self._begin = _specials(keys).get("bos_token", "")
        trained = keys.get(f"{keys.get('general.architecture')}.context_length")
        self._context = min(trained, LONGEST_CONTEXT) if isinstance(trained, int) else LONGEST_CONTEXT
        self._server = Server(self._program)
        self._server.create(_MODEL, _MODELFILE.format(path=path))

    def answer(self, request: Request) -> Answer:
        """Answer one request. Raises HostError."""
        if self._server is None:
            raise HostError("load", "no model is loaded")
        options = {
            "temperature": request.temperature,
            "top_p": request.top_p,
            "top_k": 0 if request.temperature else 1,
            "min_p": 0.0,
            "repeat_penalty": 1.0,
            "seed": request.seed,
            "num_predict": request.max_tokens,
            "num_ctx": self._context,
            "num_thread": max(1, len(os.sched_getaffinity(0)) // 2),  # as our llama.cpp: more would only spin
        }
        body = {"model": _MODEL, "prompt": self._prompt(request), "stream": False, "options": options}
        started = time.perf_counter()
        said = self._server.ask("POST", "/api/generate", body)
        elapsed = time.perf_counter() - started
        count, prompt = int(said.get("eval_count") or 0), int(said.get("prompt_eval_count") or 0)
        tokens = tuple(int(token) for token in said.get("context") or ())[prompt:]
        return Answer(
            text=str(said.get("response", "")),
            tokens=tokens,
            prompt_tokens=prompt,
            finish_reason="length" if said.get("done_reason") == "length" else "stop",
            generate_s=elapsed,
            decode_s=int(said.get("eval_duration") or 0) / _NS if count else None,
        )

    def scores(self, tokens: Sequence[int], top_k: int) -> list[Scores]:
        """Raise HostError: Ollama gives no scores."""
        raise HostError("unsupported", f"ollama scores no given tokens ({len(tokens)}, best {top_k})")

    def save_logits(self, tokens: Sequence[int], out: Path) -> tuple[int, int]:
        """Raise HostError: Ollama gives no logits."""
        raise HostError("unsupported", f"ollama gives no logits of {len(tokens)} tokens for {out.name}")

    def _prompt(self, request: Request) -> str:
        """Return the prompt as text; Ollama puts the begin token in front itself where the file asks for it."""
        if request.prompt is not None:
            return request.prompt
        if self._template is None:
            raise HostError("unsupported", "the file holds no chat template, and none is guessed")
        try:
            text = self._template.render([{"role": m.role, "content": m.content} for m in request.messages])
        except UnsupportedModel as error:
            raise HostError("request", str(error)) from error
        return text.removeprefix(self._begin)


def _keys(path: Path) -> Mapping[str, object]:
    """Return the keys of the header; none when our strict reader refuses it, for then Ollama's word is the finding."""
    try:
        return read_header(path).metadata
    except (MalformedWeights, OSError):
        return {}


def _specials(keys: Mapping[str, object]) -> dict[str, str]:
    """Return the texts of the begin and end tokens, which templates name."""
    tokens = keys.get("tokenizer.ggml.tokens")
    found = {}
    for name in ("bos", "eos"):
        number = keys.get(f"tokenizer.ggml.{name}_token_id")
        if isinstance(tokens, list | tuple) and isinstance(number, int) and 0 <= number < len(tokens):
            found[f"{name}_token"] = str(tokens[number])
    return found
