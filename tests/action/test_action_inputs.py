"""From INPUT_ variables to a command line: one value is one word, whatever is in it."""

from __future__ import annotations

import json

import pytest

from apr_qa.action.inputs import argv_of, values_of
from apr_qa.errors import InputError


def test_defaults_are_filled_in() -> None:
    """A selector is enough."""
    values = values_of({"INPUT_SELECTOR": "tiny"})
    assert argv_of(values) == ("certify", "--json", "--tier=mvp", "--engine=auto", "--workers=4", "--", "tiny")


def test_names_with_dashes_come_as_github_and_as_a_shell_writes_them() -> None:
    """Docker actions get `INPUT_FAILURE-POLICY`, the composite action hands on `INPUT_FAILURE_POLICY`."""
    for name in ("INPUT_FAILURE-POLICY", "INPUT_FAILURE_POLICY"):
        argv = argv_of(values_of({"INPUT_SELECTOR": "tiny", name: "collect-all"}))
        assert "--failure-policy=collect-all" in argv


def test_a_value_never_becomes_an_option() -> None:
    """Selectors stand behind `--`; the value of an option is part of the option's word."""
    argv = argv_of(values_of({"INPUT_SELECTOR": "--help tiny", "INPUT_BACKENDS": "cpu --engine=evil"}))
    assert argv[argv.index("--") :] == ("--", "--help", "tiny")
    assert "--backends=cpu --engine=evil" in argv


@pytest.mark.parametrize(
    ("variables", "problem"),
    [
        ({"INPUT_COMMAND": "certfy", "INPUT_SELECTOR": "tiny"}, "did you mean certify"),
        ({}, "selector"),
        ({"INPUT_COMMAND": "run-shard"}, "shard"),
        ({"INPUT_SELECTOR": "a\x1b[2Jb"}, "control characters"),
        ({"INPUT_SELECTOR": "a" * 5000}, "too long"),
    ],
)
def test_what_cannot_be_used_is_said(variables: dict[str, str], problem: str) -> None:
    """A wrong command, a missing word, control characters and endless values are refused."""
    with pytest.raises(InputError, match=problem):
        argv_of(values_of(variables))


def test_a_job_of_the_bot_takes_the_place_of_the_words() -> None:
    """The job is one word, whatever is in it; `plan` reads models, tier and narrowing from it and checks its digest."""
    job = json.dumps({"models": ["--help"], "line": "/certify tiny mvp"})
    values = values_of({"INPUT_COMMAND": "plan", "INPUT_JOB": job, "INPUT_SELECTOR": "other", "INPUT_SEED": "1"})
    argv = argv_of(values)
    assert argv[-1] == "--"
    assert f"--job={job}" in argv
    assert not any(word.startswith(("--tier", "--seed", "--formats", "--backends")) for word in argv)
