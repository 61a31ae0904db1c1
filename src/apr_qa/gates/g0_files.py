"""G0-INTEGRITY-FILES: the model is data of known kinds, complete, and nothing but data."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from apr_qa.gates import _draw, _judging, _model_files
from apr_qa.vocab.artefacts import Artefact, ModelFiles
from apr_qa.vocab.axes import Category, Format, Gateway, Severity
from apr_qa.vocab.gates import Gate, GateSpec
from apr_qa.vocab.plan import Claim
from apr_qa.vocab.verdict import Verdict

CAN_CARRY_CODE = frozenset(
    {".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".h5", ".hdf5", ".keras", ".joblib", ".npy", ".npz"}
    | {".so", ".dll", ".dylib", ".py", ".pyc", ".sh", ".exe", ".zip", ".tar", ".gz", ".7z", ".whl"}
)
"""Kinds that hold code, or hide files that do: refused, not scanned."""
ALLOWED = frozenset(
    {".safetensors", ".gguf", ".apr", ".json", ".jsonl", ".jinja", ".model", ".tiktoken", ".yaml", ".yml", ".toml"}
    | {"", ".txt", ".md", ".pdf", ".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp", ".csv"}
)
"""Kinds that hold data; no others may lie beside SafeTensors weights."""
_NOT_THE_MODEL = frozenset({".git", ".cache"})
_REQUIRED = {
    Format.SAFETENSORS: (_model_files.CONFIG, _model_files.TOKENIZER),
    Format.GGUF: (),
    Format.APR: (),
}
_CODE_KEYS = ("auto_map", "trust_remote_code", "custom_pipelines")


def _judge(artefact: Artefact, _claim: Claim, files: ModelFiles) -> Verdict:
    faults = [*_missing(artefact), *_refused(artefact, files.root), *_code(artefact)]
    if faults:
        return _judging.fell(faults[0], faults=faults[:20])
    count = len(artefact.files)
    return _judging.held(
        f"{count} weight file{'s' if count > 1 else ''} and companions, all of kinds that hold no code"
    )


def _missing(artefact: Artefact) -> Iterator[str]:
    for file in dict.fromkeys((artefact.path, *artefact.files)):
        if not file.is_file():
            yield f"the weights file {file.name} is missing"
    for name in _REQUIRED[artefact.format]:
        if not (artefact.folder / name).is_file():
            yield f"{name} is missing beside the weights"


def _refused(artefact: Artefact, root: Path) -> Iterator[str]:
    """Yield what must not be: in the whole folder of SafeTensors; GGUF and APR files may lie among strangers."""
    whole = artefact.format is Format.SAFETENSORS
    entries = sorted(artefact.folder.rglob("*")) if whole else [artefact.path, *artefact.files]
    for entry in entries:
        name = entry.relative_to(artefact.folder)
        if name.parts[0] in _NOT_THE_MODEL:
            continue
        if entry.is_symlink() and not _stays_inside(entry, artefact.folder, root):
            yield f"{name} links to a place outside the model's folder"
        suffix = entry.suffix.lower()
        if suffix in CAN_CARRY_CODE:
            yield f"{name} is of a kind that can carry code ({suffix}); it is refused unread"
        elif entry.is_file() and suffix not in ALLOWED:
            yield f"{name} is of a kind that is not known to be plain data ({suffix})"


def _stays_inside(link: Path, folder: Path, root: Path) -> bool:
    """Return whether a link leads into the model, or to the blobs that the Hub's cache keeps beside its snapshots."""
    target = link.resolve()
    homes = [folder.resolve()] + ([root.resolve()] if root != Path() else [])
    if any(target.is_relative_to(home) for home in homes):
        return True
    snapshots = next((p for p in folder.parents if p.name == "snapshots"), None)
    return snapshots is not None and target.parent == (snapshots.parent / "blobs").resolve()


def _code(artefact: Artefact) -> Iterator[str]:
    for name in (_model_files.CONFIG, _model_files.TOKENIZER_CONFIG, _model_files.GENERATION):
        try:
            settings: Any = _model_files.optional_json(artefact.folder / name)
        except _model_files.BadFileError as error:  # a fault among others: it must not hide them
            yield str(error)
            continue
        for key in _CODE_KEYS:
            if settings.get(key):
                yield f"{name} asks for code of the model's own to be run ({key})"


GATE = Gate(
    spec=GateSpec(
        id="G0-INTEGRITY-FILES",
        claim="All files of the model are there, and all are of kinds that hold data, not code.",
        category=Category.COMP,
        gateway=Gateway.G0,
        severity=Severity.P0,
        weight=0.25,
        remedy="Fetch the missing file, or certify a revision that has only SafeTensors, GGUF or APR weights and needs"
        " no code of its own.",
    ),
    draw=_draw.per_format,
    judge=_model_files.on_artefact(_judge),
)
