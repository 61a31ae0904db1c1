"""A malicious engine inside each fence, as root and as an unprivileged user: it achieves what we say, and no more."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from script_engines import ask, asked, script

from apr_qa.errors import InputError
from apr_qa.run import isolation
from apr_qa.run.fence import Fence
from apr_qa.run.process import run
from apr_qa.vocab.command import Command
from apr_qa.vocab.observation import Ending

DRIVER = Path(__file__).with_name("attack_driver.py")
SOURCES = Path(isolation.__file__).parents[2]
NOBODY = 65534
AS_NOBODY = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
NO_NAMESPACES = 'echo 0 > /proc/sys/user/max_user_namespaces && exec setpriv --bounding-set=-all "$@"'
"""Inside a user namespace: no further ones, and no privileges."""

OPEN = {
    *("environment_of_others", "file_of_home", "write_outside", "write_to_the_model", "loopback_tcp", "loopback_udp"),
    *("abstract_socket", "service_socket", "signal_others", "own_folder", "remount_and_write"),
}
ACHIEVED = {
    Fence.NONE: OPEN,
    Fence.LANDLOCK: {"file_of_home", "service_socket", "own_folder"},
    Fence.NAMESPACES: {"own_folder"},
}
"""Blocks as `isolation` words them; whether disks stand in /dev is the machine's affair."""
MACHINE = {"disks_in_sight"}


@pytest.fixture
def services() -> Iterator[Path]:
    """A folder below that of the services, which the attacker's user may use."""
    try:
        folder = Path(tempfile.mkdtemp(prefix="apr-qa-test-", dir="/run"))
    except OSError:
        pytest.skip("needs to make a folder below /run")
    folder.chmod(0o777)
    yield folder
    shutil.rmtree(folder)


def _in_reach(code: Path) -> Path:
    """Copy what the driver needs to where every user may read: a checkout often lies in somebody's own home."""
    code.chmod(0o755)
    for package in (SOURCES / "apr_qa", Path(psutil.__file__).parent):
        shutil.copytree(package, code / package.name, ignore=shutil.ignore_patterns("__pycache__"))
    for program in DRIVER.parent.glob("attack*.py"):
        shutil.copy(program, code)
    return code


def attack(fence: Fence, services: Path, *before: str) -> dict[str, object]:
    """Run the driver, after the words `before`, with an interpreter that every user may start."""
    python = shutil.which("python3", path="/usr/local/bin:/usr/bin:/bin") if before else sys.executable
    if not python:
        pytest.skip("no Python that other users may start")
    with tempfile.TemporaryDirectory() as home, tempfile.TemporaryDirectory() as folder:
        Path(home).chmod(0o777)
        code = _in_reach(Path(folder))
        env = {"PATH": os.environ["PATH"], "HOME": home, "APR_QA_TEST_TOKEN": "s3cret-value", "PYTHONPATH": str(code)}
        argv = (*before, python, "-S", str(code / DRIVER.name), fence.value, str(services))
        done = subprocess.run(argv, env=env, cwd=home, capture_output=True, text=True, check=False, timeout=200)
    if before and "ModuleNotFoundError" in done.stderr:
        pytest.skip("the other users' Python is not ours")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("fence", ACHIEVED)
def test_the_fence_holds_what_it_says(fence: Fence, services: Path) -> None:
    """Without one the attacker achieves everything; within, what is refused is refused and nothing was harmed."""
    seen = attack(fence, services)
    if not seen["works"]:
        pytest.skip(f"this system has no {fence}")
    assert set(seen["achieved"]) - MACHINE == ACHIEVED[fence]
    assert seen["unharmed"] is (fence is not Fence.NONE)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes another user")
@pytest.mark.parametrize("fence", ACHIEVED)
def test_the_fence_holds_an_unprivileged_user(fence: Fence, services: Path) -> None:
    """The same without privileges, where namespaces take one of users."""
    seen = attack(fence, services, *AS_NOBODY)
    if not seen["works"]:
        pytest.skip(f"this system has no {fence} for users")
    assert set(seen["achieved"]) - MACHINE == ACHIEVED[fence]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes another user")
def test_without_user_namespaces_the_next_fence_is_taken(services: Path) -> None:
    """A user who may make no namespaces is told so by a fence that does not start; Landlock still holds."""
    before = (*AS_NOBODY, "unshare", "--user", "--map-root-user", "sh", "-c", NO_NAMESPACES, "sh")
    outer = attack(Fence.NAMESPACES, services, *before)
    assert (outer["works"], outer["achieved"]) == (False, [])
    assert "unshare" in str(outer["note"])
    inner = attack(Fence.LANDLOCK, services, *before)
    if inner["works"]:
        assert set(inner["achieved"]) - MACHINE == ACHIEVED[Fence.LANDLOCK]


def test_what_is_not_held_is_said() -> None:
    """The machine's facts, which doctor and evidence show, name the fence and every open side of it."""
    facts = isolation.facts()
    assert f"fence: {isolation.fence()}" in facts
    sides = [fact for fact in facts if fact.startswith(("network:", "files:", "processes:", "devices,"))]
    assert len(sides) == 4
    if isolation.fence() is Fence.NAMESPACES:
        assert not [side for side in sides if "not isolated" in side]


@pytest.mark.parametrize(
    ("version", "machine", "open_sides"),
    [
        (6, "x86_64", {"devices, services and known secrets"}),
        (4, "aarch64", {"devices, services and known secrets", "processes"}),
        (3, "x86_64", {"devices, services and known secrets", "processes", "network"}),
        (6, "riscv64", {"devices, services and known secrets", "network"}),
    ],
)
def test_an_old_kernel_is_not_said_to_hold_what_it_does_not(version: int, machine: str, open_sides: set[str]) -> None:
    """Connections are stopped since the fourth version and where sockets can be filtered; signals since the sixth."""
    sides = isolation.landlocked(version, machine)
    assert {side.partition(":")[0] for side in sides if side.endswith("not isolated")} == open_sides


def test_a_fence_can_be_demanded(monkeypatch: pytest.MonkeyPatch) -> None:
    """What works here satisfies a demand for it and for less; an unknown word is named."""
    for kind in list(Fence)[: list(Fence).index(isolation.fence()) + 1]:
        monkeypatch.setenv(isolation.DEMAND, kind.value)
        isolation.demand()
    monkeypatch.setenv(isolation.DEMAND, "moat")
    with pytest.raises(InputError, match="moat"):
        isolation.demand()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes another user")
def test_a_demand_that_cannot_be_met_is_refused(services: Path) -> None:
    """Where there are no namespaces, nothing runs for one who demands them, and the remedy is told."""
    before = (*AS_NOBODY, "unshare", "--user", "--map-root-user", "sh", "-c", NO_NAMESPACES, "sh")
    seen = attack(Fence.NONE, services, *before, "env", f"{isolation.DEMAND}=namespaces")
    assert "cannot be fenced with namespaces here" in str(seen["demand"])
    assert "user namespaces" in str(seen["demand"])


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can read what others closed")
def test_files_that_only_root_may_read_are_not_the_models_fault(tmp_path: Path) -> None:
    """An engine has no privileges: a file of another user that is closed to it leaves the question unjudged."""
    (tmp_path / "model").mkdir()
    program = script(tmp_path, "import sys\nopen(sys.argv[0]).close()\nprint('read')")
    assert asked(tmp_path, [ask("a")], program)["a"].reply.ending is Ending.ANSWERED
    weights = tmp_path / "model" / "model.gguf"
    os.chown(weights, NOBODY, NOBODY)
    weights.chmod(0o600)
    seen = asked(tmp_path, [ask("a")], program)["a"]
    assert seen.reply.ending is (Ending.ANSWERED if isolation.fence() is Fence.NONE else Ending.UNSTARTED)
    assert "model.gguf" in seen.reply.message


def test_a_program_that_is_not_there_is_not_started(tmp_path: Path) -> None:
    """Every fence tells a program that cannot be started from one that failed."""
    for fence in Fence:
        if isolation.works(fence):
            done = run(Command(argv=("/no/such/engine",)), workdir=tmp_path, fence=fence)
            assert done.stopped is not None
            assert "/no/such/engine" in done.note
            said = "import sys; print('x: failed to execute y', file=sys.stderr); sys.exit(127)"
            fake = run(Command(argv=(sys.executable, "-c", said)), workdir=tmp_path, fence=fence)
            assert (fake.stopped, fake.exit_status) == (None, 127)
