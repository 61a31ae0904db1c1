"""Running a chat template in the sandbox, in this process: for programs that are limited themselves (`child`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from jinja2 import TemplateError

from apr_qa.templates.sandbox import DAY, LIMIT_CHARACTERS, TemplateRefusedError, environment


def render(
    text: str,
    messages: list[dict[str, str]],
    tokens: Mapping[str, str],
    *,
    open_turn: bool,
    today: datetime | None = None,
) -> str:
    """Return the conversation as the template writes it; `open_turn` asks for the opening of the assistant's turn.

    `today` is what the template is told of the date: one fixed day by default, because no verdict may depend on it.
    Raises TemplateRefusedError when the template itself refuses the messages, and TemplateError when it fails.
    """
    try:
        template = environment(today or DAY).from_string(text)
        return _collect(template.generate(messages=messages, add_generation_prompt=open_turn, **tokens))
    except (TemplateError, TemplateRefusedError):
        raise
    except Exception as error:  # noqa: BLE001  (a template can raise anything)
        raise TemplateError(f"{type(error).__name__}: {error}") from None


def _collect(parts: Iterator[str]) -> str:
    found: list[str] = []
    size = 0
    for part in parts:
        size += len(part)
        if size > LIMIT_CHARACTERS:
            raise TemplateError(f"renders more than {LIMIT_CHARACTERS} characters")
        found.append(part)
    return "".join(found)
