"""Conversations as a model's own template writes them: rendered apart, because the template is a stranger's program."""

from __future__ import annotations

from datetime import datetime

from jinja2 import TemplateError

from apr_qa.reference.record import UnsupportedModel
from apr_qa.reference.tokenizer import Tokenizer
from apr_qa.templates.child import render_apart
from apr_qa.templates.sandbox import TemplateRefusedError


def chat_ids(tokenizer: Tokenizer, messages: list[dict[str, str]], today: datetime | None = None) -> list[int]:
    """Return the ids of a conversation, open for the assistant's turn, on the day `today` or on one fixed day.

    Raises UnsupportedModel when there is no template, or it fails or asks for too much.
    """
    template = tokenizer.template
    if template is None:
        raise UnsupportedModel("the model has no chat template; ask with a raw prompt")
    try:
        text = render_apart(template.text, messages, template.tokens, open_turn=True, today=today)
    except (TemplateError, TemplateRefusedError) as error:
        raise UnsupportedModel(f"the chat template fails: {error}") from None
    return list(tokenizer.library.encode(text, add_special_tokens=False).ids)
