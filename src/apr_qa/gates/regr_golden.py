"""F-REGR-GOLDEN: the answers that a playbook lists as golden."""

from __future__ import annotations

from collections.abc import Mapping

from apr_qa.gates import _answers, _draw, _judging, _probes
from apr_qa.vocab.axes import Category
from apr_qa.vocab.gates import Brief, Drawn, Exhibits, Gate, GateSpec
from apr_qa.vocab.plan import Claim
from apr_qa.vocab.verdict import Verdict


def _draw_claims(spec: GateSpec, brief: Brief) -> Drawn:
    """Draw one claim for each entry {prompt, answer} of the playbook's `golden` list, in each cell."""
    entries = [e for e in brief.playbook.extras.get("golden") or () if isinstance(e, Mapping)]
    claims = []
    asked = []
    for cell in _draw.cells_of(spec, brief):
        for number, entry in enumerate(entries, start=1):
            scenario = _probes.ask(brief, cell, f"golden-{number}", str(entry["prompt"]))
            asked.append((scenario,))
            params = {"answer": str(entry["answer"])}
            claims.append(_draw.claim(spec, _draw.whole(cell), (scenario.id,), number=number, params=params))
    return Drawn(claims=tuple(claims), scenarios=_draw.probes_among(asked))


def _judge(claim: Claim, exhibits: Exhibits) -> Verdict:
    (name,) = claim.needs
    missing = _judging.unanswered(name, exhibits)
    if missing is not None:
        return missing
    golden, text = claim.params["answer"], exhibits.observations[name].reply.text
    likeness = _answers.compare(golden, text)
    if likeness.same:
        return _judging.held("the golden answer", parted=likeness.parted)
    return _judging.fell(
        f"{_judging.prompt_of(name, exhibits)} got {_judging.quoted(text)}, golden is {_judging.quoted(golden)}",
        parted=likeness.parted,
    )


GATE = Gate(
    spec=GateSpec(
        id="F-REGR-GOLDEN-001",
        claim="The golden answers of the playbook come again.",
        category=Category.REGR,
        remedy="Find out which of model files, engine and template changed since the golden answers were taken.",
    ),
    draw=_draw_claims,
    judge=_judge,
)
