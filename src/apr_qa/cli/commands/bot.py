"""`apr-qa bot`: what a workflow asks when something happened, and when something has ended."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from apr_qa.cli import options
from apr_qa.cli.room import SHARDS, CliCommand
from apr_qa.errors import Exit

if TYPE_CHECKING:
    from apr_qa.vocab.events import Event


def bot(
    event: Annotated[Path, typer.Argument(metavar="EVENT", help="The file that GITHUB_EVENT_PATH names.")],
    job: Annotated[str, typer.Option(metavar="JSON", help="The job that has ended, as the first call gave it.")] = "",
    results: Annotated[Path | None, typer.Option(help="The folder that `apr-qa publish` wrote.")] = None,
    digest: Annotated[str, typer.Option(help="The digest that `apr-qa publish` answered.")] = "",
    watch: Annotated[bool, typer.Option("--watch", help="Show how far `--job` is while it runs.")] = False,
    json: options.Json = False,
) -> int:
    """Hear an event of GitHub, or with `--job` answer what came of it. The one command that writes to GitHub.

    The first call reacts, replies, and answers with a job when there is something to certify. Only what the job says is
    carried out afterwards. With `--watch` the comment shows meanwhile how far the shards are. The last call checks the
    results, files tickets, commits the registry, and brings comment and check run up to date. All of it may be
    repeated: what is so already is left alone.

    Reads GITHUB_EVENT_NAME, GITHUB_TOKEN, GITHUB_API_URL and what else GitHub sets; tickets in other repositories need
    APR_QA_APP_ID, APR_QA_APP_KEY and APR_QA_APP_INSTALLATION, or APR_QA_TICKETS_TOKEN.

    Exit status: 0 everything came about; 2 an event or job that cannot be read; 3 something did not come about.

    Examples:

        apr-qa bot --json "$GITHUB_EVENT_PATH"

        apr-qa bot --json --job "$JOB" --results certifications --digest "$DIGEST" "$GITHUB_EVENT_PATH"
    """
    from apr_qa.bot.desk import read_event
    from apr_qa.pipeline.results import as_json

    happened = read_event(event, os.environ)
    if job and watch:
        said, problems = _watched(job)
    else:
        said, problems = _answered(job, results, digest) if job else _heard(happened)
    typer.echo(as_json(said) if json else "\n".join(f"  {key}: {value}" for key, value in said.items() if value))
    for problem in problems:
        typer.echo(f"did not come about: {problem}", err=True)
    return Exit.NO_VERDICT if problems else Exit.PASSED


def _heard(event: Event) -> tuple[dict[str, Any], list[str]]:
    from apr_qa.bot.desk import opened
    from apr_qa.bot.main import respond
    from apr_qa.vocab.events import Nothing

    if isinstance(event, Nothing):
        return {"codes": ["ignored"], "reason": event.reason, "job": None}, []
    with opened(os.environ, event.repo, getattr(event, "default_branch", "")) as desk:
        heard, done = respond(event, desk.client, desk.around)
    failed = [f"{type(item.effect).__name__}: {item.note}" for item in done if item.failed]
    return {"codes": list(heard.codes), "job": heard.job.content if heard.job else None, "failed": failed}, failed


def _watched(text: str) -> tuple[dict[str, Any], list[str]]:
    from apr_qa.bot.desk import now, opened
    from apr_qa.bot.job import read_job
    from apr_qa.bot.watching import watch

    job = read_job(text)
    with opened(os.environ, job.repo, job.branch) as desk:
        access = desk.access
        edits = watch(job, desk.client, desk.around, lambda: access.wait(access.between_looks_s), now)
    return {"codes": ["watched"], "job": None, "edits": edits}, []


def _answered(text: str, results: Path | None, digest: str) -> tuple[dict[str, Any], list[str]]:
    from apr_qa.bot.answering import answer
    from apr_qa.bot.desk import opened
    from apr_qa.bot.job import read_job
    from apr_qa.pipeline.results import summary

    job = read_job(text)
    folder = results if results and results.is_dir() else None
    with opened(os.environ, job.repo, job.branch) as desk:
        done = answer(job, folder, digest, desk)
    models = [summary(i.evidence, i.scorecard, path) for i, path in zip(done.results, done.paths, strict=True)]
    said = {
        "codes": [done.code],
        "job": None,
        "models": models,
        "registry": {"how": done.how, "commit": done.commit},
        "tickets": list(done.tickets),
        "drafts": list(done.drafts),
        "closed": list(done.closed),
        "failed": list(done.problems),
    }
    return said, list(done.problems)


COMMAND = CliCommand(name="bot", panel=SHARDS, order=4, run=bot)
