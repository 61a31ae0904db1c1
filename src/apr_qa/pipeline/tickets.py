"""Evidence read, judged again where it must be, and turned into drafts of tickets."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from apr_qa.files import canonical_json, write_text
from apr_qa.pipeline.rescore import rescore
from apr_qa.tickets.drafts import Draft, drafts, effect_of

LIST = "tickets.jsonl"


def drafts_from(paths: Sequence[Path], *, least: int = 1, crashes_only: bool = False) -> tuple[Draft, ...]:
    """Return the drafts that the evidence in `paths` calls for. Raises InputError for evidence that cannot be read."""
    return drafts((rescore(path).evidence for path in paths), least=least, crashes_only=crashes_only)


def write_drafts(found: Sequence[Draft], repo: str, folder: Path) -> tuple[Path, ...]:
    """Write each draft as Markdown, and all as effects, one a line, for the publisher. Raises WorkspaceError."""
    written = []
    for draft in found:
        path = folder / f"{draft.fingerprint}.md"
        write_text(path, f"# {draft.title}\n\n{draft.body}")
        written.append(path)
    lines = [canonical_json(effect_of(draft, repo)) + "\n" for draft in found]
    write_text(folder / LIST, "".join(lines))
    return (*written, folder / LIST)
