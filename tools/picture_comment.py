"""Makes the pictures of the bot's comment in the README, from a real run of the bot's own code.

Two shipped models are certified with the embedded engines; in one, query and key rows of a GGUF file were permuted.
What the bot would write is rendered with a plain style sheet and taken by Chromium, for light and for dark readers.

    .venv/bin/python tools/picture_comment.py docs/images
"""

from __future__ import annotations

import hashlib
import re
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from markdown_it import MarkdownIt
from playwright.sync_api import sync_playwright

from apr_qa.bot.comments.ended import ended
from apr_qa.bot.comments.result import Ended
from apr_qa.bot.showing import Certified, shown
from apr_qa.bot.state import RunState, Stage
from apr_qa.bot.ticketing import Ticketed
from apr_qa.github.access import Access
from apr_qa.github.door import Door
from apr_qa.github.policy import TicketPolicy
from apr_qa.github.snapshot import Snapshot
from apr_qa.pipeline._qualify_cases import cases, healthy_copy, target_of
from apr_qa.pipeline.certify import certify
from apr_qa.pipeline.prepare import prepare
from apr_qa.pipeline.progress import Silent
from apr_qa.pipeline.wishes import Wishes
from apr_qa.registry.record import make_record
from apr_qa.tickets.drafts import drafts
from apr_qa.vocab.axes import Backend, Format, Tier
from apr_qa.vocab.mutators import Place

CHROMIUM = "/usr/bin/chromium"
BROKEN, HEALTHY, FAULT, DTYPE, SEED = "tiny", "tiny-llama", "q-k-permuted", "q8_0", 1
WIDTH = 900
NAMES = ("page", "text", "line", "soft", "link", "red")
COLOURS = {
    "light": dict(zip(NAMES, ("#ffffff", "#1f2328", "#d1d9e0", "#f6f8fa", "#0969da", "#cf222e"), strict=True)),
    "dark": dict(zip(NAMES, ("#0d1117", "#f0f6fc", "#3d444d", "#151b23", "#4493f8", "#f85149"), strict=True)),
}
STYLE = """
body {{ margin: 0; background: {page}; color: {text}; font: 15px/1.5 "DejaVu Sans", "Noto Color Emoji", sans-serif }}
article {{ margin: 16px; padding: 4px 20px 14px; border: 1px solid {line}; border-radius: 6px }}
table {{ border-collapse: collapse; font-size: 13px }} td, th {{ border: 1px solid {line}; padding: 5px 9px }}
th {{ background: {soft} }} a {{ color: {link} }} sub {{ font-size: 11px; vertical-align: baseline }}
code {{ background: {soft}; padding: 2px 4px; border-radius: 4px; font: 12px "DejaVu Sans Mono", monospace }}
details {{ margin: 8px 0 }} pre {{ background: {soft}; padding: 10px; overflow: hidden }} pre code {{ padding: 0 }}
blockquote {{ margin: 12px 0; padding: 2px 14px; border-left: 4px solid {red} }} h3 {{ font-size: 19px }}
"""


def certified(name: str, scratch: Path) -> Certified:
    """Certify a copy of a shipped model; the one that is to be broken is broken first."""
    folder = healthy_copy(name, DTYPE, scratch)
    if name == BROKEN:
        (case,) = (c for c in cases([FAULT], [name], [DTYPE]) if c.place is Place.GGUF)
        case.mutator.apply(folder, case.place, SEED)
    formats = (Format.SAFETENSORS, Format.GGUF)
    wishes = Wishes(engine="embedded", formats=formats, backends=(Backend.CPU,), output=scratch / "out", fresh=True)
    done = certify(prepare(replace(target_of(name, Tier.MVP), path=folder), wishes, lambda _doing: None), Silent())
    return [(done.evidence, make_record(done.evidence, done.scorecard))]


def comment(scratch: Path) -> str:
    """Return what the bot writes about both models on a pull request that nobody has looked at yet."""
    both = [*certified(BROKEN, scratch), *certified(HEALTHY, scratch)]
    door = Door(Access(token="none"))  # noqa: S106  (nobody is asked)
    base = Snapshot(repo="o/r", branch="main", head="0" * 40, blobs={}, door=door)
    results = shown(
        both, base, Ticketed(drafted=drafts(piece for piece, _ in both)), TicketPolicy(), "https://github.com"
    )
    job = hashlib.sha256(b"a job").hexdigest()
    state = RunState(stage=Stage.DONE, tier=Tier.MVP, sha=job[:40], job=job, asked_by="maintainer", asked_at=())
    why = "the pull request changes a playbook that it uses"
    return ended(Ended(state=state, results=tuple(results), untrusted_because=why))


def page(text: str, theme: str) -> str:
    """Return the comment as a page: GitHub's Markdown, as far as the comment uses it."""
    html = MarkdownIt("commonmark", {"html": True}).enable("table").render(text)
    html = re.sub(r"\[!(\w+)\]\n?", lambda kind: f"<strong>{kind[1].capitalize()}</strong><br>", html)
    return (
        f"<!doctype html><meta charset=utf-8><style>{STYLE.format(**COLOURS[theme])}</style><article>{html}</article>"
    )


def main(folder: Path) -> None:
    """Write `comment-light.png` and `comment-dark.png`; print the comment."""
    with tempfile.TemporaryDirectory() as scratch:
        text = comment(Path(scratch))
    print(text)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"])
        for theme in COLOURS:
            view = browser.new_page(viewport={"width": WIDTH, "height": 400}, device_scale_factor=1.5)
            view.set_content(page(text, theme))
            view.screenshot(path=folder / f"comment-{theme}.png", full_page=True)
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
