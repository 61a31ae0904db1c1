"""`apr-qa explain`: a gate in plain words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from apr_qa.cli import options
from apr_qa.cli.room import READ, CliCommand
from apr_qa.errors import InputError

if TYPE_CHECKING:
    from apr_qa.vocab.gates import GateSpec


def explain(
    gate: Annotated[str, typer.Argument(metavar="[GATE]", help="A gate's id; without one, all gates are listed.")] = "",
    json: options.Json = False,
) -> None:
    """Explain a gate: what it claims, how it counts, which tiers try it, and what to do when it falls.

    Examples:

        apr-qa explain G4-BASIC-001

        apr-qa explain
    """
    from apr_qa.pipeline.results import as_json
    from apr_qa.pipeline.trial import GATES
    from apr_qa.rooms import furnish
    from apr_qa.text import did_you_mean
    from apr_qa.vocab.gates import Gate

    specs = {item.spec.id: item.spec for item in furnish(GATES, Gate)}
    wanted = gate.strip().upper()
    if wanted and wanted not in specs:
        raise InputError(
            f"no gate is called {gate!r}{did_you_mean(wanted, specs)}", remedy="apr-qa explain   (lists every gate)"
        )
    if json:
        shown = asdict(specs[wanted]) if wanted else [asdict(spec) for spec in specs.values()]
        typer.echo(as_json(shown))
    elif wanted:
        _tell(specs[wanted])
    else:
        _list(tuple(specs.values()))


def _list(specs: Sequence[GateSpec]) -> None:
    from apr_qa.cli.show import console, table

    rows = [(s.id, s.category, s.gateway or "", s.severity, s.claim) for s in specs]
    console().print(table(("gate", "category", "gateway", "severity", "claim"), rows))


def _tell(spec: GateSpec) -> None:
    from apr_qa.cli.show import console, hung

    falls = f"; when it falls, gateway {spec.gateway} falls and the score is 0" if spec.gateway else ""
    axes = (spec.formats, spec.backends, spec.modalities)
    rows = {
        "Claim": spec.claim,
        "Counts": f"{spec.category}, weight {spec.weight:g}, severity {spec.severity}{falls}",
        "Tried at": ", ".join(spec.tiers),
        "Applies": " / ".join(", ".join(axis) for axis in axes),
        "Remedy": spec.remedy,
    }
    out = console()
    out.print(f"{spec.id}\n")
    for name, text in rows.items():
        hung(out, f"  {name:10} ", text)


COMMAND = CliCommand(name="explain", panel=READ, order=4, run=explain)
