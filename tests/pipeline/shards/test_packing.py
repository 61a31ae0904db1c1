"""Which questions share a machine: all of them somewhere, none twice, no machine too small."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apr_qa.errors import InputError
from apr_qa.pipeline.fleet import runner_of
from apr_qa.pipeline.packing import MINUTES_A_SHARD, Unit, pack
from apr_qa.vocab.axes import Backend, Format

FLEET = (runner_of("cpu=cpu"), runner_of("cpu:16=small"), runner_of("gpu:80=gpu"))


def unit(name: str = "a", minutes: float = 1.0, **more: object) -> Unit:
    """A unit of model 0 on cpu."""
    given_ = {"model": 0, "backend": Backend.CPU, "formats": (Format.GGUF,), "fetch_minutes": 0.0, "memory_bytes": 1}
    return Unit(scenarios=(name,), minutes=minutes, **{**given_, **more})  # type: ignore[arg-type]


UNITS = st.lists(
    st.builds(
        Unit,
        model=st.integers(0, 3),
        backend=st.sampled_from(Backend),
        formats=st.sampled_from([(form,) for form in Format]),
        scenarios=st.uuids().map(lambda name: (str(name),)),
        minutes=st.floats(0, 500),
        fetch_minutes=st.floats(0, 20),
        memory_bytes=st.integers(1, 70 * 10**9),
    ),
    min_size=1,
    max_size=40,
)


@given(UNITS, st.none() | st.integers(1, 60))
def test_every_question_is_asked_once_on_a_machine_that_holds_it(units: list[Unit], count: int | None) -> None:
    """Boxes partition the units; a box has one model and one kind of machine; equal input, equal boxes."""
    boxes = pack(units, FLEET, count)
    packed = Counter(name for box in boxes for u in box.units for name in u.scenarios)
    assert packed == Counter(name for u in units for name in u.scenarios)
    for box in boxes:
        assert {u.model for u in box.units} == {box.model}
        assert {u.backend for u in box.units} == {box.runner.backend}
        assert all(u.memory_bytes <= (box.runner.memory_bytes or 10**15) for u in box.units)
    assert [[u.scenarios for u in box.units] for box in pack(units, FLEET, count)] == [
        [u.scenarios for u in box.units] for box in boxes
    ]


def test_as_many_boxes_as_asked_for() -> None:
    """Asked for three, there are three, evenly filled; without a number, each takes about as long as it should."""
    units = [unit(str(n)) for n in range(9)]
    assert [len(box.units) for box in pack(units, FLEET, 3)] == [3, 3, 3]
    assert len(pack(units, FLEET, 30)) == 9
    long = [unit(str(n), MINUTES_A_SHARD / 2) for n in range(8)]
    assert len(pack(long, FLEET)) == 4


def test_files_are_fetched_by_few() -> None:
    """Where fetching is dear, the questions about one format stay together."""
    units = [unit(f"{form}{n}", 1.0, formats=(form,), fetch_minutes=30.0) for n in range(4) for form in Format]
    boxes = pack(units, FLEET, 3)
    assert sorted(len({u.formats for u in box.units}) for box in boxes) == [1, 1, 1]


def test_the_smallest_machine_that_holds_it_is_taken() -> None:
    """Little memory: the small runner; much: the one without a limit; a gpu cell goes to the gpu."""
    units = [unit("s"), unit("l", memory_bytes=20 * 10**9), unit("g", backend=Backend.GPU)]
    assert {box.units[0].scenarios[0]: box.runner.labels for box in pack(units, FLEET)} == {
        "s": ("small",),
        "l": ("cpu",),
        "g": ("gpu",),
    }


def test_what_fits_nowhere_is_said() -> None:
    """Too much memory, and too many jobs for one matrix."""
    with pytest.raises(InputError, match="no runner for gpu holds"):
        pack([unit(backend=Backend.GPU, memory_bytes=90 * 10**9)], FLEET)
    with pytest.raises(InputError, match="at most 256"):
        pack([unit(str(n), model=n) for n in range(257)], FLEET)


def test_runners_are_read() -> None:
    """Backend, gigabytes, labels; anything else is refused with an example."""
    assert runner_of("gpu:80=self-hosted, h100").labels == ("self-hosted", "h100")
    for wrong in ("tpu=x", "cpu", "cpu:0=x", "cpu=", "cpu=a;b", "cpu:1:2=x", "cpu=${{ secrets.X }}"):
        with pytest.raises(InputError, match=r"cannot read"):
            runner_of(wrong)
