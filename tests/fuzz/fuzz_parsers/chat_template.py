"""Chat templates, which come with models and are programs."""

from __future__ import annotations

from pathlib import Path

from fuzz_target import Target, text
from jinja2 import TemplateError

from apr_qa.templates.reading import faults
from apr_qa.templates.rendering import render
from apr_qa.templates.sandbox import TemplateRefusedError

_MODELS = Path(__file__).resolve().parents[3] / "models"
_TALK = [{"role": "user", "content": "What is 2+2?"}, {"role": "assistant", "content": "4"}]


class _FaultyError(Exception):
    """The template was refused unrun."""


def _read(data: bytes) -> None:
    said = text(data)
    if faults(said):
        raise _FaultyError
    render(said, _TALK, {"bos_token": "<s>"}, open_turn=True)


TARGET = Target(
    name="chat_template",
    read=_read,
    refusals=(_FaultyError, TemplateError, TemplateRefusedError),
    seeds=(
        *(path.read_bytes() for path in sorted(_MODELS.rglob("chat_template.jinja"))),
        b"{% set n = namespace(x='ab') %}{% for i in range(9) %}{% set n.x = n.x ~ n.x %}{% endfor %}{{ n.x }}",
        b"{% macro m(a) %}{{ a|tojson }}{% endmacro %}{{ m(messages) }}{{ [1, 2]|join(',') }}{{ 'a'|indent(3) }}",
        b"{%- for m in messages if m.role != 's' -%}{{ m['content'].split('2')[0]|trim }}{% break %}{%- endfor -%}",
        b"{{ raise_exception('no') if messages|length > 3 else {'a': [1]}|items|list }}",
        b"{% generation %}a{% endgeneration %}{{ strftime_now('%d') }}",
    ),
    longest=512,
    words=(b"{% for ", b" in range(", b"{% endfor %}", b"{{ ", b" }}", b"{% set ", b"|list", b"|string", b".append(",
           b" ~ ", b" * ",
           b"|map(", b"|groupby(", b"namespace(", b"loop(", b" recursive ", b"|tojson", b"messages", b"|sum"),
)  # fmt: skip
