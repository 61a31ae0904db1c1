"""Help under headings, as plain text: drawn boxes would cost twice the time that `--help` takes."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperGroup

_LONGEST = 200


class Sections(TyperGroup):
    """A group whose help lists each command under the heading (`rich_help_panel`) that it was given."""

    def format_commands(self, ctx: typer.Context, formatter: Any) -> None:  # type: ignore[override]
        """Write the headings in the order in which they first come, each with its commands."""
        found: dict[str, list[tuple[str, str]]] = {}
        for name in self.list_commands(ctx):
            command = self.get_command(ctx, name)
            if command is not None and not command.hidden:
                heading = str(getattr(command, "rich_help_panel", None) or "Commands")
                found.setdefault(heading, []).append((name, command.get_short_help_str(_LONGEST)))
        for heading, rows in found.items():
            with formatter.section(heading):
                formatter.write_dl(rows)
