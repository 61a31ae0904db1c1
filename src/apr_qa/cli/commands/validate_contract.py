"""`apr-qa validate-contract`: are these files what they say they are, and what their ground truth is?"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from apr_qa.cli.options import Json
from apr_qa.cli.room import JUDGE, CliCommand

if TYPE_CHECKING:
    from apr_qa.pipeline.contract import FileClaim, Inspection


def validate_contract(
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="A weights file, a model's folder, or hf://ORG/NAME[@REVISION].")
    ],
    against: Annotated[
        Path | None, typer.Option(metavar="FILE|FOLDER", help="The ground truth: SafeTensors, a file or a folder.")
    ] = None,
    json: Json = False,
) -> int:
    """Judge a model's files from their bytes, without an engine: integrity, and the contracts I-1 to I-5.

    A folder is judged whole: weights in every format, config, generation config, tokenizer, template, foreign files.
    A converted file is held against the SafeTensors files beside it, or those of --against; what is wrong is named.
    Of a model of the Hub only headers and small files are fetched, and what can be told from them is judged.

    Exit status: 0 every claim that could be judged survived, 1 one fell, 2 nothing there, 3 nothing could be judged.

    Examples:

        apr-qa validate-contract models/tiny

        apr-qa validate-contract model.gguf --against models/tiny/safetensors

        apr-qa validate-contract hf://Qwen/Qwen2.5-Coder-1.5B-Instruct
    """
    from apr_qa.cli.live import watching
    from apr_qa.pipeline.contract import inspect
    from apr_qa.pipeline.remote import SCHEME, inspect_remote
    from apr_qa.pipeline.results import as_json

    with watching("files", quiet=True) as watch:
        if model.startswith(SCHEME):
            found = inspect_remote(model, watch.busy)
        else:
            found = inspect(Path(model), against, watch.busy)
    if json:
        typer.echo(as_json(_plain(found)))
    else:
        _show(found)
    return found.exit


def _plain(found: Inspection) -> dict[str, Any]:
    return {
        "model": found.model,
        "exit": int(found.exit),
        "judged": [
            {
                "gate": one.claim.gate,
                "format": one.claim.subject.format,
                "file": one.file,
                "outcome": one.verdict.outcome,
                "reason": one.verdict.reason,
                "detail": dict(one.verdict.detail),
                "remedy": one.remedy,
            }
            for one in found.judged
        ],
        "not_judged": [{"gate": item.what, "reason": item.reason} for item in found.not_judged],
    }


def _show(found: Inspection) -> None:
    from apr_qa.cli.watch import MARKS
    from apr_qa.text import one_line

    width = max((len(_subject(one)) for one in found.judged), default=0)
    for one in found.judged:
        mark, reason = MARKS[one.verdict.outcome], one_line(one.verdict.reason, 400)
        typer.echo(f"  {mark:2}  {one.claim.gate:22} {_subject(one):{width}}  {reason}")
    reasons: dict[str, list[str]] = {}
    for item in found.not_judged:
        reasons.setdefault(item.reason, []).append(item.what)
    for reason, gates in reasons.items():
        typer.echo(f"  -   not judged: {', '.join(gates)}: {one_line(reason, 300)}")
    counts = Counter(one.verdict.outcome for one in found.judged)
    typer.echo(f"\n  {found.model}: {', '.join(f'{count} {outcome}' for outcome, count in counts.items())}")
    for gate, remedy in {one.claim.gate: one.remedy for one in found.lost}.items():
        typer.echo(f"  try  {gate}: {remedy}")


def _subject(one: FileClaim) -> str:
    from apr_qa.text import one_line

    return f"{one.claim.subject.format or ''} {one_line(one.file, 60)}".strip()


COMMAND = CliCommand(name="validate-contract", panel=JUDGE, order=5, run=validate_contract)
