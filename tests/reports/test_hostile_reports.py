"""Model output is hostile: no format lets it out."""

from __future__ import annotations

import dataclasses
import json
import re
import xml.etree.ElementTree as ET

import pytest
import sample_models
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from apr_qa.reports._display import one_line, pieces, visible
from apr_qa.reports.markdown import prose, span
from apr_qa.rooms import furnish
from apr_qa.vocab.plugs import Report

REPORTS = {report.name: report for report in furnish("apr_qa.reports", Report)}
TEXTS = st.text(alphabet=st.characters(exclude_categories=()), max_size=300)
INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2028\u2029\u2066-\u2069\ufeff\ud800-\udfff\ufffe]"
)
COMMAND = re.compile(r"^\s*::|##\[", re.MULTILINE)
"""What a runner of GitHub Actions takes for a workflow command."""


def test_every_format_is_there() -> None:
    """The folder is the registry; names and file names are unique."""
    assert {"attestation", "html", "json", "junit", "markdown", "mlbom", "sarif"} <= set(REPORTS)
    assert len({report.file_name for report in REPORTS.values()}) == len(REPORTS)


@pytest.mark.parametrize("name", sorted(REPORTS))
@pytest.mark.parametrize("case", sample_models.CASES)
def test_nothing_invisible_gets_through(name: str, case: str) -> None:
    """No control character, override or surrogate, in any format."""
    text = REPORTS[name].text(*sample_models.CASES[case]())
    assert INVISIBLE.findall(text) == []
    text.encode("utf-8")


@pytest.mark.parametrize("name", sorted(set(REPORTS) - {"html", "junit"}))
def test_printed_into_a_log_no_report_gives_a_command(name: str) -> None:
    """No line begins with `::`, none holds `##[`."""
    assert COMMAND.findall(REPORTS[name].text(*sample_models.hostile())) == []


@pytest.mark.parametrize("name", sorted(REPORTS))
def test_a_line_of_one_megabyte_is_cut(name: str) -> None:
    """No format grows with what a model prints."""
    text = REPORTS[name].text(*sample_models.hostile("A" * 1_000_000))
    assert len(text) < 1_500_000
    assert "A" * 20_000 not in text


@pytest.mark.parametrize("name", ["json", "sarif", "mlbom", "attestation"])
@pytest.mark.parametrize("case", sample_models.CASES)
def test_the_json_formats_are_json(name: str, case: str) -> None:
    """They parse, are pure ASCII, and hold no tag."""
    text = REPORTS[name].text(*sample_models.CASES[case]())
    assert text.isascii()
    assert "<" not in text
    json.loads(text, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))


@settings(max_examples=60, deadline=None)
@given(TEXTS)
def test_junit_is_xml_whatever_was_said(text: str) -> None:
    """Any text at all, in every field: the document parses and its counts are right."""
    evidence, card = sample_models.hostile(text)
    root = ET.fromstring(  # noqa: S314  (our own output)
        REPORTS["junit"].text(evidence, dataclasses.replace(card, reason=text))
    )
    assert len(root.findall(".//failure")) == int(root.get("failures", "-1")) == 36


@given(TEXTS)
def test_visible_text_is_visible(text: str) -> None:
    """What is shown holds nothing invisible, and the pieces make up the whole."""
    assert INVISIBLE.findall(visible(text, 10_000)) == []
    assert "".join(p.text for p in pieces(text, 10_000, "")) == visible(text, 10_000)
    assert "\n" not in one_line(text)


@given(TEXTS)
def test_a_code_span_cannot_be_left(text: str) -> None:
    """The fence is longer than any run of backticks inside."""
    shown = span(text)
    fence = re.match("`+", shown)
    assert fence
    inside = shown[len(fence[0]) : -len(fence[0])]
    assert shown.endswith(fence[0])
    assert all(len(run) < len(fence[0]) for run in re.findall("`+", inside))


@given(TEXTS)
def test_prose_holds_no_live_markup(text: str) -> None:
    """Every special character is escaped; mentions, references and links are broken."""
    shown = prose(text)
    assert re.sub(r"\\[\\`*_{}\[\]<>#!|~$&]", "", shown) == re.sub(r"[\\`*_{}\[\]<>#!|~$&]", "", shown)
    assert not re.search(r"@\w|://|www\.", shown)


def test_markdown_renders_without_foreign_markup() -> None:
    """Read by a CommonMark parser, the summary of a hostile model holds no link, image or HTML but our own."""
    text = REPORTS["markdown"].text(*sample_models.hostile())
    found = MarkdownIt("commonmark").enable("table").parse(text)
    inside = [child for token in found for child in token.children or ()]
    assert {t.type for t in (*found, *inside)} & {"link_open", "image", "html_block", "fence", "code_block"} == set()
    assert {t.content for t in inside if t.type == "html_inline"} <= {"<sub>", "</sub>"}
    assert [t.tag for t in found if t.type == "heading_open"] == ["h2", "h3"]


def test_what_is_cut_is_counted() -> None:
    """A reader knows how much is missing."""
    assert visible("abcdef", 4) == "abcd [2 more characters]"
    assert [p.kind for p in pieces("a\x1bb" + "c" * 9, 6)] == ["text", "escape", "text", "cut"]
