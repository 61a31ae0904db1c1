"""`apr-qa compare`: what changed between two runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from apr_qa.cli.options import Json
from apr_qa.cli.room import READ, CliCommand
from apr_qa.errors import Exit, InputError

if TYPE_CHECKING:
    from apr_qa.pipeline.compare import Comparison
    from apr_qa.pipeline.compare_records import Certificates

FLIPS_SHOWN = 20


def compare(
    before: Annotated[
        Path, typer.Argument(metavar="BEFORE", help="Evidence of the earlier run, or a record of the registry.")
    ],
    after: Annotated[Path, typer.Argument(metavar="AFTER", help="The same of the later run.")],
    registry: Annotated[Path, typer.Option(help="Where records are, for the speeds that were usual.")] = Path(
        "docs/certifications"
    ),
    json: Json = False,
) -> int:
    """Compare two runs: verdicts that flipped (McNemar's exact test), divergences, speed with 95 % intervals.

    Two pieces of evidence, or two certificates (records of the registry), which hold no single answers. A speed counts
    as worse when its whole interval lies more than 3 % below, on the same machine, and below what was usual.

    Exit status: 0 nothing got worse beyond chance, 1 something did.

    Examples:

        apr-qa compare old/evidence.json new/evidence.json

        apr-qa compare certifications/records/apr-qa/tiny/OLD.json certifications/records/apr-qa/tiny/NEW.json
    """
    from apr_qa.pipeline.compare import compare as comparison
    from apr_qa.pipeline.compare_records import compare_certificates, read_certificate
    from apr_qa.pipeline.results import as_json

    records = [read_certificate(path) for path in (before, after)]
    if any(records):
        one, other = records
        if one is None or other is None:
            raise InputError("one is a certificate and the other is not", remedy="Compare two of a kind.")
        return _certificates(compare_certificates(one, other), json=json)
    found = comparison(before, after, registry)
    if json:
        typer.echo(as_json(_plain(found)))
    else:
        _show(found)
    return Exit.BLOCKED if found.worse else Exit.PASSED


def _certificates(found: Certificates, *, json: bool) -> int:
    from apr_qa.files import plain_data
    from apr_qa.pipeline.results import as_json
    from apr_qa.text import one_line

    sides = {"before": found.before, "after": found.after}
    if json:
        told = {side: {"status": str(r.status), "mqs_score": r.mqs, "grade": r.grade} for side, r in sides.items()}
        rest = {"gates_lost": found.lost, "gates_won": found.won, "throughput": found.speeds, "worse": found.worse}
        typer.echo(as_json({**told, **{key: plain_data(value) for key, value in rest.items()}}))
        return Exit.BLOCKED if found.worse else Exit.PASSED
    for side, r in sides.items():
        engines = ", ".join(dict.fromkeys(f"{e.name} {e.version}" for e in r.engines.values()))
        bound = (
            f"at least {100 * r.lower_bound:.1f} % (n {r.judged})" if r.lower_bound is not None else "nothing judged"
        )
        typer.echo(f"  {side:7} {r.status}  {r.mqs}  {r.grade}   {bound}   {one_line(r.model)} {r.tier}  {engines}")
    for word, gates in (("lose claims now", found.lost), ("lose none any more", found.won)):
        typer.echo(f"  {word}: {', '.join(gates) or 'no gate'}")
    for where, (was, now) in found.speeds.items():
        typer.echo(f"  {where:16} {was:.1f} -> {now:.1f} tok/s")
    typer.echo("\n  " + ("worse: " + "; ".join(found.worse) if found.worse else "nothing got worse"))
    return Exit.BLOCKED if found.worse else Exit.PASSED


def _plain(found: Comparison) -> dict[str, Any]:
    from apr_qa.files import plain_data

    sides = {"before": found.before.scorecard, "after": found.after.scorecard}
    return {
        **{side: {"status": str(c.status), "mqs_score": c.mqs, "grade": c.grade} for side, c in sides.items()},
        "paired": found.paired,
        "p_value": found.p_value,
        "flips": plain_data(found.flips),
        "throughput": plain_data(found.paces),
        "drifts": plain_data(found.drifts),
        "worse": list(found.worse),
    }


def _show(found: Comparison) -> None:
    from apr_qa.text import one_line

    for side, scored in (("before", found.before), ("after", found.after)):
        card, run = scored.scorecard, scored.evidence.run
        engines = ", ".join(dict.fromkeys(f"{e.name} {e.version}" for e in run.engines.values()))
        typer.echo(f"  {side:7} {card.status}  {card.mqs}  {card.grade}   {one_line(run.model)} {run.tier}  {engines}")
    lost = sum(flip.after.is_lost for flip in found.flips)
    typer.echo(f"\n  {found.paired} claims judged by both; {lost} lost, {len(found.flips) - lost} won since", nl=False)
    typer.echo(f" (McNemar, exact: p = {found.p_value:.3g})" if found.flips else "")
    for flip in found.flips[:FLIPS_SHOWN]:
        typer.echo(f"    {flip.before} -> {flip.after}  {flip.claim}\n      {one_line(flip.reason, 200)}")
    if len(found.flips) > FLIPS_SHOWN:
        typer.echo(f"    and {len(found.flips) - FLIPS_SHOWN} more (--json lists them all)")
    for pace in found.paces:
        sure = f"{pace.lowest:.2f} to {pace.highest:.2f} at 95 %" if pace.lowest is not None else "too few answers"
        typer.echo(f"  {pace.where:16} {pace.before:.1f} -> {pace.after:.1f} tok/s, ratio {pace.ratio:.2f} ({sure})")
    for name, (was, now) in found.drifts.items():
        typer.echo(f"  {name}: {was:.3g} -> {now:.3g}")
    typer.echo("\n  " + ("worse: " + "; ".join(found.worse) if found.worse else "nothing got worse beyond chance"))


COMMAND = CliCommand(name="compare", panel=READ, order=5, run=compare)
