"""Records of trusted runs go into the registry on the default branch, with everything that is derived from them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath

from apr_qa.bot.events import TRAILER
from apr_qa.catalog.models import known_models
from apr_qa.errors import InputError
from apr_qa.github.publishing import Change, Derive
from apr_qa.github.snapshot import Snapshot
from apr_qa.registry.derive import BADGES, TABLE, derive, derive_readme
from apr_qa.registry.record import Record, digest_of_text, text_of
from apr_qa.registry.store import RECORDS, parse_record, path_of
from apr_qa.registry.table import START
from apr_qa.reports._words import plural

Files = Callable[[Snapshot], Mapping[str, str]]
FOLDER = "docs/certifications"
README = "README.md"


def derivation(records: Sequence[Record], run: str, more: Files = lambda _snapshot: {}) -> Derive:
    """Return how the registry follows from a branch and new records: pure, so that it can be done again.

    `more`: further files that follow from the branch.
    """
    new = {path_of(Path(FOLDER), record).as_posix(): record for record in records}

    def derived(snapshot: Snapshot) -> Change:
        there = {
            path: _read(snapshot, path) for path in snapshot.below(f"{FOLDER}/{RECORDS}/") if path.endswith(".json")
        }
        everything = [*(there | new).values()]
        table = f"{FOLDER}/{TABLE}"
        existing = snapshot.text(table) if table in snapshot.blobs else ""
        files = {f"{FOLDER}/{name}": text for name, text in derive(everything, known_models(), existing).items()}
        readme = snapshot.text(README) if README in snapshot.blobs else ""
        if START in readme:  # (a README without the marker holds no table)
            files[README] = derive_readme(readme, everything, known_models())
        leftover = [path for path in snapshot.below(f"{FOLDER}/{BADGES}/") if path not in files]
        names = sorted({record.model for record in records})
        return Change(
            headline=f"Certify {names[0] if len(names) == 1 else plural(len(names), 'model')}",
            body=f"{chr(10).join(names)}\n\n{TRAILER} {run}",
            additions=files | dict(more(snapshot)) | {path: text_of(record) for path, record in new.items()},
            deletions=tuple(leftover),
        )

    return derived


def earlier_records(snapshot: Snapshot, models: Iterable[str]) -> dict[str, tuple[Record, ...]]:
    """Return the records of each model that has any, the newest last.

    Raises InputError when one is broken, GitHubError.
    """
    found = {}
    for model in models:
        paths = [path for path in snapshot.below(f"{FOLDER}/{RECORDS}/{model}/") if path.endswith(".json")]
        records = [_read(snapshot, path) for path in paths]
        if records:
            found[model] = tuple(sorted(records, key=lambda record: (record.last_certified, text_of(record))))
    return found


def _read(snapshot: Snapshot, path: str) -> Record:
    text = snapshot.text(path)
    if digest_of_text(text) != PurePosixPath(path).stem:
        raise InputError("its bytes are not those that its name promises", where=path)
    return parse_record(text, where=path)
