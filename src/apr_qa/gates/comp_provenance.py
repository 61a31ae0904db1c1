"""F-PROVENANCE-001: every file is the Hub's at the pinned commit, or was made by us from those, command by command."""

from __future__ import annotations

from apr_qa.gates import _draw, _judging
from apr_qa.vocab.axes import Category, Severity
from apr_qa.vocab.gates import Brief, Drawn, Exhibits, Gate, GateSpec
from apr_qa.vocab.plan import Claim, Subject
from apr_qa.vocab.verdict import Verdict


def _draw_claims(spec: GateSpec, brief: Brief) -> Drawn:
    if not brief.files.revision:
        return Drawn()
    if not brief.files.compared:
        return _draw.not_drawn(spec, "the Hub was not asked for its digests, so nothing is said of the files' origin")
    return Drawn(claims=(_draw.claim(spec, Subject()),))


def _judge(_claim: Claim, exhibits: Exhibits) -> Verdict:
    files = exhibits.files
    if files is None or not files.compared:
        return _judging.unjudged("the files were not compared with the Hub's digests in this run")
    made = {form: a for form, a in files.artefacts.items() if not a.path.is_relative_to(files.root)}
    unknown = [form for form, artefact in made.items() if not artefact.made_by]
    if unknown:
        return _judging.fell(f"nobody says how the {unknown[0]} file was made", unknown=[str(form) for form in unknown])
    ours = {f"{artefact.folder.name}/" for artefact in made.values()}
    strangers = [n for n in files.digests if n not in files.compared and not n.startswith(tuple(ours))]
    if strangers:
        return _judging.fell(
            f"{strangers[0]} is not among the files of the Hub at {files.revision[:8]}", strangers=strangers[:20]
        )
    return _judging.held(
        f"{len(files.compared)} files have the Hub's digests at {files.revision[:8]}, {len(made)} were made by us",
        compared=sorted(files.compared),
        conversions={str(form): list(artefact.made_by) for form, artefact in made.items()},
    )


GATE = Gate(
    spec=GateSpec(
        id="F-PROVENANCE-001",
        claim="Every file has the Hub's digest at the pinned revision, or was made by us from those that have.",
        category=Category.COMP,
        severity=Severity.P2,
        remedy="Remove what does not belong to the model from its folder, and let the engine on trial convert.",
    ),
    draw=_draw_claims,
    judge=_judge,
)
