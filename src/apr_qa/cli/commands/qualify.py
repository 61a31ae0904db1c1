"""`apr-qa qualify`: break healthy models on purpose and see who notices."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from apr_qa.cli.options import Json, one_of, own_words, several
from apr_qa.cli.room import JUDGE, CliCommand
from apr_qa.errors import Exit
from apr_qa.vocab.axes import Tier

if TYPE_CHECKING:
    from apr_qa.pipeline.qualify import Matrix, Step


Model = Annotated[str, typer.Option(help="Only faults of this shipped model: tiny or tiny-llama.")]
Tiers = Annotated[str, typer.Option(help="Certify at these tiers, comma-separated.")]
Only = Annotated[list[str] | None, typer.Option(help="Try this fault only; may be given several times.")]
Deep = Annotated[
    str,
    typer.Option(
        help="files: gates that need no engine. found: until the fault is found. detectors: to the end, every gate."
    ),
]
Dtypes = Annotated[str, typer.Option(help="Types of the GGUF files that are broken.")]
Clean = Annotated[int, typer.Option(min=0, help="Healthy conversions to certify in full.")]
CleanFiles = Annotated[int, typer.Option(min=0, help="Healthy conversions to judge by their files alone.")]
Deeper = Annotated[
    bool | None,
    typer.Option(help="Five faults at standard and deep as well.", show_default="yes, without --only"),
]
FirstSeed = Annotated[int, typer.Option(min=1, help="Seed of the first healthy conversion; the others count up.")]
Minutes = Annotated[float, typer.Option(min=0.1, help="Stop when this time is up, and say what is left.")]
Output = Annotated[Path, typer.Option("--output", "-o", help="Where the matrix goes.")]
Page = Annotated[Path | None, typer.Option(help="Write the page here too, such as docs/judge.md.")]
Summary = Annotated[
    Path | None, typer.Option(help="Write the figures for certificates here too: src/apr_qa/stats/judged.json.")
]
_PLACES = ("--output", "-o", "--page", "--summary")
Listing = Annotated[bool, typer.Option("--list", help="List the faults and try none.")]


def qualify(
    model: Model = "",
    tiers: Tiers = "smoke,mvp,quick",
    only: Only = None,
    depth: Deep = "found",
    dtypes: Dtypes = "q8_0,f16,q6_k,q4_k_m",
    clean: Clean = 8,
    clean_files: CleanFiles = 100,
    deeper: Deeper = None,
    first_seed: FirstSeed = 1,
    minutes: Minutes = 60.0,
    output: Output = Path("out/qualify"),
    page: Page = None,
    summary: Summary = None,
    listing: Listing = False,
    json: Json = False,
) -> int:
    """Judge the judge: plant seeded faults in healthy models, certify them, and count what is found.

    Prints and writes the matrix of faults, tiers and detectors, and the false alarms on healthy conversions. Exit
    status: 0 every fault was found at the highest tier without a false alarm, 1 not so.

    Examples:

        apr-qa qualify --only k-permuted --tiers mvp --clean 0 --clean-files 0

        apr-qa qualify --depth detectors --minutes 60 --page docs/judge.md
    """
    from apr_qa.pipeline.qualify import DEEPER, Ask, Depth, faults, write_matrix
    from apr_qa.pipeline.qualify import qualify as judge_the_judge

    if listing:
        return _list_faults([(fault.name, fault.layer, fault.summary) for fault in faults()])
    ask = Ask(tiers=several(Tier, tiers, "--tiers"), faults=tuple(only or ()), dtypes=tuple(dtypes.split(",")))
    ask = replace(ask, models=(model,) if model else (), depth=one_of(Depth, depth, "--depth"), minutes=minutes)
    ask = replace(ask, clean=clean, clean_files=clean_files, first_seed=first_seed, command=_command(own_words()))
    ask = replace(ask, deeper=DEEPER if (not only if deeper is None else deeper) else ())
    matrix = judge_the_judge(ask, (lambda _step: None) if json else _show)
    _tell(matrix, write_matrix(matrix, output, page, summary), json=json)
    return _status(matrix)


def _tell(matrix: Matrix, written: tuple[Path, ...], *, json: bool) -> None:
    from apr_qa.files import plain_data
    from apr_qa.pipeline.results import as_json

    if json:
        typer.echo(as_json(plain_data(matrix)))
    else:
        _conclude(matrix, written)


def _command(words: tuple[str, ...]) -> str:
    """The command line without the places on this machine that the answer went to: pages are published."""
    kept: list[str] = []
    rest = iter(words)
    for word in rest:
        if word in _PLACES:
            next(rest, None)
        elif not word.startswith(tuple(f"{place}=" for place in _PLACES)):
            kept.append(word)
    return " ".join(kept)


def _status(matrix: Matrix) -> Exit:
    from apr_qa.pipeline.qualify import alarms

    last = matrix.proved[-1]
    silent = not alarms(matrix.clean).hits and not alarms(matrix.clean_files).hits
    deep = all(finding.found for row in matrix.deeper for finding in row.findings)
    return Exit.PASSED if silent and deep and last.found.hits == last.found.of and not last.unknown else Exit.BLOCKED


def _list_faults(rows: list[tuple[str, str, str]]) -> int:
    from apr_qa.cli.show import console, hung

    out = console()
    for name, layer, summary in sorted(rows, key=lambda row: row[1]):
        hung(out, f"  {layer:10} {name:24}  ", summary)
    return Exit.PASSED


def _show(step: Step) -> None:
    from apr_qa.cli.watch import about
    from apr_qa.text import one_line

    for finding in step.findings:
        gates = ", ".join(dict.fromkeys(detector.gate for detector in finding.detectors))
        said = f"?  {finding.trouble}" if finding.trouble else f"x  {gates}" if gates else "-  nothing found"
        line = f"{step.done:4}/{step.total}  {finding.case:38} {finding.tier:6} {one_line(said, 60)}"
        typer.echo(f"{line}   {about(step.left_s)}")


def _conclude(matrix: Matrix, written: tuple[Path, ...]) -> None:
    from apr_qa.pipeline.qualify import alarms

    typer.echo("")
    for one in matrix.proved:
        typer.echo(f"  {one.tier:6} found {one.found}")
        typer.echo(f"         gateway faults {one.gateway}; named right {one.named}")
        for name in one.missed:
            typer.echo(f"         missed  {name}")
    typer.echo(f"  false alarms  {alarms(matrix.clean)} in full, {alarms(matrix.clean_files)} by files")
    for path in written:
        typer.echo(f"  Written  {path}")


COMMAND = CliCommand(name="qualify", panel=JUDGE, order=8, run=qualify)
