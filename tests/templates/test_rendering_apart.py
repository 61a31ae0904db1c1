"""Templates are rendered by a child that limits itself; what it cannot finish is a fault of the template."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from jinja2 import TemplateError
from test_sandbox import BOMBS

from apr_qa.templates import child
from apr_qa.templates.__main__ import MEMORY_BYTES, PROCESSOR_S
from apr_qa.templates.child import Renderer
from apr_qa.templates.rendering import render
from apr_qa.templates.sandbox import TemplateRefusedError

TALK = [{"role": "user", "content": "What is 2+2?"}]
PLAIN = "{% for m in messages %}{{ bos_token }}{{ m.role }}: {{ m.content }}{% endfor %}"


@pytest.fixture
def renderer() -> Iterator[Renderer]:
    """Return a renderer whose child ends with the test."""
    made = Renderer()
    yield made
    made.close()


def test_the_child_writes_what_the_sandbox_does(renderer: Renderer) -> None:
    """The same text, refusals and failures as in this process, by one child for all of them."""
    assert renderer.render(PLAIN, TALK, {"bos_token": "<s>"}, open_turn=True) == "<s>user: What is 2+2?"
    first = renderer.pid
    for text in (PLAIN, "{{ strftime_now('%d %b %Y') }}", "{% if add_generation_prompt %}open{% endif %}"):
        assert renderer.render(text, TALK, {}, open_turn=False) == render(text, TALK, {}, open_turn=False)
    with pytest.raises(TemplateRefusedError, match="not now"):
        renderer.render("{{ raise_exception('not now') }}", TALK, {}, open_turn=True)
    with pytest.raises(TemplateError, match="undefined"):
        renderer.render("{{ nothing.at.all }}", TALK, {}, open_turn=True)
    assert renderer.pid == first


def test_bombs_go_off_in_the_child_if_anywhere(renderer: Renderer) -> None:
    """Each ends in an error, and an ordinary template is rendered after all of them."""
    for text in BOMBS:
        with pytest.raises(TemplateError):
            renderer.render(text, TALK, {}, open_turn=True)
    assert "2+2" in renderer.render(PLAIN, TALK, {}, open_turn=True)


@pytest.mark.skipif(not Path("/proc/self/limits").exists(), reason="the limits of another process are read in /proc")
def test_the_child_is_limited(renderer: Renderer) -> None:
    """Memory, processor time, files: by the kernel, whatever the sandbox misses; and it is told of no environment."""
    renderer.render(PLAIN, TALK, {}, open_turn=True)
    limits = Path(f"/proc/{renderer.pid}/limits").read_text(encoding="utf-8").splitlines()
    found = {line[:26].strip(): line[26:].split()[:2] for line in limits[1:]}
    assert found["Max cpu time"] == [str(PROCESSOR_S)] * 2
    assert found["Max address space"] == [str(MEMORY_BYTES)] * 2
    assert found["Max file size"] == ["0", "0"]
    assert found["Max core file size"] == ["0", "0"]
    assert Path(f"/proc/{renderer.pid}/environ").read_bytes() == b""


def test_a_template_that_hangs_is_stopped(renderer: Renderer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The child is killed and the next template gets another one."""
    renderer.render(PLAIN, TALK, {}, open_turn=True)
    first = renderer.pid
    os.kill(first, signal.SIGSTOP)
    monkeypatch.setattr(child, "LIMIT_S", 0.2)
    with pytest.raises(TemplateError, match="more than"):
        renderer.render(PLAIN, TALK, {}, open_turn=True)
    monkeypatch.setattr(child, "LIMIT_S", 20.0)
    assert "2+2" in renderer.render(PLAIN, TALK, {}, open_turn=True)
    assert renderer.pid not in (0, first)


def test_a_child_that_died_is_replaced(renderer: Renderer, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that ends between two templates costs nothing; each serves so many and then makes room."""
    renderer.render(PLAIN, TALK, {}, open_turn=True)
    first = renderer.pid
    os.kill(first, signal.SIGKILL)
    os.waitid(os.P_PID, first, os.WEXITED | os.WNOWAIT)
    assert "2+2" in renderer.render(PLAIN, TALK, {}, open_turn=True)
    monkeypatch.setattr(child, "RENDERINGS", 1)
    renderer.close()
    pids = set()
    for _ in range(3):
        renderer.render(PLAIN, TALK, {}, open_turn=True)
        pids.add(renderer.pid)
    assert len(pids) == 3
