"""One planted fault certified as any model is, for whoever wants to watch the judge at work."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

from apr_qa.pipeline._qualify_cases import cases, healthy_copy, target_of
from apr_qa.pipeline._qualify_trial import SEED
from apr_qa.pipeline.certify import Certified, certify
from apr_qa.pipeline.prepare import prepare
from apr_qa.pipeline.progress import Progress, Silent
from apr_qa.pipeline.wishes import Wishes
from apr_qa.vocab.axes import Tier


def certify_broken(fault: str, tier: Tier, wishes: Wishes, progress: Progress | None = None) -> Certified:
    """Plant `fault` where it is most at home, in a copy that is removed afterwards, and certify that copy.

    Raises InputError for a fault that does not exist, and what `prepare` and `certify` raise.
    """
    watcher = progress or Silent()
    (case, *_) = cases([fault])
    with tempfile.TemporaryDirectory(prefix="apr-qa-planted-") as scratch:
        folder = healthy_copy(case.mutator.model, case.dtype, Path(scratch))
        case.mutator.apply(folder, case.place, SEED)
        target = replace(target_of(case.mutator.model, tier), path=folder)
        return certify(prepare(target, wishes, watcher.busy), watcher)
