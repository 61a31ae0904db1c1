"""What the conversion gates share: which routes can be gone, and the files that lie at the end of each.

F-CONV judges what the engine makes when it is told to convert, in a workspace of the run. F-CONTRACT-I* judge the
files that are certified, whoever made them. No quantisation is ever asked for here, so none may happen.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from apr_qa.contracts.dtypes import FULL
from apr_qa.gates import _contracts, _draw, _judging, _model_files
from apr_qa.gates._agreeing import Side
from apr_qa.truth.culprit import Culprit
from apr_qa.vocab.artefacts import Artefact
from apr_qa.vocab.axes import Format, Tier
from apr_qa.vocab.conversions import Made, Route, route_name, route_of
from apr_qa.vocab.gates import Brief, Drawn, Exhibits, GateSpec
from apr_qa.vocab.observation import Ending
from apr_qa.vocab.plan import Claim, Subject
from apr_qa.vocab.verdict import Outcome, Verdict
from apr_qa.weights import Header, MalformedWeights

G, A, S = Format.GGUF, Format.APR, Format.SAFETENSORS
PAIRS: tuple[Route, ...] = ((G, A), (A, G), (G, S), (S, G), (A, S), (S, A))
IDS = (
    *(f"F-CONV-{source[0]}-{target[0]}".upper() for source, target in PAIRS),
    *(f"F-CONV-RT-{number:03}" for number in range(1, 5)),
    *(
        "F-CONV-RT-BYTE-001",
        "F-CONV-IDEM-001",
        "F-CONV-COM-001",
        "F-CONV-CONFIG-001",
        "F-CONV-TOK-001",
        "F-CONV-TEMPLATE-001",
    ),
)
STEPS_AT = (Tier.QUICK, Tier.STANDARD, Tier.DEEP)
ROUTES_AT = (Tier.STANDARD, Tier.DEEP)


def draw_for(
    *routes: Route, every: bool = True, again: bool = False, speaks: bool = False
) -> Callable[[GateSpec, Brief], Drawn]:
    """Return the `draw` of a gate with one claim about the files at the ends of `routes`.

    `every`: the claim needs all of them, else those that the engine can go. `again`: the last step is made twice.
    `speaks`: the one gate that says for all of them which gates the playbook lists that there are not.
    """

    def draw(spec: GateSpec, brief: Brief) -> Drawn:
        section = brief.playbook.extras.get("conversions")
        named = _draw.strangers(section, IDS, "conversions") if speaks and isinstance(section, Mapping) else ()
        planned = {cell.format for cell in brief.cells}
        here = [route for route in routes if planned.issuperset(route)]
        if not here or (every and len(here) < len(routes)) or not _asked(spec, section):
            return Drawn(not_run=named)
        lacks = {route: _why_not(route, brief) for route in here}
        gone = [route for route in here if not lacks[route]]
        if not gone or (every and len(gone) < len(here)):
            return _draw.not_drawn(spec, next(reason for reason in lacks.values() if reason))
        limit_s = brief.playbook.matrix.timeout_ms / 1000
        params = {"routes": [list(route) for route in gone], "again": again, "timeout_s": limit_s}
        return Drawn(claims=(_draw.claim(spec, Subject(format=gone[0][-1]), params=params),), not_run=named)

    return draw


def _asked(spec: GateSpec, section: object) -> bool:
    if not isinstance(section, Mapping):
        return True
    return section.get("enabled") is not False and (not section.get("gates") or spec.id in section["gates"])


def _why_not(route: Route, brief: Brief) -> str:
    if not brief.conversions:
        return f"no other formats are made by {brief.converter}"
    for step in pairwise(route):
        if step not in brief.conversions:
            return f"{brief.converter} does not make {step[1]} of {step[0]} in one step"
    if S not in brief.files.artefacts:
        return "there are no SafeTensors files to hold the others against"
    reasons = (_contracts.unknown(brief.files, form) for form in route)
    return next((reason for reason in reasons if reason), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """The file at the end of a route, and the headers of all files on the way, from the model's own on."""

    route: Route
    steps: tuple[Made, ...]
    artefact: Artefact
    headers: tuple[Header, ...]
    source: Artefact
    """The model's own file."""

    @property
    def side(self) -> Side:
        """The file with its header."""
        return self.artefact, self.headers[-1]

    @property
    def through(self) -> tuple[str, ...]:
        """The types that matrices had in the files before this one, each once."""
        return tuple(dict.fromkeys(dtype for header in self.headers[:-1] for dtype in _types(header)))

    def quantised_unasked(self) -> str:
        """Return which step stored values in fewer bits than it was given; empty when none did."""
        for (before, after), (source, target) in zip(pairwise(self.headers), pairwise(self.route), strict=True):
            new = [dtype for dtype in _types(after) if dtype not in FULL and dtype not in _types(before)]
            if new:
                was = ", ".join(_types(before))
                return f"from {source} to {target} it quantised unasked: {', '.join(new)} where {was} was given"
        return ""


def _types(header: Header) -> tuple[str, ...]:
    return tuple(dict.fromkeys(t.dtype for t in header.tensors.values() if len(t.shape) > 1 and t.size_bytes))


def ends(claim: Claim, exhibits: Exhibits) -> Iterator[End | Verdict]:
    """Yield for each route of the claim its end, or the verdict on the step that did not get that far."""
    again = bool(claim.params.get("again"))
    for names in claim.params["routes"]:
        route = route_of(names)
        yield _end(route, exhibits, route_name(route))
        if again:
            yield _end(route, exhibits, route_name(route, again=True))


def _end(route: Route, exhibits: Exhibits, last: str) -> End | Verdict:
    names = [route_name(route[:count]) for count in range(2, len(route))] + [last]
    way: list[Artefact] = [exhibits.files.artefacts[route[0]]] if exhibits.files else []
    steps: list[Made] = []
    try:
        headers = [_model_files.header_of(artefact) for artefact in way]
    except (MalformedWeights, OSError) as error:
        return _judging.skipped(f"the {route[0]} file cannot be read ({error}); G0-INTEGRITY-HEADER judges that")
    for name in names:
        made = exhibits.made.get(name)
        if made is None:
            return _judging.unjudged("the converted files are not at hand")
        steps.append(made)
        if made.ending is not Ending.ANSWERED or made.artefact is None:
            verdict = _judging.ended(made.ending, f"{_words(made.route)}: {made.message}")
            return _told(verdict, steps, step=name, attempts=made.attempts)
        way.append(made.artefact)
    try:
        headers += [_model_files.header_of(artefact) for artefact in way[1:]]
    except (MalformedWeights, OSError) as error:
        return _told(_judging.fell(f"{_words(route)}: what was made cannot be read: {error}"), steps)
    return End(route=route, steps=tuple(steps), artefact=way[-1], headers=tuple(headers), source=way[0])


def source_of(end: End) -> End | None:
    """Return the model's own file that a route begins with, as its end would be; None when it is the ground truth."""
    if end.route[0] is S:
        return None
    return End(route=end.route[:1], steps=(), artefact=end.source, headers=end.headers[:1], source=end.source)


def _told(verdict: Verdict, steps: Sequence[Made], **more: object) -> Verdict:
    """Return the verdict with what shows it again, in a copy of the model's folder, and who is to blame."""
    lines = dict.fromkeys(shlex.join(step.argv) for step in steps if step.argv)
    blame = {"culprit": str(Culprit.ENGINE), "reproduce": " && ".join(lines)} if verdict.outcome.is_lost else {}
    return replace(verdict, detail={**verdict.detail, **blame, **more})


def _words(route: Sequence[Format]) -> str:
    return " to ".join(route)


def judged(claim: Claim, exhibits: Exhibits, judge: Callable[[Sequence[End], Side], Verdict]) -> Verdict:
    """Return what `judge` says of the ends of all routes beside the ground truth; of a step that failed, its verdict.

    A file of the model that cannot be used, and a type that cannot be decoded, are verdicts here.
    """
    found = list(ends(claim, exhibits))
    stuck = next((item for item in found if isinstance(item, Verdict)), None)
    if stuck is not None:
        return stuck
    return beside_truth([item for item in found if isinstance(item, End)], exhibits, judge)


def beside_truth(found: Sequence[End], exhibits: Exhibits, judge: Callable[[Sequence[End], Side], Verdict]) -> Verdict:
    """Return what `judge` says of `found` beside the ground truth."""
    truth = exhibits.files.artefacts.get(S) if exhibits.files else None
    if truth is None:
        return _judging.unjudged("the ground truth, the model's SafeTensors files, is not at hand")
    try:
        true = _model_files.header_of(truth)
    except (MalformedWeights, OSError) as error:
        return _judging.skipped(f"the ground truth cannot be read ({error}); G0-INTEGRITY-HEADER judges that")
    try:
        verdict = judge(found, (truth, true))
    except _model_files.BadFileError as error:
        return _judging.fell(str(error))
    except MalformedWeights as error:
        return _judging.unjudged(f"a tensor cannot be read as numbers: {error.problem}")
    steps = [step for end in found for step in end.steps]
    made = {route_name(step.route): {"argv": list(step.argv), "seconds": step.elapsed_s} for step in steps}
    return _told(verdict, steps, made=made)


def is_open(verdict: Verdict) -> bool:
    """Return whether a verdict decided nothing."""
    return verdict.outcome in (Outcome.UNJUDGED, Outcome.SKIPPED)
