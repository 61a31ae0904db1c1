"""From a path to the artefacts of one model: a file, a model folder, or a folder with one folder a format.

Understood layouts, tried in this order: `FOLDER/{safetensors,apr,gguf}/...`, a flat folder, a single weights file,
a shard index. Choices never depend on the order in which the system lists a folder.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from apr_qa.errors import InputError
from apr_qa.vocab.artefacts import Artefact, ModelFiles
from apr_qa.vocab.axes import Format

INDEX = "model.safetensors.index.json"
SUFFIXES = {".safetensors": Format.SAFETENSORS, ".apr": Format.APR, ".gguf": Format.GGUF}
_QUANTIZATIONS = ("q2_k", "q3_k_m", "q4_0", "q4_k_m", "q4_k", "q5_k_m", "q5_0", "q6_k", "q8_0", "bf16", "f16", "f32")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which artefacts to look for."""

    formats: Sequence[Format] = tuple(Format)
    quantizations: Sequence[str] = field(default_factory=tuple)
    """Which of several GGUF or APR files to take: the first that is there."""


def locate(path: Path, wanted: Wanted, *, model: str = "", revision: str = "") -> ModelFiles:
    """Return what lies at `path`; digests are not yet taken. Raises InputError when there is nothing to certify."""
    if not path.exists():
        raise InputError("no such model file or folder", where=str(path), remedy="Check the path.")
    root = path.resolve()
    if root.is_file():
        artefacts, folder = [_single(root)], root.parent
    else:
        artefacts = [a for form in wanted.formats if (a := _in_folder(root, form, wanted.quantizations))]
        folder = root
    found = {artefact.format: artefact for artefact in artefacts}
    missing = {form: f"no {form} file in {path.name or path}" for form in wanted.formats if form not in found}
    if not found:
        raise InputError(
            "holds no .safetensors, .apr or .gguf file",
            where=str(path),
            remedy="Name a weights file, or a folder that holds one.",
        )
    return ModelFiles(model=model or _name_of(root), revision=revision, artefacts=found, root=folder, not_found=missing)


def companions(files: ModelFiles) -> tuple[Path, ...]:
    """Return every file that makes up the model: weights, and the small files beside them, sorted."""
    found: set[Path] = set()
    for artefact in files.artefacts.values():
        found.update(artefact.files)
        found.update(p for p in artefact.folder.iterdir() if p.is_file() and p.suffix not in SUFFIXES)
    return tuple(sorted(found))


def _single(file: Path) -> Artefact:
    if file.name.endswith(INDEX):
        return _shards(file)
    form = SUFFIXES.get(file.suffix)
    if form is None:
        raise InputError(
            f"{file.suffix or 'a file without suffix'} is none of .safetensors, .apr, .gguf",
            where=str(file),
            remedy="Certify SafeTensors, APR or GGUF files.",
        )
    return _artefact(form, file)


def _in_folder(root: Path, form: Format, quantizations: Sequence[str]) -> Artefact | None:
    for folder in (root / form.value, root):
        if not folder.is_dir():
            continue
        if form is Format.SAFETENSORS and (folder / INDEX).is_file():
            return _shards(folder / INDEX)
        files = sorted(p for p in folder.iterdir() if p.is_file() and SUFFIXES.get(p.suffix) is form)
        if files:
            return _artefact(form, _preferred(files, quantizations))
    return None


def _preferred(files: list[Path], quantizations: Sequence[str]) -> Path:
    for wish in quantizations:
        for file in files:
            if _quantization(file) == wish:
                return file
    for file in files:
        if file.stem == "model":
            return file
    return files[0]


def _artefact(form: Format, file: Path) -> Artefact:
    return Artefact(format=form, path=file, folder=file.parent, files=(file,), quantization=_quantization(file))


def _shards(index: Path) -> Artefact:
    """A broken index is no error here: G0 judges it; the shards that it names as far as they exist are its files."""
    try:
        names = set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values())
        shards = sorted(p for n in names if (p := index.parent / Path(str(n)).name).is_file())
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        shards = sorted(index.parent.glob("*.safetensors"))
    return Artefact(format=Format.SAFETENSORS, path=index, folder=index.parent, files=(*shards,))


def _quantization(file: Path) -> str:
    stem = file.stem.lower().replace(".", "-")
    for name in sorted(_QUANTIZATIONS, key=len, reverse=True):
        if stem.endswith(("-" + name, "_" + name)) or stem == name:
            return name
    return ""


def _name_of(root: Path) -> str:
    """A local name as `local/NAME`: models without a repository never look like one of the Hub."""
    stem = root.stem if root.is_file() else root.name
    if stem in ("model", INDEX.removesuffix(".json")) or root.parent.name in SUFFIXES.values():
        stem = root.parent.name
    if stem in tuple(Format):
        stem = root.parent.parent.name if root.is_file() else root.parent.name
    clean = "".join(c if c.isalnum() or c in "._-" else "-" for c in stem).strip("-.")
    return f"local/{clean or 'model'}"
