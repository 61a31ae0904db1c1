"""There is one table of exit statuses, and every expected fault knows its place in it."""

from __future__ import annotations

from apr_qa import errors


def test_the_table_is_the_documented_one() -> None:
    """The numbers are those of the design: 0, 1, 2, 3, 130."""
    assert {e.name: int(e) for e in errors.Exit} == {
        "PASSED": 0,
        "BLOCKED": 1,
        "USAGE": 2,
        "NO_VERDICT": 3,
        "INTERRUPTED": 130,
    }


def test_faults_of_the_input_exit_with_2_and_our_own_with_3() -> None:
    """A subclass never drifts from its parent's meaning."""
    assert errors.InputError("x").exit_status is errors.Exit.USAGE
    assert errors.EngineMissingError("x").exit_status is errors.Exit.USAGE
    assert errors.WorkspaceError("x").exit_status is errors.Exit.NO_VERDICT
    assert errors.InterruptedRunError("x").exit_status is errors.Exit.INTERRUPTED


def test_a_fault_names_the_place_before_the_problem() -> None:
    """`where: problem` is how compilers speak, and editors understand it."""
    assert str(errors.InputError("no such playbook", where="a.yaml:3")) == "a.yaml:3: no such playbook"
