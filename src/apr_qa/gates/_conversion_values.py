"""Are the values at the end of a route those of the ground truth, as near as the types on the way allow?"""

from __future__ import annotations

from collections.abc import Sequence

from apr_qa.contracts.mapping import correspond, known
from apr_qa.contracts.recipes import CannotApplyError
from apr_qa.contracts.statistics import examine, sentence
from apr_qa.gates import _contracts, _conversions, _judging, _model_files
from apr_qa.gates._agreeing import Side
from apr_qa.vocab.gates import Exhibits
from apr_qa.vocab.plan import Claim
from apr_qa.vocab.verdict import Outcome, Verdict
from apr_qa.weights import Weights


def judge(claim: Claim, exhibits: Exhibits) -> Verdict:
    """Judge a claim of one route by the bytes at its end."""
    return _conversions.judged(claim, exhibits, _judge)


def _judge(found: Sequence[_conversions.End], truth: Side) -> Verdict:
    (end,) = found
    verdict, own = _against(end, truth), _conversions.source_of(end)
    if verdict.outcome is Outcome.FALSIFIED and own and not end.quantised_unasked():
        before = _against(own, truth)
        if before.outcome is Outcome.FALSIFIED:
            return _judging.skipped(f"the {own.route[0]} file is wrong before it is converted: {before.reason}")
    return verdict


def _against(end: _conversions.End, truth: Side) -> Verdict:
    config = _model_files.read_json(truth[0].folder / _model_files.CONFIG)
    model = known(config)
    missing = _contracts.gap(model, config, end.artefact.format)
    if model is None or missing:
        return _judging.unjudged(missing)
    try:
        mapped = correspond(model, truth[1], end.headers[-1])
    except CannotApplyError as error:
        return _judging.fell(f"config.json cannot be right: {error}")
    faults = list(_contracts.name_faults(mapped))
    if unasked := end.quantised_unasked():
        faults.insert(0, unasked)
    if faults or not mapped.pairs:
        return _judging.fell(faults[0] if faults else "not one tensor of the ground truth is there", faults=faults[:20])
    with Weights(truth[1]) as true, Weights(end.headers[-1]) as other:
        seen = examine(true, other, mapped.pairs, model.numbers, end.through)
    detail = {"compared": seen.compared, "through": list(end.through), "family": model.spec.name}
    if seen.faults:
        return _judging.fell(sentence(seen.faults), count=len(seen.faults), tensor=seen.faults[0].tensor, **detail)
    if seen.unbounded:
        return _judging.unjudged(
            f"how far clean conversions to {', '.join(seen.unbounded)} stray was never measured", **detail
        )
    residuals = ", ".join(f"{dtype} {value:.2g}" for dtype, value in seen.worst.items())
    return _judging.held(
        f"{seen.compared} tensors hold the values of the ground truth; largest residual: {residuals}",
        residuals=dict(seen.worst),
        **detail,
    )
