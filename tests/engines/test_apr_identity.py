"""Which `apr` is driven, and what its build can do."""

from __future__ import annotations

import json

import pytest
from engine_builders import completed, printed, rows

from apr_qa.engines.apr import APR
from apr_qa.errors import EngineMissingError
from apr_qa.vocab.axes import Backend, Cell, Format, Modality
from apr_qa.vocab.command import Stopped
from apr_qa.vocab.evidence import EngineFacts

GPU = Cell(format=Format.GGUF, backend=Backend.GPU, modality=Modality.RUN)
CPU = Cell(format=Format.GGUF, backend=Backend.CPU, modality=Modality.RUN)


def test_the_recorded_version_is_known() -> None:
    """The line of the real program gives version and commit."""
    facts = APR.identify(completed(rows("probes")["version"]))
    assert (facts.name, facts.version, facts.features) == ("apr", "0.72.3", ("commit:9c34b9a91",))


@pytest.mark.parametrize("line", ["apr 0.72.0\n", "apr 0.73.1 (abc123)\n", "apr 1.0.0-rc.1 (abc)", "apr 10.2.3\n"])
def test_later_versions_are_driven(line: str) -> None:
    """0.72 is the oldest, with or without a commit."""
    assert APR.identify(printed(line)).version == line.split()[1].removesuffix("-rc.1")


@pytest.mark.parametrize("line", ["apr 0.71.9 (abc)\n", "apr 0.2.16\n"])
def test_older_versions_are_refused_at_once(line: str) -> None:
    """They have other commands; the message names version and remedy."""
    with pytest.raises(EngineMissingError, match="too old") as caught:
        APR.identify(printed(line))
    assert "cargo install apr-cli" in caught.value.remedy


@pytest.mark.parametrize(
    ("stdout", "status", "stderr"),
    [
        ("apr version 2\n", 0, ""),
        ("", 0, ""),
        ("Apache Portable Runtime 1.7\n", 0, ""),
        ("apr 0.72.3\nand more\n", 0, ""),
        ("apr 0.72.3\n", 1, ""),
        ("", 127, "apr: not found"),
        ("apr 99999999999999999999.1.1\n", 0, ""),
        ("\x1b[31mapr 0.72.3\n", 0, ""),
    ],
)
def test_other_programs_of_that_name_are_refused(stdout: str, status: int, stderr: str) -> None:
    """What does not say that it is the apr of aprender is not driven."""
    with pytest.raises(EngineMissingError, match="not the apr of aprender"):
        APR.identify(printed(stdout, status, stderr))


def test_a_program_that_does_not_answer_is_refused() -> None:
    """A probe that was cut short tells why."""
    with pytest.raises(EngineMissingError, match="permission denied"):
        APR.identify(printed(status=None, stopped=Stopped.NOT_STARTED, note="permission denied"))


def test_features_tell_compiled_from_ready() -> None:
    """The recorded build has wgpu compiled in and no device; neither cuda nor metal."""
    assert APR.feature_args == ("devices", "--json")
    assert APR.features(completed(rows("probes")["devices"])) == ("wgpu",)
    entry = {"kind": "cuda", "source": {"kind": "compiled-in"}, "status": {"state": "ready"}}
    assert APR.features(printed(json.dumps({"entries": [entry]}))) == ("cuda", "cuda:ready")


@pytest.mark.parametrize("stdout", ["", "{", "[]", '{"entries": 3}', '{"entries": [3, {"kind": 4}, {}]}'])
def test_a_failed_probe_of_features_gives_none(stdout: str) -> None:
    """Without proof of an accelerator there is none."""
    assert APR.features(printed(stdout)) == ()


def test_gpu_cells_need_a_gpu_that_is_ready() -> None:
    """Three builds, three reasons; the CPU always computes."""
    bare = EngineFacts(name="apr", version="0.72.3", features=("commit:9c34b9a91",))
    built = EngineFacts(name="apr", version="0.72.3", features=("wgpu",))
    ready = EngineFacts(name="apr", version="0.72.3", features=("cuda", "cuda:ready"))
    assert APR.supports(bare, GPU) == "this apr has no GPU backend compiled in"
    assert APR.supports(built, GPU) == "this apr finds no GPU that is ready (built for wgpu)"
    assert APR.supports(ready, GPU) == APR.supports(bare, CPU) == ""
