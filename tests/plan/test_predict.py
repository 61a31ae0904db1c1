from __future__ import annotations

from dataclasses import replace

import pytest

from apr_qa.plan import predict
from apr_qa.plan.expand import make_plan
from apr_qa.plan.request import Narrowing
from apr_qa.vocab.artefacts import Artefact, ModelFiles
from apr_qa.vocab.axes import Backend, Format
from apr_qa.vocab.engines import Batch
from apr_qa.vocab.plan import Claim, Subject

from . import plan_records as records

GB = dict.fromkeys(Format, 1 << 30)
BATCH = Batch(command=lambda *_: None, read=lambda *_: ())


def minutes(text=records.MINIMAL, **changes):
    return make_plan(records.request(text, **{"sizes": GB} | changes)).predicted_minutes


def test_larger_weights_and_longer_answers_take_longer():
    """Time grows in proportion to the bytes moved and the tokens written."""
    assert minutes(sizes=dict.fromkeys(Format, 4 << 30)) > 3 * minutes()
    assert minutes(records.MINIMAL.replace("scenario_count: 1", "max_tokens: 512, scenario_count: 1")) > 3 * minutes()


def test_a_gpu_writes_faster_than_a_cpu():
    """The same cells cost less on the accelerator."""
    cpu, gpu = (minutes(narrowing=Narrowing(backends=(b,))) for b in (Backend.CPU, Backend.GPU))
    assert gpu < cpu


def test_a_batch_starts_one_program_for_many_questions():
    """An engine that must start anew for each one-shot question is predicted to be slower."""
    text = records.MINIMAL.replace("scenario_count: 1", "scenario_count: 20")
    one_by_one = minutes(text)
    assert minutes(text, equipment=dict.fromkeys(Format, records.engine(batch=BATCH))) < one_by_one


def test_known_engines_differ():
    """The table knows that one engine is faster than another."""
    slow, fast = (minutes(equipment=dict.fromkeys(Format, records.engine(name))) for name in ("reference", "llama.cpp"))
    assert fast < slow


def test_without_sizes_the_size_class_decides():
    """A model that is not on this disk yet is predicted by its class."""
    large = records.MINIMAL.replace("1.5B}", "1.5B, size_category: large}")
    assert minutes(large, sizes={}) > 4 * minutes(sizes={})


def test_sizes_are_measured_on_disk(tmp_path):
    """All files of a format count; a missing one is an error, not zero."""
    names = [tmp_path / "a", tmp_path / "b"]
    for path in names:
        path.write_bytes(b"x" * 5)
    artefact = Artefact(format=Format.GGUF, path=names[0], folder=tmp_path, files=tuple(names))
    files = ModelFiles(model="a/b", artefacts={Format.GGUF: artefact})
    assert predict.measured_sizes(files) == {Format.GGUF: 10}
    gone = replace(artefact, files=(tmp_path / "c",))
    with pytest.raises(FileNotFoundError):
        predict.measured_sizes(replace(files, artefacts={Format.GGUF: gone}))


def test_disk_grows_with_what_is_kept():
    """More scenarios and claims write more."""
    assert 0 < predict.disk_bytes(1, 1) < predict.disk_bytes(10, 1) < predict.disk_bytes(10, 10)


def test_each_converted_file_is_counted_once():
    """Two claims about one route cost what one does; a longer route, and a second making of a step, cost more."""
    request = records.request(records.MINIMAL, sizes=GB)

    def of(*routes, again=False):
        params = {"routes": [route.split("-") for route in routes], "again": again}
        claims = [claim(f"F-CONV-{n}", params) for n in range(2)]
        return predict.conversions(request, claims), predict.workspace_bytes(request, claims)

    one, more, twice = of("gguf-apr"), of("gguf-apr", "gguf-safetensors-apr"), of("gguf-apr", again=True)
    assert predict.conversions(request, []) == predict.workspace_bytes(request, []) == 0
    assert more[0] == pytest.approx(3 * one[0])
    assert twice[0] == pytest.approx(2 * one[0])
    assert one[1] < twice[1] < more[1]


def claim(name, params):
    """A claim about converted files."""
    gate = replace(records.GATES[0].spec, id=name)
    return Claim(
        id=name,
        gate=name,
        gateway=None,
        category=gate.category,
        severity=gate.severity,
        weight=1.0,
        subject=Subject(),
        params=params,
    )
