"""The registry's folder: records are added, never changed; derived files follow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from apr_qa import files
from apr_qa.errors import InputError
from apr_qa.registry.derive import BADGES, TABLE, derive, derive_readme
from apr_qa.registry.record import Record, check_name, digest_of_text, text_of
from apr_qa.vocab.catalog import KnownModel

if TYPE_CHECKING:
    from pydantic import TypeAdapter

RECORDS = "records"
_REMEDY = "Restore the file from the repository's history; records are never edited."


def write_record(folder: Path, record: Record) -> Path:
    """Store a record below `folder` and return its path. Equal records are one file. Raises WorkspaceError."""
    path = path_of(folder, record)
    if not path.exists():
        files.write_text(path, text_of(record))
    return path


def path_of(folder: Path, record: Record) -> Path:
    """Return where a record belongs: `records/org/name/<sha256>.json`."""
    check_name(record.model)
    return folder / RECORDS / record.model / f"{digest_of_text(text_of(record))}.json"


def record_files(folder: Path) -> Iterator[Path]:
    """Yield the files of all records, in order."""
    yield from sorted((folder / RECORDS).rglob("*.json"))


def read_record(path: Path) -> Record:
    """Return the record in a file. Raises InputError when it is broken or is not what its name says."""
    text = files.read_text(path, "record")
    if digest_of_text(text) != path.stem:
        raise InputError("its bytes are not those that its name promises", where=str(path), remedy=_REMEDY)
    return parse_record(text, where=str(path))


def parse_record(text: str, where: str) -> Record:
    """Return the record in a JSON text. Raises InputError."""
    from pydantic import ValidationError

    try:
        return _adapter().validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise InputError(f"{field or 'the record'}: {first['msg']}", where=where, remedy=_REMEDY) from None


def record_schema() -> dict[str, Any]:
    """Return the JSON Schema of a record."""
    return _adapter().json_schema()


def read_records(folder: Path) -> tuple[Record, ...]:
    """Return all records of the registry. Raises InputError for the first that is broken."""
    return tuple(read_record(path) for path in record_files(folder))


def records_of(folder: Path, model: str) -> tuple[Record, ...]:
    """Return the records of one model. Raises InputError for the first that is broken, or a name no registry holds."""
    check_name(model)
    return tuple(read_record(path) for path in sorted((folder / RECORDS / model).glob("*.json")))


def publish(folder: Path, facts: Sequence[KnownModel], readme: Path | None = None) -> tuple[Path, ...]:
    """Bring every derived file up to date and return those that changed. Raises InputError, WorkspaceError."""
    records = read_records(folder)
    wanted = {folder / name: text for name, text in derive(records, facts, current_table(folder)).items()}
    if readme:
        wanted[readme] = derive_readme(files.read_text(readme, "README"), records, facts)
    changed = [path for path, text in wanted.items() if not _holds(path, text)]
    for path in changed:
        files.write_text(path, wanted[path])
    leftover = [path for path in badge_files(folder) if path not in wanted]
    for path in leftover:
        path.unlink()
    return (*changed, *leftover)


def current_table(folder: Path) -> str:
    """Return the text of the table as it stands; empty when there is none."""
    path = folder / TABLE
    return files.read_text(path, "table of models") if path.exists() else ""


def badge_files(folder: Path) -> Iterator[Path]:
    """Yield the badges that are there."""
    yield from sorted(path for path in (folder / BADGES).rglob("*") if path.is_file())


def _holds(path: Path, text: str) -> bool:
    return path.is_file() and path.read_bytes() == text.encode()


@cache
def _adapter() -> TypeAdapter[Record]:
    from pydantic import TypeAdapter

    return TypeAdapter(Record)
