"""The program: builds the commands from their room, and is the one place where errors become exit statuses."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence

import typer
from typer.main import get_command

from apr_qa import __version__
from apr_qa.cli.room import CliCommand
from apr_qa.cli.sections import Sections
from apr_qa.errors import AprQaError, Exit
from apr_qa.rooms import furnish

_ABOUT = """Certify that a language model really works: in every format, on every backend, in every way it is used.

New here? `apr-qa doctor` says what this machine can certify; `apr-qa demo` shows a run in a minute.
"""


def main() -> None:
    """Run the command line and exit with its status."""
    sys.exit(run(sys.argv[1:]))


def run(argv: Sequence[str]) -> int:
    """Run the command that `argv` names; return its exit status. Nothing but a bug of ours shows a traceback."""
    try:
        result = get_command(application())(args=list(argv), prog_name="apr-qa", standalone_mode=False)
    except AprQaError as error:
        return _tell(str(error), error.remedy, error.exit_status)
    except typer.Exit as ending:
        return ending.exit_code
    except (typer.Abort, KeyboardInterrupt):
        return _tell("stopped", "", Exit.INTERRUPTED)
    except typer.TyperException as error:
        return _misused(error)
    except Exception as error:  # noqa: BLE001  (the last resort: a bug of ours, never blamed on the model)
        return _bug(error)
    return int(result or 0)


def _misused(error: Exception) -> int:
    problem = getattr(error, "format_message", error.__str__)()
    if problem.startswith("Usage:"):  # no word was given: the help is the answer
        typer.echo(problem, err=True)
        return Exit.USAGE
    context = getattr(error, "ctx", None)
    return _tell(problem, f"{context.command_path} --help" if context else "apr-qa --help", Exit.USAGE)


def _bug(error: Exception) -> int:
    if isinstance(error, BrokenPipeError):  # the reader of our output has gone: nobody is left to tell
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return Exit.NO_VERDICT
    traceback.print_exception(error)
    problem = "this is a bug of apr-qa, not of the model"
    return _tell(problem, "Please report it with the lines above.", Exit.NO_VERDICT)


def application() -> typer.Typer:
    """Return the whole command line, built from the files of `apr_qa.cli.commands`."""
    app = typer.Typer(
        cls=Sections,
        help=_ABOUT,
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        # (a default for `--help`, because Typer loads pydantic to make one of None: a third of a second)
        context_settings={"help_option_names": ["-h", "--help"], "default_map": {"help": False}},
    )
    app.callback(invoke_without_command=True)(_global_options)
    groups: dict[str, typer.Typer] = {}
    commands = sorted(furnish("apr_qa.cli.commands", CliCommand), key=lambda c: (c.panel, c.order))
    for command in commands:
        home = app
        if command.group:
            if command.group not in groups:
                members = ", ".join(c.name for c in commands if c.group == command.group)
                groups[command.group] = typer.Typer(
                    cls=Sections, help=members, no_args_is_help=True, rich_markup_mode=None
                )
                app.add_typer(groups[command.group], name=command.group, rich_help_panel=command.panel)
            home = groups[command.group]
        home.command(command.name, rich_help_panel=None if command.group else command.panel)(command.run)
    return app


def _global_options(
    version: bool = typer.Option(False, "--version", is_eager=True, help="Print the version and exit."),
) -> None:
    if version:
        typer.echo(f"apr-qa {__version__}")
        raise typer.Exit


def _tell(problem: str, remedy: str, status: int) -> int:
    typer.echo(f"error: {problem}", err=True)
    if remedy:
        typer.echo(f"  try  {remedy}" if remedy.startswith("apr-qa") else f"  {remedy}", err=True)
    return int(status)
