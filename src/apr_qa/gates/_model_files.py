"""The model's files as gates read them: never through an engine. Broken files become verdicts here."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from apr_qa.gates import _judging
from apr_qa.vocab.artefacts import Artefact, ModelFiles
from apr_qa.vocab.axes import Format
from apr_qa.vocab.gates import Exhibits
from apr_qa.vocab.plan import Claim
from apr_qa.vocab.verdict import Verdict
from apr_qa.weights import Header, MalformedWeights, read_header

JSON_LIMIT_BYTES = 64 << 20
CONFIG, GENERATION = "config.json", "generation_config.json"
TOKENIZER, TOKENIZER_CONFIG, TEMPLATE = "tokenizer.json", "tokenizer_config.json", "chat_template.jinja"


class BadFileError(Exception):
    """A small file of the model that cannot be used: a verdict, with the file's name in front."""


def on_artefact(judge: Callable[[Artefact, Claim, ModelFiles], Verdict]) -> Callable[[Claim, Exhibits], Verdict]:
    """Make a gate's `judge` of one that gets the artefact of the claim's format; bad small files falsify."""

    def whole(claim: Claim, exhibits: Exhibits) -> Verdict:
        if exhibits.files is None:
            return _judging.unjudged("the model's files are not at hand")
        form = claim.subject.format
        artefact = exhibits.files.artefacts.get(form) if form else None
        if artefact is None:
            return _judging.unjudged(f"the model's {form} files are not at hand")
        try:
            return judge(artefact, claim, exhibits.files)
        except BadFileError as error:
            return _judging.fell(str(error))

    return whole


def on_header(judge: Callable[[Artefact, Header, Claim], Verdict]) -> Callable[[Claim, Exhibits], Verdict]:
    """Make a gate's `judge` of one that also gets the header; a header that cannot be read is another gate's matter."""

    def with_header(artefact: Artefact, claim: Claim, _files: ModelFiles) -> Verdict:
        try:
            header = header_of(artefact)
        except (MalformedWeights, OSError) as error:
            return _judging.skipped(f"the header cannot be read ({error}); G0-INTEGRITY-HEADER judges that")
        return judge(artefact, header, claim)

    return on_artefact(with_header)


def header_of(artefact: Artefact) -> Header:
    """Return the header of all weight files of `artefact`. Raises MalformedWeights and OSError."""
    stamps = tuple((file.stat().st_mtime_ns, file.stat().st_size) for file in (artefact.path, *artefact.files))
    return _header(artefact.path, stamps)


@lru_cache(maxsize=4)
def _header(path: Path, _stamps: tuple[tuple[int, int], ...]) -> Header:
    """Read a header once for all gates; another time or size of a file is another header."""
    return read_header(path)


def read_json(file: Path) -> dict[str, Any]:
    """Return the JSON object in `file`. Raises BadFileError, also when it is missing."""
    return _json(text_of(file), file.name)


def text_of(file: Path) -> str:
    """Return the UTF-8 text of `file`. Raises BadFileError."""
    if file.exists() and not file.is_file():  # nobody may ever write into a pipe
        raise BadFileError(f"{file.name} is no regular file")
    try:
        if file.stat().st_size > JSON_LIMIT_BYTES:
            raise BadFileError(f"{file.name} is over {JSON_LIMIT_BYTES >> 20} MB")
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise BadFileError(f"{file.name} is missing") from None
    except UnicodeDecodeError as error:
        raise BadFileError(f"{file.name} is not UTF-8 at byte {error.start}") from None
    except OSError as error:
        raise BadFileError(f"{file.name} cannot be read: {error.strerror}") from None


def _json(text: str, name: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadFileError(f"{name} is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise BadFileError(f"{name} is not a JSON object")
    return value


def optional_json(file: Path) -> Mapping[str, Any]:
    """Return the JSON object in `file`, empty when there is no such file. Raises BadFileError."""
    return read_json(file) if file.is_file() else {}


def template_of(artefact: Artefact, header: Header) -> str | None:
    """Return the chat template that the format carries, None when it carries none. Raises BadFileError."""
    if artefact.format is not Format.SAFETENSORS:
        inside = header.metadata.get("tokenizer.chat_template", header.metadata.get("chat_template"))
        return inside if isinstance(inside, str) else None
    if (artefact.folder / TEMPLATE).is_file():
        return text_of(artefact.folder / TEMPLATE)
    return configured_template(optional_json(artefact.folder / TOKENIZER_CONFIG))


def configured_template(settings: Mapping[str, Any]) -> str | None:
    """Return the (default) chat template of a `tokenizer_config.json`."""
    value = settings.get("chat_template")
    if isinstance(value, list):
        named = [v for v in value if isinstance(v, dict)]
        value = next((v.get("template") for v in named if v.get("name") == "default"), None)
    return value if isinstance(value, str) else None
