"""What `certify`, `run` and `demo` share: plan, watch, tell, write down."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from apr_qa.cli.live import watching
from apr_qa.errors import AprQaError, Exit

if TYPE_CHECKING:
    from apr_qa.pipeline.ready import Ready
    from apr_qa.pipeline.targets import Target
    from apr_qa.pipeline.wishes import Wishes


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How to tell."""

    json: bool = False
    dry_run: bool = False
    tickets: str = ""
    """The repository that drafts of tickets are for; empty: none are written."""


def certify_all(targets: tuple[Target, ...], wishes: Wishes, manner: Manner) -> Exit:
    """Certify one model after another and return the worst exit status; a fault with one does not stop the next."""
    from apr_qa.pipeline.results import as_json

    answers: list[dict[str, Any]] = []
    for target in targets:
        try:
            answers.append(_certify(target, wishes, manner))
        except AprQaError as error:
            if len(targets) == 1 or error.exit_status is Exit.INTERRUPTED:
                raise
            typer.echo(f"error: {target.playbook.model.hf_repo}: {error}", err=True)
            typer.echo(f"  {error.remedy}", err=True)
            fault = {"model": target.playbook.model.hf_repo, "error": str(error), "exit": int(error.exit_status)}
            answers.append(fault)
    if manner.json:
        typer.echo(as_json(answers[0] if len(targets) == 1 else answers))
    return Exit(max((answer["exit"] for answer in answers), default=0))


def _certify(target: Target, wishes: Wishes, manner: Manner) -> dict[str, Any]:
    from apr_qa.cli.show import show_plan, show_verdict
    from apr_qa.pipeline import diagnose
    from apr_qa.pipeline.certify import certify
    from apr_qa.pipeline.prepare import prepare
    from apr_qa.pipeline.registry import note_certification
    from apr_qa.pipeline.results import summary, write_reports

    name = target.playbook.model.hf_repo
    with watching(f"{name}   {target.tier.tier}", quiet=manner.json) as watch:
        ready = prepare(target, wishes, watch.busy)
    if manner.dry_run:
        return _plan_only(ready, manner)
    if not manner.json:
        show_plan(ready.plan, ready.engine_title, started=True)
        for note in ready.notes:
            typer.echo(f"  note: {note}")
    with watching(f"{name}   {target.tier.tier}   {ready.engine_title}", quiet=manner.json) as watch:
        done = certify(ready, watch)
        diagnosis = diagnose.after(ready, done)
    written = write_reports(done.evidence, done.scorecard, ready.folder)
    row = note_certification(done.evidence, done.scorecard, wishes.output)
    if not manner.json:
        show_verdict(done.evidence, done.scorecard, done.stopped)
        _where(ready)
        _paths(done.path, [w.path for w in written if w.name == "html"], row)
        if diagnosis:
            typer.echo(f"  Diagnosis    {diagnosis}")
        if done.reused:
            typer.echo("  Everything had been judged before; nothing was asked again (--fresh asks anew).")
    told = {"diagnosis": str(diagnosis)} if diagnosis else {}
    if manner.tickets:
        told |= _tickets(done.path, ready.folder, manner)
    return {**summary(done.evidence, done.scorecard, done.path), **told}


def _tickets(evidence: Path, folder: Path, manner: Manner) -> dict[str, Any]:
    """Write drafts of tickets beside the evidence, one a root cause; nothing is opened."""
    from apr_qa.pipeline.tickets import drafts_from, write_drafts

    found = drafts_from([evidence])
    written = write_drafts(found, manner.tickets, folder / "tickets")
    if not manner.json:
        typer.echo(f"  Tickets      {len(found) or 'no'} drafts for {manner.tickets} in {folder / 'tickets'}")
    return {"tickets": [str(path) for path in written]}


def _plan_only(ready: Ready, manner: Manner) -> dict[str, Any]:
    from apr_qa.cli.show import show_plan
    from apr_qa.files import plain_data

    if not manner.json:
        show_plan(ready.plan, ready.engine_title, started=False)
    return {"model": ready.plan.model, "plan": plain_data(ready.plan), "exit": 0}


def _where(ready: Ready) -> None:
    """What the words in reproducing commands stand for on this machine."""
    for place, word in ready.places.items():
        if word.startswith("$"):
            typer.echo(f"     where  {word[1:]}={place}")


def _paths(evidence: Path, pages: list[Path], row: Path) -> None:
    typer.echo("")
    for page in pages:
        typer.echo(f"  Certificate  {page}")
    typer.echo(f"  Evidence     {evidence}")
    typer.echo(f"  Registry     {row}")
