"""Evidence is published: folders of this machine become words before an observation is written down."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from apr_qa.vocab.artefacts import ModelFiles
from apr_qa.vocab.engines import Equipped
from apr_qa.vocab.observation import Observation

MODEL = "$MODEL"
_PATH = re.compile(r"(^|=)/(?:[^/=]*/)*(?=[^/=])")


def places_of(files: ModelFiles, engines: Iterable[Equipped]) -> dict[str, str]:
    """Return what stands for each folder, the longest first: the model's, programs', the user's home."""
    found = {str(files.root): MODEL, sys.executable: "python"}
    for artefact in files.artefacts.values():
        if not artefact.folder.is_relative_to(files.root):
            found[str(artefact.folder)] = f"$MODEL_{artefact.format.upper()}"
    for equipped in engines:
        if equipped.engine.program and not equipped.engine.remote:
            found[equipped.program[0]] = equipped.engine.program
    found[str(Path.home())] = "~"
    return dict(sorted(found.items(), key=lambda item: -len(item[0])))


def published(observation: Observation, places: Mapping[str, str]) -> Observation:
    """Return the observation with no folder of this machine in what is kept of commands and messages.

    The answer itself is evidence and stays as it is.
    """
    return replace(
        observation,
        argv=tuple(without(word, places) for word in observation.argv),
        reproduce=without(observation.reproduce, places),
        stderr_tail=without(observation.stderr_tail, places),
        reply=replace(observation.reply, message=without(observation.reply.message, places)),
    )


def words_of(argv: Iterable[str], places: Mapping[str, str]) -> tuple[str, ...]:
    """Return a command line as it may be kept: of a path that is none of `places` only the last part."""
    return tuple(_PATH.sub(r"\1", without(word, places)) for word in argv)


def without(text: str, places: Mapping[str, str]) -> str:
    """Return `text` with words in place of folders of this machine."""
    for place, word in places.items():
        if len(place) > 1:
            text = text.replace(place, word)
    return text
