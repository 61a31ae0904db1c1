"""What `apr` itself can say about a failure: its own check of the file, what it reads in it, and a traced answer."""

from __future__ import annotations

from dataclasses import replace

from apr_qa.engines._apr_run import ONE_SHOT, environment, run_refusal
from apr_qa.vocab.command import Command
from apr_qa.vocab.engines import Setting
from apr_qa.vocab.scenario import Scenario

TRACE = "trace.json"


def diagnose(setting: Setting, scenario: Scenario) -> tuple[Command, ...]:
    """Return `apr check`, `apr inspect`, and the question asked once more with a trace, where `apr run` takes it."""
    model = str(setting.artefact.path)
    looks = tuple(
        Command(argv=(*setting.program, verb, model, "--json"), env=environment(setting), timeout_s=setting.timeout_s)
        for verb in ("check", "inspect")
    )
    if run_refusal(scenario):
        return looks
    asked = ONE_SHOT.command(setting, scenario)
    return (*looks, replace(asked, argv=(*asked.argv, "--trace", "--trace-output", str(setting.scratch / TRACE))))
