"""The site in a real Chromium: accessible, silent on the network, usable by keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sample_records import FACTS, MODEL, blocked, certified, no_verdict, provisional, smoke

from apr_qa.registry.site import site

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    """One Chromium for all pages; where it does not start, the lane fails."""
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site with every status, one of them long expired."""
    records = [
        provisional("2026-09-01"),
        certified("2026-11-21"),
        blocked(model="a/blocked"),
        smoke("2026-11-20", model="a/smoke"),
        certified("2020-01-01", model="a/expired"),
        no_verdict("2026-11-02", model="a/partial"),
    ]
    root = tmp_path_factory.mktemp("site")
    for name, text in site(records, FACTS).items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


@pytest.mark.parametrize("name", ["index.html", f"models/{MODEL}.html", "models/a/blocked.html"])
@pytest.mark.parametrize("width", [1280, 380])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_page_reads_well(browser, folder: Path, name: str, width: int, scheme: str) -> None:
    """No axe violation, no request, nothing on the console, nothing wider than the window."""
    from axe_playwright_python.sync_playwright import Axe

    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True)
    page = context.new_page()
    requests: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto((folder / name).as_uri())
    found = Axe().run(page)
    assert [(v["id"], [n["target"] for n in v["nodes"]][:3]) for v in found.response["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert requests == [(folder / name).as_uri()]
    assert said == []
    context.close()


def test_search_filter_and_sort_work_by_keyboard(browser, folder: Path) -> None:
    """Under the page's own policy: type, press, and the table follows."""
    page = browser.new_page()
    page.goto((folder / "index.html").as_uri())
    rows = page.locator("tbody tr:visible")
    assert rows.count() == 7
    page.get_by_role("searchbox").fill("coder 1.5b")
    assert rows.count() == 1
    page.get_by_role("searchbox").fill("")
    page.get_by_role("button", name="Blocked").focus()
    page.keyboard.press("Enter")
    assert rows.count() == 1
    assert page.locator("output").inner_text() == "1 model"
    page.keyboard.press("Enter")
    page.get_by_role("button", name="MQS").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Space")
    assert page.locator("th[aria-sort=descending]").inner_text().startswith("MQS")
    assert "980" in rows.first.inner_text()
    page.close()


def test_an_expired_row_is_history(browser, folder: Path) -> None:
    """The reader's own clock says so; the page holds none."""
    page = browser.new_page()
    page.goto((folder / "index.html").as_uri())
    assert page.locator("tr.expired").inner_text().endswith("expired")
    page.close()


def test_without_scripts_the_table_is_complete(browser, folder: Path) -> None:
    """Tools that would not work are not shown."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((folder / "index.html").as_uri())
    assert page.locator("tbody tr").count() == 7
    assert not page.locator(".tools").is_visible()
    context.close()
