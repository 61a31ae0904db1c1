"""The entry point of the container when GitHub starts it as an action.

Nothing of the checkout is imported or started: the interpreter is named by its absolute path and takes no module from
the working folder (the image sets PYTHONSAFEPATH).
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from apr_qa.action.inputs import argv_of, values_of
from apr_qa.action.outputs import (
    ANNOTATIONS_LIMIT,
    annotation,
    commands_stopped,
    hand_back,
    write_outputs,
    write_summary,
)
from apr_qa.cli.main import run
from apr_qa.errors import AprQaError, Exit

_LEVELS = {Exit.PASSED: "notice", Exit.BLOCKED: "error"}


def main() -> None:
    """Run the action that the environment describes, and exit with the status of the command."""
    sys.exit(act(os.environ))


def act(environment: Mapping[str, str]) -> int:
    """Run the command that the inputs mean and tell GitHub what came of it; return its exit status."""
    began = time.time()
    try:
        values = values_of(environment)
        argv = argv_of(values, environment.get("GITHUB_EVENT_PATH", ""))
    except AprQaError as error:
        _say(annotation("error", "apr-qa", f"{error}. {error.remedy}"))
        return error.exit_status
    said = io.StringIO()
    with commands_stopped(), contextlib.redirect_stdout(said):
        status = run(argv)
    with contextlib.suppress(FileNotFoundError):
        hand_back(Path(environment.get("GITHUB_WORKSPACE", ".")), began)
    _tell(environment, _answer(said.getvalue()), status, values)
    return status


def _tell(environment: Mapping[str, str], answer: Any, status: int, values: Mapping[str, str]) -> None:
    models = list(_models(answer))
    if path := environment.get("GITHUB_OUTPUT"):
        write_outputs(Path(path), outputs(answer, status))
    if path := environment.get("GITHUB_STEP_SUMMARY"):
        write_summary(Path(path), _pages(models))
    file = values["selector"] if values["selector"].endswith((".yaml", ".yml")) else ""
    for model in models[:ANNOTATIONS_LIMIT]:
        level = _LEVELS.get(Exit(model.get("exit", Exit.NO_VERDICT)), "warning")
        title = f"{model.get('model', '')}: {model.get('status', 'no verdict')}"
        _say(annotation(level, title, str(model.get("reason") or model.get("error", "")), file))
    if not models and status:
        _say(annotation("error", "apr-qa", f"`{values['command']}` ended with exit status {status}; the log says why"))


def outputs(answer: Any, status: int) -> dict[str, str]:
    """Return the outputs of the action: `action.yml` lists them."""
    models = list(_models(answer))
    first = models[0] if models else {}
    plan = answer if isinstance(answer, dict) else {}
    return {
        "exit-status": str(status),
        "status": str(first.get("status", "")) if len(models) == 1 else "",
        "mqs-score": str(first.get("mqs_score", "")) if len(models) == 1 else "",
        "grade": str(first.get("grade", "")) if len(models) == 1 else "",
        "job": json.dumps(plan["job"]) if plan.get("job") else "",
        "digest": str(plan.get("digest", "")),
        "matrix": json.dumps(plan["matrix"]) if "matrix" in plan else "",
        "result": json.dumps({"schema_version": 1, "exit": status, "models": models}),
    }


def _models(answer: Any) -> Iterator[dict[str, Any]]:
    """What was said of each model, whichever command said it."""
    if isinstance(answer, dict) and "models" in answer:
        answer = answer["models"]
    for item in answer if isinstance(answer, list) else [answer]:
        if isinstance(item, dict) and "model" in item:
            yield item


def _pages(models: list[dict[str, Any]]) -> Iterator[str]:
    for model in sorted(models, key=lambda m: -int(m.get("exit", 0))):
        page = Path(str(model.get("evidence", ""))).parent / "summary.md"
        if page.is_file():
            yield page.read_text(encoding="utf-8")


def _answer(text: str) -> Any:
    """What the command answered; nothing when it did not get that far."""
    try:
        return json.loads(text)
    except ValueError:
        return None


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201  (standard output is the channel)
