"""One planted fault before the gates that need no engine, for whoever wants to watch the judge at work."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

from apr_qa.pipeline._qualify_cases import cases, healthy_copy, target_of
from apr_qa.pipeline._qualify_trial import SEED, of_files
from apr_qa.pipeline.prepare import prepare
from apr_qa.pipeline.wishes import Wishes
from apr_qa.score.mqs import score
from apr_qa.vocab.axes import Tier
from apr_qa.vocab.evidence import Judged
from apr_qa.vocab.score import Scorecard


def judge_broken(fault: str, tier: Tier, wishes: Wishes) -> tuple[tuple[Judged, ...], Scorecard]:
    """Plant `fault` where it is most at home, in a copy that is removed afterwards, and judge the copy's files.

    Returns the claims that were lost, and what a certificate would say of them. Raises InputError for a fault that does
    not exist, and what `prepare` raises.
    """
    (case, *_) = cases([fault])
    with tempfile.TemporaryDirectory(prefix="apr-qa-planted-") as scratch:
        folder = healthy_copy(case.mutator.model, case.dtype, Path(scratch))
        case.mutator.apply(folder, case.place, SEED)
        ready = prepare(replace(target_of(case.mutator.model, tier), path=folder), wishes, lambda _doing: None)
        judged = of_files(ready, {}, computed=False)
    lost = tuple(one for one in judged if one.verdict.outcome.is_lost)
    return lost, score(ready.record(), judged, ())
