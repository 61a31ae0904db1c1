"""Everything that follows from the records: equal records, equal bytes; no clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from apr_qa.registry.badges import badge_json, badge_svg
from apr_qa.registry.record import Record
from apr_qa.registry.rows import csv_text, further_columns, rows_of
from apr_qa.registry.standing import standings
from apr_qa.registry.table import readme_block, replace_block
from apr_qa.vocab.catalog import KnownModel

TABLE = "models.csv"
BADGES = "badges"


def derive(records: Iterable[Record], facts: Sequence[KnownModel], existing: str = "") -> Mapping[str, str]:
    """Return the derived files by path below the registry's folder: the table, and two badges for each judged model.

    `existing` is the present text of the table: columns of it that we do not know are kept.
    """
    places = standings(records)
    files = {TABLE: csv_text(rows_of(facts, places), further_columns(existing))}
    for model, standing in places.items():
        files[f"{BADGES}/{model}.svg"] = badge_svg(standing)
        files[f"{BADGES}/{model}.json"] = badge_json(standing)
    return files


def derive_readme(readme: str, records: Iterable[Record], facts: Sequence[KnownModel]) -> str:
    """Return `readme` with a fresh certification table. Raises InputError when the markers are missing."""
    places = standings(records)
    local = {fact.model: fact.local for fact in facts if fact.local}
    return replace_block(readme, readme_block(rows_of(facts, places), places, local))
