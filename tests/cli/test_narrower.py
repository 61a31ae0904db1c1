"""What a user is told to give when this machine cannot run all cells of a tier."""

from __future__ import annotations

import io
from itertools import product

import pytest
from rich.console import Console

from apr_qa.cli.narrower import narrower
from apr_qa.cli.show import hung
from apr_qa.vocab.axes import Backend, Cell, Format, Modality, Tier
from apr_qa.vocab.plan import NotRun, Plan

ALL = tuple(Cell(format=f, backend=b, modality=m) for f, b, m in product(Format, Backend, Modality))


def _plan(*, running: tuple[Cell, ...], held_back: tuple[str, ...]) -> Plan:
    return Plan(
        digest="",
        playbook="",
        playbook_digest="",
        model="org/x",
        tier=Tier.MVP,
        seed=1,
        cells=running,
        matrix_cells=ALL,
        scenarios=(),
        claims=(),
        not_run=tuple(NotRun(what=what, reason="no", required=True) for what in held_back),
    )


@pytest.mark.parametrize(
    ("runs", "options"),
    [
        (lambda c: c.backend is Backend.CPU, "--backends cpu"),
        (
            lambda c: c.backend is Backend.CPU and c.format is not Format.APR,
            "--formats safetensors,gguf --backends cpu",
        ),
        (lambda c: (c.format, c.modality) != (Format.APR, Modality.CHAT), "--formats safetensors,gguf"),
        (lambda _: False, ""),
    ],
)
def test_the_largest_block_that_runs_is_named(runs, options) -> None:
    """Every cell of what is named runs; nothing larger does; where nothing runs, nothing is named."""
    running = tuple(cell for cell in ALL if runs(cell))
    lacking = tuple(str(cell) for cell in ALL if cell not in running)
    assert narrower(_plan(running=running, held_back=lacking)) == options


def test_what_narrowing_cannot_mend_is_not_advised() -> None:
    """A category without a claim stays without one, however few cells are asked for."""
    assert narrower(_plan(running=ALL[:1], held_back=("category REGR",))) == ""


def test_a_terminal_gets_whole_words_and_a_pipe_one_line() -> None:
    """Further lines stand under the first word; what is searched is never cut."""
    words = "nobody likes a word that is cut in the middle of its letters by the edge"
    shown = {}
    for terminal in (True, False):
        out = io.StringIO()
        hung(Console(file=out, width=44, force_terminal=terminal, soft_wrap=True, color_system=None), "  -  ", words)
        shown[terminal] = out.getvalue().splitlines()
    assert shown[False] == [f"  -  {words}"]
    assert len(shown[True]) == 2
    assert all(len(line) <= 45 for line in shown[True])
    assert shown[True][1].startswith("     ")
    assert " ".join(" ".join(shown[True]).split()) == f"- {words}"
