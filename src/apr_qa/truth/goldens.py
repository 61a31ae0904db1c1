"""Golden answers on disk: the original's corpus layout, and oracle files of one prompt each.

A corpus is a folder with `manifest.json` and, for each prompt, `HASH.safetensors` (the tensor `logits`, [positions,
vocab]) and `HASH.json`; HASH is the start of the prompt's SHA-256. An oracle file is one JSON object with prompt,
greedy token ids and text.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from apr_qa.errors import InputError
from apr_qa.files import read_text, write_text
from apr_qa.truth.figures import Floats
from apr_qa.weights import MalformedWeights, open_weights

MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Golden:
    """What a trusted engine said to one prompt, greedily."""

    prompt: str
    text: str
    tokens: tuple[int, ...] = ()
    """Of the answer, where they are known."""
    input_tokens: tuple[int, ...] = ()
    """Of the prompt, where they are known."""
    chat: bool = False
    """Was the prompt put through the chat template? The original's never is."""
    shape: tuple[int, ...] = ()
    """As the JSON states it; empty: there are no logits."""
    file: Path | None = None
    """Where the logits lie."""
    max_tokens: int = 50

    def logits(self) -> Floats | None:
        """Return the logits, None when there are none. Raises InputError for a file that cannot be read."""
        if self.file is None:
            return None
        try:
            with open_weights(self.file) as weights:
                return weights.read("logits")
        except KeyError:
            raise InputError("holds no tensor called logits", where=str(self.file)) from None
        except (MalformedWeights, OSError) as error:
            raise InputError(f"the golden cannot be read: {error}", where=str(self.file)) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """All goldens of one model."""

    folder: Path
    model: str
    goldens: tuple[Golden, ...]
    made_by: Mapping[str, str] = field(default_factory=dict)
    faults: tuple[str, ...] = ()
    """Where manifest and files do not go together."""


def prompt_hash(prompt: str) -> str:
    """Return the name under which a prompt's files lie."""
    return hashlib.sha256(prompt.encode()).hexdigest()[:16]


def read_corpus(folder: Path) -> Corpus:
    """Return the corpus in `folder`: with a manifest, or a folder of oracle files.

    Raises InputError when there is none, or a file in it is broken.
    """
    if (folder / MANIFEST).is_file():
        return _with_manifest(folder)
    files = sorted(folder.glob("*.json")) if folder.is_dir() else []
    if not files:
        raise InputError(
            "holds neither manifest.json nor oracle files", where=str(folder), remedy="apr-qa parity --create"
        )
    goldens = tuple(_oracle(file) for file in files)
    return Corpus(folder=folder, model=str(_object(files[0]).get("model", folder.name)), goldens=goldens)


def _with_manifest(folder: Path) -> Corpus:
    manifest = _object(folder / MANIFEST)
    names = manifest.get("prompts")
    if not isinstance(names, list) or not all(isinstance(name, str) and name.isalnum() for name in names):
        raise InputError("has no list of prompts", where=str(folder / MANIFEST))
    faults = []
    if manifest.get("num_prompts") != len(names):
        faults.append(f"the manifest counts {manifest.get('num_prompts')} prompts and lists {len(names)}")
    extra = sorted(file.stem for file in folder.glob("*.safetensors") if file.stem not in names)
    faults += [f"{name}.safetensors is not in the manifest" for name in extra]
    made_by = {k: str(manifest[k]) for k in ("transformers_version", "torch_version", "engine") if manifest.get(k)}
    goldens = tuple(_golden(folder, name) for name in names)
    return Corpus(
        folder=folder, model=str(manifest.get("model", "")), goldens=goldens, made_by=made_by, faults=tuple(faults)
    )


def _golden(folder: Path, name: str) -> Golden:
    said = _object(folder / f"{name}.json")
    shape = said.get("logits_shape") or ()
    return Golden(
        prompt=_text(said, "prompt", folder / f"{name}.json"),
        text=_text(said, "generated_text", folder / f"{name}.json"),
        tokens=_ids(said.get("generated_ids")),
        input_tokens=_ids(said.get("input_ids")),
        chat=said.get("chat") is True,
        shape=_ids(shape),
        file=folder / f"{name}.safetensors",
        max_tokens=int(said.get("max_new_tokens", 50)),
    )


def _oracle(file: Path) -> Golden:
    said = _object(file)
    tokens = _ids(said.get("tokens"))
    return Golden(
        prompt=_text(said, "prompt", file),
        text=_text(said, "text", file),
        tokens=tokens,
        max_tokens=int(said.get("max_new_tokens", len(tokens) or 32)),
    )


def write_corpus(folder: Path, model: str, answers: Sequence[tuple[Golden, Floats]], made_by: str) -> None:
    """Write goldens with their logits in the original's layout, over what was there under the same names.

    Raises WorkspaceError and OSError.
    """
    from safetensors.numpy import save_file

    folder.mkdir(parents=True, exist_ok=True)
    versions = {"transformers_version": "", "torch_version": "", "engine": made_by}
    for golden, logits in answers:
        name = prompt_hash(golden.prompt)
        save_file({"logits": logits}, folder / f"{name}.safetensors")
        (folder / f"{name}.safetensors").chmod(0o644)
        about = {
            "prompt": golden.prompt,
            "model": model,
            **versions,
            "generated_text": golden.text,
            "input_hash": name,
            "logits_shape": list(logits.shape),
            "input_ids": list(golden.input_tokens),
            "generated_ids": list(golden.tokens),
            "chat": golden.chat,
            "max_new_tokens": golden.max_tokens,
        }
        write_text(folder / f"{name}.json", json.dumps(about, indent=2, ensure_ascii=False) + "\n")
    names = [prompt_hash(golden.prompt) for golden, _ in answers]
    manifest = {"model": model, **versions, "num_prompts": len(names), "prompts": names}
    write_text(folder / MANIFEST, json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")


def _object(file: Path) -> dict[str, Any]:
    try:
        value = json.loads(read_text(file, "golden"))
    except (ValueError, RecursionError) as error:
        raise InputError(f"not JSON: {error}", where=str(file)) from None
    if not isinstance(value, dict):
        raise InputError("not a JSON object", where=str(file))
    return value


def _text(said: Mapping[str, Any], key: str, file: Path) -> str:
    value = said.get(key)
    if not isinstance(value, str):
        raise InputError(f"has no text under {key}", where=str(file))
    return value


def _ids(value: object) -> tuple[int, ...]:
    many = value if isinstance(value, list | tuple) else ()
    return tuple(number for number in many if type(number) is int and number >= 0)
