"""The certificate page."""

from __future__ import annotations

import html.parser
import itertools
import re

import pytest
import sample_models
from sample_evidence import HOSTILE, evidence_of, observation

from apr_qa.reports.html import render
from apr_qa.vocab.axes import Format

VOID = {"meta", "br", "path", "circle", "line", "use"}


class _Page(html.parser.HTMLParser):
    """Checks that elements close in order, and collects ids, links and attributes that could fetch or run."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tags: set[str] = set()
        self.names: set[str] = set()
        self.words = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.names |= {name for name, _ in attrs}
        self.ids += [value for name, value in attrs if name == "id"]
        self.links += [value for name, value in attrs if name == "href"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words += data


@pytest.mark.parametrize("case", sample_models.CASES)
def test_the_page_is_well_formed_and_asks_for_nothing(case: str) -> None:
    """No script, no handler, no link but to itself, every anchor there once."""
    page = _Page(render(*sample_models.CASES[case]()))
    assert page.open == []
    assert not page.tags & {"script", "img", "iframe", "link", "object", "embed", "form", "base"}
    assert not {name for name in page.names if name.startswith("on")} | (page.names & {"src", "srcset", "action"})
    assert all(link.startswith("#") for link in page.links)
    assert len(page.ids) == len(set(page.ids))
    assert {link[1:] for link in page.links} <= set(page.ids)


def test_verdict_reason_and_next_step_come_first() -> None:
    """Before any number of the score stands what it means and what to do."""
    words = _Page(render(*sample_models.blocked())).words
    order = [words.index(w) for w in ("Gateway G4 fell", "Next:", "Proved, at 95 %", "Gateways", "Failed claims")]
    assert order == sorted(order)


def test_the_five_gateways_speak_in_words() -> None:
    """Each says holds, fell or not evaluated."""
    page = render(*sample_models.blocked()), render(*sample_models.partial_run())
    states = [re.findall(r'class="say">.*?</svg> (holds|fell|not evaluated)<', p) for p in page]
    assert states == [["holds"] * 4 + ["fell"], ["holds"] * 2 + ["not evaluated"] + ["holds"] * 2]


def test_a_failed_claim_is_told_in_full() -> None:
    """Prompt, answer with visible control characters, expectation, command."""
    page = render(*sample_models.blocked())
    assert "What is 2 + 2?" in page
    assert 'of of 17 17<span class="escape">\\e</span>[0m' in page
    assert "<dt>Expected</dt><dd><code>4</code></dd>" in page
    assert "apr run model.gguf --prompt=&#39;What is 2 + 2?&#39;" in page


def test_equal_evidence_gives_equal_bytes() -> None:
    """No clock, no random order."""
    assert render(*sample_models.blocked()) == render(*sample_models.blocked())


@pytest.mark.parametrize(
    "text",
    ["<&>\"'" * 300, "\x1b\x00a" * 700, "x" * 1_000_000, HOSTILE * 40],
    ids=["markup", "controls", "1 MB", "all"],
)
def test_1800_hostile_failures_stay_under_2_mb(text: str) -> None:
    """The page is capped whatever the evidence holds, and says how much it left out."""
    page = render(*sample_models.hostile(text, count=200))
    assert len(page.encode()) < 2_000_000
    assert "in the evidence" in page
    assert _Page(page).open == []


def test_the_interval_of_the_median_is_drawn_where_answers_suffice() -> None:
    """A band and its figures with five answers or more; four or fewer have none."""

    def page(answers: int) -> str:
        def spoil(asked, made, seen):
            number = next(count[asked.cell.format])
            return made, observation(asked, tokens_per_s=(10.0 + number if number < answers else None))

        count = {f: itertools.count() for f in Format}
        return render(evidence_of(spoil), sample_models.passing()[1])

    (low, high), *_ = re.findall(r"95 %: ([\d.]+) to ([\d.]+)<", page(9))
    assert 10.0 <= float(low) < 14.0 < float(high) <= 18.0
    assert page(9).count('<line class="band"') == page(5).count('<line class="band"') == len(Format)
    assert f"GGUF on cpu: 14.0, at 95 % from {low} to {high}." in page(9)
    assert '<line class="band"' not in page(4)
    assert '<line class="span"' in page(4)


def test_without_a_passed_answer_no_speed_is_drawn() -> None:
    """A chart of nothing would be a claim."""
    assert "Not measured" in render(*sample_models.empty())
    assert '<svg class="speed"' in render(*sample_models.passing())
