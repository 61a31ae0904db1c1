"""The static site, as text."""

from __future__ import annotations

import itertools
import re

from sample_records import FACTS, MODEL, blocked, certified, no_verdict, on_engine, provisional, smoke

from apr_qa.registry.site import site
from apr_qa.registry.sparkline import sparkline

ATTACK = "</script><script>alert(1)</script>\x1b[31m\"'><img src=x onerror=alert(1)>"


def test_every_judged_model_has_a_page_and_every_link_leads_to_one() -> None:
    """PENDING models have a row, and no page that says nothing."""
    pages = site([certified(), blocked(model="a/b")], FACTS)
    assert set(pages) == {"index.html", f"models/{MODEL}.html", "models/a/b.html"}
    links = re.findall(r'<th [^>]*>.*?href="([^"]+)"', pages["index.html"])
    assert set(links) == set(pages) - {"index.html"}
    assert pages["index.html"].count("<tr data-status=") == 4
    assert 'href="../../index.html"' in pages["models/a/b.html"]


def test_equal_records_give_equal_pages() -> None:
    """Whatever order they come in; no clock."""
    records = [certified("2026-11-01"), blocked("2026-11-20"), smoke("2026-12-01", model="a/b")]
    assert len({str(sorted(site(order, FACTS).items())) for order in itertools.permutations(records)}) == 1


def test_what_a_record_says_cannot_leave_its_place() -> None:
    """Foreign text is escaped, in the table and on the page; only our own script is there."""
    record = blocked(family=ATTACK, parameters=ATTACK, reason=ATTACK, narrowed=(ATTACK,), playbook=ATTACK)
    for page in site([record], ()).values():
        assert "<img" not in page
        assert "<script>alert" not in page
        assert page.count("<script>") == (1 if "All families" in page else 0)


def test_the_page_shows_history_causes_and_how_to_check() -> None:
    """What stands, what was, what failed, and the command."""
    page = site([provisional("2026-09-01"), blocked("2026-11-21")], FACTS)[f"models/{MODEL}.html"]
    assert 'aria-label="MQS over 2 runs: 780, 0"' in page
    assert "F-CONTRACT-I2-001" in page
    assert "4 falsified" in page
    assert "apr-qa certify Qwen/Qwen2.5-Coder-0.5B-Instruct@f4701aa1 mvp" in page


def test_stale_and_open_rows_say_so() -> None:
    """Words, not colour alone."""
    index = site([certified(), on_engine(no_verdict("2026-12-01", model="a/b"), "9.0")], FACTS)["index.html"]
    assert "stale: apr is now 9.0" in index
    assert "G2 not evaluated." in index


def test_one_run_is_a_point() -> None:
    """And a long history shows its end."""
    assert "MQS over 1 run: 980" in sparkline([certified()])
    assert "MQS over 20 runs" in sparkline([certified()] * 50)
