"""Chat templates: foreign programs, rendered in a sandbox that allows no attribute tricks and no mutation."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import NoReturn

from jinja2 import TemplateError
from jinja2.ext import loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment

from apr_qa.reference.record import UnsupportedModel

LIMIT_CHARACTERS = 1 << 20


class Template:
    """A chat template, compiled once."""

    def __init__(self, text: str, tokens: Mapping[str, str]) -> None:
        if len(text) > LIMIT_CHARACTERS:
            raise UnsupportedModel(f"the chat template is over {LIMIT_CHARACTERS} characters")
        environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols])
        environment.filters["tojson"] = _to_json
        environment.globals["raise_exception"] = _refuse
        environment.globals["strftime_now"] = lambda form: datetime.now().strftime(form)  # noqa: DTZ005
        self.text, self.tokens = text, dict(tokens)
        try:
            self._compiled = environment.from_string(text)
        except TemplateError as error:
            raise UnsupportedModel(f"the chat template does not compile: {error}") from None

    def render(self, messages: list[dict[str, str]]) -> str:
        """Return the conversation as text, open for the assistant's turn. Raises UnsupportedModel when it fails."""
        try:
            return self._compiled.render(messages=messages, add_generation_prompt=True, **self.tokens)
        except Exception as error:  # noqa: BLE001  (a template can raise anything)
            raise UnsupportedModel(f"the chat template fails: {type(error).__name__}: {error}") from None


def _refuse(message: str) -> NoReturn:
    raise TemplateError(message)


def _to_json(value: object, indent: int | None = None) -> str:
    """Return JSON as Hugging Face's filter writes it: no HTML escapes, other scripts as they are."""
    return json.dumps(value, ensure_ascii=False, indent=indent)
