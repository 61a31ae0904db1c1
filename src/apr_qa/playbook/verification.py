"""Prompts that a playbook puts into certain cells: `mvp_matrix` and `verification_tests`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from apr_qa.playbook.shape import PlaybookFile, VerificationTest
from apr_qa.vocab.axes import Format
from apr_qa.vocab.playbook import Placed, Prompt
from apr_qa.vocab.scenario import OracleSpec

DIFFERENTIAL = "differential"


def placed_prompts(file: PlaybookFile) -> Iterator[Placed]:
    """Yield the prompts with cells of their own, in the file's order."""
    for entry in file.mvp_matrix:
        yield Placed(prompt=entry.prompt, format=entry.format, backend=entry.backend, modality=entry.modality)
    for test in file.verification_tests:
        if test.type != DIFFERENTIAL:
            for form in _formats(test):
                yield Placed(prompt=test.prompt, format=form, label=test.name)


def _formats(test: VerificationTest) -> tuple[Format | None, ...]:
    return test.formats or (test.format,)


def expected_answers(file: PlaybookFile) -> Iterator[Prompt]:
    """Yield the prompts of verification tests that say what the answer must contain."""
    for test in file.verification_tests:
        if test.expect and test.type != DIFFERENTIAL:
            yield Prompt(text=test.prompt, oracle=OracleSpec(name="exact", config={"regex": _whole_word(test.expect)}))


def _whole_word(text: str) -> str:
    """Return a pattern for `text` that does not find 4 in 14."""
    start = r"\b" if text[0].isalnum() else ""
    end = r"\b" if text[-1].isalnum() else ""
    return f"{start}{re.escape(text)}{end}"


def left_out(file: PlaybookFile) -> Iterator[str]:
    """Yield what of the verification tests is not run, as `what: reason`."""
    for test in file.verification_tests:
        name = f"verification test {test.name!r}"
        if test.type == DIFFERENTIAL:
            formats = ", ".join(map(str, _formats(test))) if test.formats or test.format else "all formats"
            yield f"{name} ({formats}, {test.prompt!r}, tolerance {test.tolerance}, expects {test.expect}): {_COMPARED}"
        elif test.tolerance is not None:
            yield f"{name} tolerance {test.tolerance}: an expected answer is found or not, there is no nearly"


_COMPARED = "whether formats agree is judged at every tier by the gates of category COMP"
