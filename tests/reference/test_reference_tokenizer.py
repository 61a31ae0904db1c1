"""Text in and out: the template is obeyed, sandboxed, and refused when it fails."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from apr_qa.reference.record import UnsupportedModel
from apr_qa.reference.template import Template
from apr_qa.reference.tokenizer import eos_ids, load_tokenizer

FIXTURE = Path(__file__).parent.parent / "fixtures" / "families" / "qwen2"
HELLO = [{"role": "user", "content": "hello"}]


def test_a_conversation_is_templated_and_decodes_back() -> None:
    """Special tokens frame the turns and are left out of the decoded text."""
    tokenizer = load_tokenizer(FIXTURE)
    ids = tokenizer.encode_chat(HELLO)
    assert ids[0] == tokenizer.library.token_to_id("<|im_start|>")
    assert tokenizer.decode(ids) == "user\nhello\nassistant\n"
    assert tokenizer.decode(tokenizer.encode("add(a, b) -> é")) == "add(a, b) -> é"


def test_an_empty_prompt_works_through_the_template() -> None:
    """Nothing said is still a turn."""
    assert load_tokenizer(FIXTURE).encode_chat([{"role": "user", "content": ""}])


def test_the_template_file_wins(tmp_path: Path) -> None:
    """chat_template.jinja is read before tokenizer_config.json; with neither a conversation is refused."""
    folder = tmp_path / "m"
    shutil.copytree(FIXTURE, folder)
    (folder / "chat_template.jinja").write_text("{{ messages[0].content }}!")
    tokenizer = load_tokenizer(folder)
    assert tokenizer.decode(tokenizer.encode_chat(HELLO)) == "hello!"
    (folder / "chat_template.jinja").unlink()
    (folder / "tokenizer_config.json").write_text(json.dumps({"chat_template": [{"name": "x", "template": "y"}]}))
    with pytest.raises(UnsupportedModel, match="no chat template"):
        load_tokenizer(folder).encode_chat(HELLO)


def test_a_missing_or_broken_tokenizer_is_refused(tmp_path: Path) -> None:
    """By name, not by a traceback."""
    folder = tmp_path / "m"
    shutil.copytree(FIXTURE, folder)
    (folder / "tokenizer.json").write_text("{}")
    with pytest.raises(UnsupportedModel, match="cannot be read"):
        load_tokenizer(folder)
    (folder / "tokenizer.json").unlink()
    with pytest.raises(UnsupportedModel, match="missing"):
        load_tokenizer(folder)


@pytest.mark.parametrize(
    "text",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ lipsum.__globals__['os'].popen('id').read() }}",
        "{{ messages.append(1) }}",
        "{{ cycler.__init__.__globals__ }}",
        "{% for x in range(99999999) %}{% endfor %}",
        "{{ raise_exception('no') }}",
        "{{ nothing.here.at_all }}",
        "{% if %}",
    ],
)
def test_a_hostile_or_broken_template_is_refused(text: str) -> None:
    """The sandbox reaches no attribute behind the scenes and changes nothing."""
    with pytest.raises(UnsupportedModel, match="template"):
        Template(text, {}).render(HELLO)


def test_templates_may_use_what_hugging_face_gives_them() -> None:
    """Loop controls, tojson without HTML escapes, tokens, and trimmed blocks."""
    loop = "{% for m in messages %}\n  {% if loop.index > 1 %}{% break %}{% endif %}\n{{ m | tojson }}{% endfor %}"
    text = "{{ bos_token }}" + loop
    out = Template(text, {"bos_token": "<s>"}).render([{"role": "user", "content": "<é>"}] * 2)
    assert out == '<s>{"role": "user", "content": "<é>"}'


def test_end_tokens_are_gathered_from_all_configs() -> None:
    """One id or a list, in either file."""
    assert eos_ids([{"eos_token_id": 1}, {"eos_token_id": [2, 3]}, {"eos_token_id": None}, {}]) == {1, 2, 3}
