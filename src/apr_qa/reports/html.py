"""HTML: the certificate as one self-contained page, without scripts or requests."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from apr_qa.reports._complete import complete
from apr_qa.reports._failures import Line, line_of
from apr_qa.reports._speed_chart import speed_chart
from apr_qa.reports._view import view_of
from apr_qa.reports._words import STATUS_TONES, TONES, percent, plural
from apr_qa.vocab.evidence import Evidence
from apr_qa.vocab.plugs import Report
from apr_qa.vocab.score import Scorecard

_CLAIMS_BUDGET = 500_000
"""Characters of the table of all claims."""
_ROW_MARKUP = 110


def render(evidence: Evidence, card: Scorecard) -> str:
    """Return the page; under 2 MB whatever the evidence holds."""
    evidence = complete(evidence)
    view = view_of(evidence, card)
    claims = _claims(evidence)
    return (
        _environment()
        .get_template("page.j2")
        .render(
            v=view,
            card=card,
            run=evidence.run,
            lost=sum(group.count for group in view.groups),
            penalties=[(name, points) for name, points in card.penalties.items() if points],
            legend=[*((tone, str(outcome)) for outcome, tone in TONES.items()), ("none", "not planned")],
            claims=claims,
            claims_left=len(evidence.judged) - len(claims),
            chart=speed_chart(view.speeds) if view.speeds else Markup(),
        )
    )


def _claims(evidence: Evidence) -> list[Line]:
    kept: list[Line] = []
    left = _CLAIMS_BUDGET
    for judged in evidence.judged:
        line = line_of(judged)
        left -= len(escape(line.claim)) + len(escape(line.reason)) + _ROW_MARKUP
        if left < 0:
            break
        kept.append(line)
    return kept


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("apr_qa.reports", "_html"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(plural=plural, percent=percent, tones=STATUS_TONES)
    return environment


HTML = Report(name="html", file_name="certificate.html", summary="one self-contained page for people", render=render)
