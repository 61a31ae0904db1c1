"""`apr-qa import-legacy`: what the original published, judged again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from apr_qa.cli.options import Json
from apr_qa.cli.room import REGISTRY, CliCommand
from apr_qa.errors import Exit

if TYPE_CHECKING:
    from apr_qa.pipeline.import_legacy import Imported, Revisited


def import_legacy(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A checkout of the original tool's repository.")],
    json: Json = False,
) -> int:
    """Judge every record that the original published with our oracles, and say which of its certificates hold.

    Reads its evidence (both shapes), its models.csv and its playbooks; writes nothing. Exit status: 0 every
    certificate is confirmed, 1 one is refuted, 2 nothing of the original is there.

    Example:

        apr-qa import-legacy ../apr-model-qa-playbook
    """
    from apr_qa.pipeline.import_legacy import REFUTED
    from apr_qa.pipeline.import_legacy import import_legacy as judge_again
    from apr_qa.pipeline.results import as_json

    found = judge_again(folder)
    if json:
        typer.echo(as_json(_plain(found, folder)))
    else:
        for model in found.models:
            _show(model, folder)
        _rest(found, folder)
    return Exit.BLOCKED if any(model.verdict == REFUTED for model in found.models) else Exit.PASSED


def _show(model: Revisited, folder: Path) -> None:
    from apr_qa.text import one_line

    said = model.said
    words = f"{said.status or '?'} {'' if said.mqs is None else said.mqs} {said.grade}".split() if said else ["nothing"]
    typer.echo(f"{model.verdict.upper():15} {one_line(model.model)}")
    typer.echo(f"  the original    {' '.join(words)}")
    for item in model.evidence:
        counts = ", ".join(f"{n} {word}" for word, n in item.outcomes.items())
        typer.echo(f"  its evidence    {item.path.relative_to(folder)}: {item.records} records: {counts}")
        typer.echo(f"                  supports {item.status} {item.mqs}: {one_line(item.reason, 200)}")
        for line in item.deciding:
            typer.echo(f"    {line}")
    if not model.evidence:
        typer.echo(f"  {model.why}")


def _rest(found: Imported, folder: Path) -> None:
    counts = {
        word: sum(m.verdict == word for m in found.models) for word in dict.fromkeys(m.verdict for m in found.models)
    }
    typer.echo("\n" + ", ".join(f"{n} {word}" for word, n in counts.items()))
    typer.echo(f"playbooks: {found.playbooks_loaded} load, {len(found.playbooks_refused)} are refused")
    for path, why in (*found.playbooks_refused, *found.unreadable):
        typer.echo(f"  x  {path.relative_to(folder)}: {why}")


def _plain(found: Imported, folder: Path) -> dict[str, Any]:
    from dataclasses import asdict

    def listed(pairs: tuple[tuple[Path, str], ...]) -> list[dict[str, str]]:
        return [{"path": str(path.relative_to(folder)), "problem": why} for path, why in pairs]

    models = [asdict(model) for model in found.models]
    for model in models:
        for item in model["evidence"]:
            item["path"] = str(item["path"].relative_to(folder))
    return {
        "models": models,
        "playbooks": {"loaded": found.playbooks_loaded, "refused": listed(found.playbooks_refused)},
        "unreadable": listed(found.unreadable),
    }


COMMAND = CliCommand(name="import-legacy", panel=REGISTRY, order=9, run=import_legacy)
