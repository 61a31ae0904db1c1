"""The command line that stands in a record: whoever doubts a certificate asks the same again."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from apr_qa.vocab.evidence import RunRecord

_AXES = frozenset({"formats", "backends", "modalities"})


def recheck(run: RunRecord) -> str:
    """Return the command that asks the same of the same revision."""
    model = f"{run.model}@{run.revision}" if run.revision else run.model
    return f"apr-qa certify {shlex.quote(model)} {run.tier} --seed {run.seed}{''.join(_options(run))}"


def _options(run: RunRecord) -> Iterator[str]:
    for axis, _, values in (words.partition(":") for words in run.narrowed):
        if axis.strip() in _AXES and values:
            yield f" --{axis.strip()} {shlex.quote(values.strip())}"
    if run.sequential:
        yield " --sequential"
    if run.plug_ins:
        yield f" --plug-ins {shlex.quote(','.join(words.partition(' ')[0] for words in run.plug_ins))}"
