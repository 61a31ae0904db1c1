from __future__ import annotations

import json
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apr_qa.playbook.marked_yaml import dotted, read_marked


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("1e-5", 1e-5),
        ("1", 1),
        ("-3", -3),
        (".5", 0.5),
        ("on", "on"),
        ("yes", "yes"),
        ("true", True),
        ("'true'", "true"),
        ("~", None),
        ("", None),
        ("2026-01-01", "2026-01-01"),
        ("0x10", "0x10"),
        (".nan", ".nan"),
        ("1e999", "1e999"),
        ("9" * 400, "9" * 400),
        ("12:30", "12:30"),
    ],
)
def test_plain_words_are_read_as_yaml_1_2(written, value):
    """Numbers, truth values and null are few and plain; everything else is text."""
    assert read_marked(f"a: {written}\n").value == {"a": value}


def test_every_value_knows_its_line():
    """Keys and list items are found again by path."""
    marked = read_marked("a:\n  b:\n    - x\n    - c: 1\n")
    assert marked.line(("a", "b", 1, "c")) == 4
    assert marked.line(("a", "b", 0)) == 3
    assert marked.line(("a", "zzz")) == 1
    assert dotted(("a", "b", 1, "c")) == "a.b[1].c"


_WORDS = st.text(string.ascii_letters, min_size=1, max_size=8)
_TEXTS = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=20)  # no line ends of YAML 1.1
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | _TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_WORDS, inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(_WORDS, _VALUES, max_size=5))
def test_json_is_read_as_what_it_means(value):
    """JSON is YAML: any document of plain values comes back from it."""
    marked = read_marked(json.dumps(value, ensure_ascii=False))
    assert marked.faults == []
    assert marked.value == value


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text):
    """No text makes the reader raise."""
    read_marked(text)
