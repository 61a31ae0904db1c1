"""The certificate in a real Chromium: accessible, silent on the network, no wider than a phone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sample_models

from apr_qa.reports.html import render

pytestmark = pytest.mark.browser
CHROMIUM = Path("/usr/bin/chromium")


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    """One Chromium for all pages; where it does not start, the lane fails."""
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Every case as a file."""
    folder = tmp_path_factory.mktemp("pages")
    for name, make in sample_models.CASES.items():
        (folder / f"{name}.html").write_text(render(*make()), encoding="utf-8")
    return {name: folder / f"{name}.html" for name in sample_models.CASES}


@pytest.mark.parametrize("case", sample_models.CASES)
@pytest.mark.parametrize("width", [1280, 380])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_reads_well(browser, pages, case: str, width: int, scheme: str) -> None:
    """No axe violation, no request, nothing on the console, nothing wider than the window, with details open too."""
    from axe_playwright_python.sync_playwright import Axe

    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True)
    page = context.new_page()
    requests: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("dialog", lambda dialog: said.append(dialog.message))
    page.goto(pages[case].as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    found = Axe().run(page)
    assert [(v["id"], [n["target"] for n in v["nodes"]][:3]) for v in found.response["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert requests == [pages[case].as_uri()]
    assert said == []
    context.close()


def test_without_the_bypass_the_policy_forbids_everything(browser, pages) -> None:
    """The page's own policy lets no script run and no request out, even if one slipped in."""
    page = browser.new_page()
    page.goto(pages["passing"].as_uri())
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text))
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"document.title=1\">')")
    page.wait_for_function("document.images.length === 1 && document.images[0].complete")
    assert page.title() != "1"
    assert any("Content Security Policy" in text for text in refused)
    page.close()
