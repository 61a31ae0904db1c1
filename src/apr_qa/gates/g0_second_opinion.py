"""G0-INTEGRITY-SECOND: the field's own libraries see the same tensors as our readers do."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from apr_qa.gates import _draw, _judging, _model_files
from apr_qa.vocab.artefacts import Artefact, ModelFiles
from apr_qa.vocab.axes import Category, Format, Gateway, Severity
from apr_qa.vocab.gates import Gate, GateSpec
from apr_qa.vocab.plan import Claim
from apr_qa.vocab.verdict import Verdict
from apr_qa.weights import MalformedWeights, read_header

Tensors = Mapping[str, tuple[tuple[int, ...], str]]
"""Row-major shape and type by name, as one reader sees a file."""


def _judge(artefact: Artefact, _claim: Claim, _files: ModelFiles) -> Verdict:
    """The library is asked only about files that our strict reader lets pass: it may hang on others."""
    try:
        header = read_header(artefact.path)
    except MalformedWeights as error:
        return _judging.fell(f"{error}; the library was not asked", file=error.file.name)
    except OSError as error:
        return _judging.unjudged(f"{artefact.path.name} cannot be opened: {error.strerror}")
    ours: Tensors = {name: (info.shape, info.dtype) for name, info in header.tensors.items()}
    theirs: dict[str, tuple[tuple[int, ...], str]] = {}
    name = "safetensors" if artefact.format is Format.SAFETENSORS else "gguf"
    read = _by_safetensors if artefact.format is Format.SAFETENSORS else _by_gguf
    try:
        for file in header.files:
            theirs |= read(file)
    except Exception as error:  # noqa: BLE001  (a library may raise anything; that it refuses is the finding)
        return _judging.fell(f"the {name} library refuses it: {type(error).__name__}: {error}", library=name)
    problem = difference(ours, theirs)
    if problem:
        return _judging.fell(f"the {name} library sees another file: {problem}", library=name)
    return _judging.held(f"the {name} library sees the same {len(ours)} tensors", library=name, tensors=len(ours))


def difference(ours: Tensors, theirs: Tensors) -> str:
    """Return the first thing in which two readers differ about a file, or an empty text."""
    for name in sorted({*ours, *theirs}):
        if name not in theirs:
            return f"{name} is not there"
        if name not in ours:
            return f"{name} is there besides"
        if ours[name] != theirs[name]:
            return f"{name} is {list(theirs[name][0])} {theirs[name][1]}, not {list(ours[name][0])} {ours[name][1]}"
    return ""


def _by_safetensors(file: Path) -> dict[str, tuple[tuple[int, ...], str]]:
    from safetensors import safe_open

    found = {}
    with safe_open(file, framework="numpy") as opened:
        for name in opened.keys():  # noqa: SIM118  (it is no mapping)
            part = opened.get_slice(name)
            found[name] = (tuple(part.get_shape()), str(part.get_dtype()).lower())
    return found


def _by_gguf(file: Path) -> dict[str, tuple[tuple[int, ...], str]]:
    from gguf import GGUFReader

    return {
        tensor.name: (tuple(int(n) for n in reversed(tensor.shape)), tensor.tensor_type.name.lower())
        for tensor in GGUFReader(file).tensors
    }


GATE = Gate(
    spec=GateSpec(
        id="G0-INTEGRITY-SECOND",
        claim="The field's own library reads the same tensors, shapes and types from the file as our reader does.",
        category=Category.COMP,
        gateway=Gateway.G0,
        severity=Severity.P0,
        weight=0.25,
        formats=(Format.SAFETENSORS, Format.GGUF),
        remedy="Have the file written again by its makers: two readers that differ mean that it can be read two ways.",
    ),
    draw=_draw.per_format,
    judge=_model_files.on_artefact(_judge),
)
