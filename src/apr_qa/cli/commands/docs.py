"""`apr-qa docs`: the reference pages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from apr_qa.cli.options import Json
from apr_qa.cli.room import REGISTRY, CliCommand
from apr_qa.errors import Exit

if TYPE_CHECKING:
    from apr_qa.pipeline.reference_pages import CommandDoc, OptionDoc


def docs(
    folder: Annotated[Path, typer.Option(help="Where the pages are.")] = Path("docs/reference"),
    check: Annotated[bool, typer.Option("--check", help="Write nothing; say what is not up to date.")] = False,
    json: Json = False,
) -> int:
    """Write the reference pages from the catalogues: commands, gates, oracles, engines, reports, tiers, playbooks.

    Exit status with --check: 0 nothing to do, 1 a page is not up to date.

    Examples:

        apr-qa docs

        apr-qa docs --check
    """
    from apr_qa.files import write_text
    from apr_qa.pipeline.reference_pages import reference_pages
    from apr_qa.pipeline.results import as_json

    pages = {folder / name: text for name, text in reference_pages(tuple(command_docs())).items()}
    stale = [path for path, text in pages.items() if not path.is_file() or path.read_bytes() != text.encode()]
    for path in stale if not check else ():
        write_text(path, pages[path])
    if json:
        typer.echo(as_json([str(path) for path in stale]))
    else:
        for path in stale:
            typer.echo(f"  {'stale' if check else 'written':8} {path}")
        typer.echo(f"  {len(stale) or 'nothing'} {'to do' if check else 'changed'}")
    return Exit.BLOCKED if check and stale else Exit.PASSED


def command_docs() -> Iterator[CommandDoc]:
    """Yield every command of the program with its options, as `--help` shows them."""
    from typer.main import get_command

    from apr_qa.cli.main import application

    root: Any = get_command(application())
    for name, command in root.commands.items():
        inner = getattr(command, "commands", {})
        for word, one in inner.items() if inner else {"": command}.items():
            yield _documented(f"{name} {word}".strip(), one)


def _documented(words: str, command: Any) -> CommandDoc:
    from apr_qa.pipeline.reference_pages import CommandDoc

    options = tuple(_option(param) for param in command.params if not getattr(param, "hidden", False))
    return CommandDoc(words=words, help=command.help or "", options=tuple(o for o in options if o.names != "--help"))


def _option(param: Any) -> OptionDoc:
    from apr_qa.pipeline.reference_pages import OptionDoc

    argument = param.param_type_name == "argument"
    names = (param.metavar or param.name.upper()) if argument else ", ".join(sorted(param.opts, key=len, reverse=True))
    shown = param.default if isinstance(param.default, str | int | Path) and not isinstance(param.default, bool) else ""
    return OptionDoc(names=names, help=param.help or "", default=str(shown))


COMMAND = CliCommand(name="docs", panel=REGISTRY, order=10, run=docs)
