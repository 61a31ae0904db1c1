"""Faults that only show when fields are read together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from apr_qa.playbook.marked_yaml import Fault, Marked, Path, dotted
from apr_qa.playbook.shape import PlaybookFile
from apr_qa.playbook.state_machine import StateGraph
from apr_qa.playbook.verification import DIFFERENTIAL


def contradictions(file: PlaybookFile, marked: Marked) -> Iterator[Fault]:
    """Yield what contradicts itself: values listed twice, cells outside the matrix, states that do not exist."""
    for path, problem in (*_repeated(file), *_settings(file), *_expectations(file), *_states(file)):
        yield Fault(line=marked.line(path), path=dotted(path), problem=problem)


def _repeated(file: PlaybookFile) -> Iterator[tuple[Path, str]]:
    lists: dict[Path, Sequence[object]] = {
        ("model", "formats"): file.model.formats,
        ("model", "quantizations"): file.model.quantizations,
        ("test_matrix", "modalities"): file.test_matrix.modalities,
        ("test_matrix", "backends"): file.test_matrix.backends,
        ("test_matrix", "prompts"): [prompt.text for prompt in file.test_matrix.prompts or ()],
        ("oracles",): [oracle.type for oracle in file.oracles],
    }
    for path, values in lists.items():
        for i, value in enumerate(values):
            if value in values[:i]:
                yield (*path, i), f"{value!s} stands here twice"


def _settings(file: PlaybookFile) -> Iterator[tuple[Path, str]]:
    for i, prompt in enumerate(file.test_matrix.prompts or ()):
        if prompt.config and not prompt.oracle:
            yield ("test_matrix", "prompts", i, "config"), "these settings need an `oracle` beside them"


def _expectations(file: PlaybookFile) -> Iterator[tuple[Path, str]]:
    expected: dict[str, str] = {}
    for i, test in enumerate(file.verification_tests):
        if test.type == DIFFERENTIAL or not test.expect:
            continue
        if expected.setdefault(test.prompt, test.expect) != test.expect:
            yield ("verification_tests", i, "expect"), f"another test expects {expected[test.prompt]!r} of this prompt"


def _states(file: PlaybookFile) -> Iterator[tuple[Path, str]]:
    machine = file.state_machine
    if not isinstance(machine, StateGraph):
        return
    if machine.initial not in machine.states:
        yield ("state_machine", "initial"), f"there is no state {machine.initial!r}"
    for name, state in machine.states.items():
        for i, step in enumerate(state.transitions):
            if step.target not in machine.states:
                path = ("state_machine", "states", name, "transitions", i, "target")
                yield path, f"there is no state {step.target!r}"
