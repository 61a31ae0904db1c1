"""The certifications of a model, from the registry's records."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from apr_qa.catalog.models import find
from apr_qa.errors import InputError
from apr_qa.registry.standing import Standing, standings
from apr_qa.registry.store import read_records


def history_of(word: str, folder: Path) -> Mapping[str, Standing]:
    """Return the standings of the models that `word` names, by model; those never certified are left out.

    A model that is not in the list is looked for among the records. Raises InputError for one that is in neither.
    """
    places = standings(read_records(folder) if folder.is_dir() else ())
    if word in places:
        return {word: places[word]}
    try:
        wanted = [model.model for model in find(word)]
    except InputError as error:
        close = [name for name in places if name.lower() == word.lower()]
        if not close:
            raise error from None
        wanted = close
    return {name: places[name] for name in wanted if name in places}
