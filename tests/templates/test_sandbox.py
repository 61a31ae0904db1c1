"""Chat templates are held by reading them first and by a sandbox in which nothing grows without bound."""

from __future__ import annotations

import pytest
from jinja2 import TemplateError

from apr_qa.templates.reading import faults
from apr_qa.templates.rendering import render
from apr_qa.templates.sandbox import TemplateRefusedError

QUESTION = [{"role": "user", "content": "What is 2+2?"}]
TRICKS = [
    "{{ messages.__class__ }}",
    "{{ messages[0]['__class__'] }}",
    "{{ ''|attr('__class__') }}",
    "{{ lipsum.__globals__ }}",
    "{{ cycler }}",
    "{{ self }}",
    "{% include 'other' %}",
    "{% from 'other' import x %}",
    "{% extends 'other' %}",
    "{{ messages[0].content.format(messages) }}",
    "{{ 'a'.center(10) }}",
    "{{ messages|pprint }}",
    "{{ messages|xmlattr }}",
]
BOMBS = [
    "{{ 'a' * 10000000000 }}",
    "{{ 10 ** 10000000 }}",
    "{{ '%1000000000d' % 1 }}",
    "{% for i in range(1000000000) %}{% endfor %}",
    "{% set n = namespace(x='aaaaaaaa') %}{% for i in range(60) %}{% set n.x = n.x ~ n.x %}{% endfor %}",
    "{% set n = namespace(x='aaaaaaaa') %}{% for i in range(60) %}{% set n.x = n.x + n.x %}{% endfor %}",
    "{% set n = namespace(x='aaaaaaaa') %}{% for i in range(60) %}{% set n.x = [n.x, n.x]|join %}{% endfor %}",
    "{% set n = namespace(x='aaaa') %}{% for i in range(60) %}{% set n.x = n.x|replace('a', 'aaaa') %}{% endfor %}",
    "{% set n = namespace(x='aaaa') %}{% for i in range(60) %}{% set n.x = n.x.replace('a', 'aaaa') %}{% endfor %}",
    "{% set n = namespace(x='aaaa') %}{% for i in range(60) %}{% set n.x = n.x.join([n.x, n.x]) %}{% endfor %}",
    "{{ 'a\n'|indent(1000000000) }}",
    "{% for i in range(9999) %}{{ messages[0].content * 100 }}{% endfor %}",
    "{% for i in range(9999) %}{% for j in range(9999) %}{% endfor %}{% endfor %}",
    "{% set r = range(9999)|list %}{% for i in r %}{% for j in r %}{{ i }}{% endfor %}{% endfor %}",
    "{% set n = namespace(x=9) %}{% for i in range(60) %}{% set n.x = n.x * n.x %}{% endfor %}",
    "{% set n = namespace(x=9) %}{% for i in range(60) %}{% set n.x = [n.x, n.x] %}{% endfor %}{{ n.x }}",
    "{% set n = namespace(x=9) %}{% for i in range(60) %}{% set n.x = (n.x, n.x) %}{% endfor %}{{ n.x == n.x }}",
    "{% set n = namespace(x=9) %}{% for i in range(60) %}{% set n.x = {1: n.x, 2: n.x} %}{% endfor %}{{ n.x ~ '' }}",
    "{% set n = namespace(x=9) %}{% for i in range(60) %}{% set n.x = dict(a=n.x, b=n.x) %}{% endfor %}{{ n.x }}",
    "{% set n = namespace(x=9) %}{% for i in range(60) %}{% set n.x = namespace(a=n.x, b=n.x) %}{% endfor %}{{ n.x }}",
    "{% macro a() %}{{ b() }}{{ b() }}{% endmacro %}{% macro b() %}{{ range(9999)|list }}{% endmacro %}{{ a() }}" * 4,
    "{% for i in range(99)|list recursive %}{{ loop(range(99)|list) }}{% endfor %}",
    "{% set s = 'a' * 200000 %}{% for i in range(9999) %}{% set t = s|upper %}{% endfor %}",
    "{% set s = 'a' * 200000 %}{% for i in range(9999) %}{% set t = s.upper() %}{% endfor %}",
]


@pytest.mark.parametrize("text", TRICKS)
def test_tricks_are_seen_before_anything_runs(text: str) -> None:
    """Attributes of Python objects, other templates, and filters and methods that nobody needs are refused unrun."""
    assert faults(text)


@pytest.mark.parametrize("text", ["{{ " + "-" * 150 + "a }}", ("{{ a" + "|trim" * 60 + " }}") * 40])
def test_what_takes_long_to_compile_is_not_compiled(text: str) -> None:
    """Each part of a nested expression is looked at again for each part around it."""
    assert faults(text) == ["is nested too deep"]
    assert faults("{{ " + "-" * 50 + "a }}" + "{{ a" + "|trim" * 40 + " }}") == []


@pytest.mark.parametrize("text", BOMBS)
def test_bombs_do_not_go_off(text: str) -> None:
    """What would fill the memory is stopped with an error."""
    assert faults(text) == []
    with pytest.raises(TemplateError):
        render(text, QUESTION, {}, open_turn=True)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("{% for m in messages %}{{ '<' ~ m.role + '>' + m['content']|trim }}{% endfor %}", "<user>What is 2+2?"),
        ("{%- set n = namespace(f=false) -%}{% if not n.f %}{{ messages[-1].content }}{% endif %}", "What is 2+2?"),
        ("{% macro say(m) %}{{ m.content.split('?')[0] }}{% endmacro %}{{ say(messages[0]) }}", "What is 2+2"),
        ("{{ messages|tojson }}", '[{"role": "user", "content": "What is 2+2?"}]'),
        ("{{ bos_token }}{% generation %}{{ messages[0].content }}{% endgeneration %}", "<s>What is 2+2?"),
        ("{% for m in messages %}{{ [m.role, 'x']|join('-') }}{% break %}{% endfor %}", "user-x"),
        ("{% if add_generation_prompt %}{{ 'a\nb'|indent(2) }}{% endif %}", "a\n  b"),
        ("{{ strftime_now('%d %b %Y') }}", "01 Jan 2026"),
    ],
)  # fmt: skip
def test_what_real_templates_use_works(text: str, shown: str) -> None:
    """Loops, namespaces, macros, JSON, string methods, and the extras of Hugging Face."""
    assert faults(text) == []
    assert render(text, QUESTION, {"bos_token": "<s>"}, open_turn=True) == shown


def test_a_template_may_refuse() -> None:
    """raise_exception is told apart from a fault."""
    with pytest.raises(TemplateRefusedError, match="no system"):
        render("{{ raise_exception('no system') }}", QUESTION, {}, open_turn=True)
