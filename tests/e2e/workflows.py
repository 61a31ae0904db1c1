"""Runs our workflow files, word for word: jobs, needs, conditions, matrix, outputs, reusable workflows.

Every step that is ours is a process of its own with exactly the environment that the files give it.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import yaml
from actions import OURS, Store, attest, checkout, clean_environment
from expressions import as_text, filled, holds
from gh_git import GitData

ROOT = Path(__file__).resolve().parents[2]
OURS_AT = re.compile(rf"{OURS}/(\.github/workflows/[\w-]+\.yml)@\S+")


@dataclass(frozen=True, kw_only=True)
class Event:
    """What happened, and the world in which the workflow runs."""

    name: str
    payload: Mapping[str, Any]
    git: GitData
    sha: str
    """What an unqualified checkout gets: the default branch, or what was pushed."""
    api_url: str
    token: str
    secrets: Mapping[str, str]
    actor: str
    run_id: int
    jobs: list[dict[str, Any]] = field(default_factory=list)
    """What GitHub's list of jobs shows of this run."""
    attempt: int = 1


@dataclass
class Ran:
    """What a job came to."""

    result: str
    outputs: dict[str, Any] = field(default_factory=dict)


@dataclass
class Done:
    """One step of ours that was run."""

    job: str
    command: str
    status: int
    said: str
    env: dict[str, str]


class Run:
    """One run of a workflow file."""

    def __init__(self, event: Event, folder: Path, program: Path, venv: Path) -> None:
        self.event, self.folder, self.program, self.venv = event, folder, program, venv
        (folder / "artefacts").mkdir(parents=True)
        self.store = Store(folder / "artefacts")
        self.done: list[Done] = []
        self._numbers = count(1)
        (folder / "event.json").write_text(json.dumps(event.payload))

    def workflow(
        self, file: Mapping[Any, Any], inputs: Mapping[str, Any], secrets: Mapping[str, str], path: str = ""
    ) -> Ran:
        """Run a loaded workflow; return its outputs. `path`: names of the jobs that called it."""
        context = {
            "path": path,
            "inputs": inputs,
            "secrets": secrets,
            "github": self._github(),
            "needs": {},
            "success": True,
        }
        ran: dict[str, Ran] = {}
        while len(ran) < len(file["jobs"]):
            ready = [n for n, job in file["jobs"].items() if n not in ran and set(_needs(job)) <= ran.keys()]
            ran |= self._together(ready, file["jobs"], context, ran)
        told = {name: {"outputs": job.outputs, "result": job.result} for name, job in ran.items()}
        called = (file.get("on") or file.get(True) or {}).get("workflow_call") or {}
        outputs = {key: filled(o["value"], {**context, "jobs": told}) for key, o in called.get("outputs", {}).items()}
        bad = any(job.result == "failure" for job in ran.values())
        return Ran("failure" if bad else "success", outputs)

    def _together(self, names: list[str], jobs: Any, context: Mapping[str, Any], ran: dict[str, Ran]) -> dict[str, Ran]:
        """Run jobs at the same time, as GitHub does."""
        with ThreadPoolExecutor(4) as pool:
            return dict(zip(names, pool.map(lambda n: self._job(n, jobs[n], context, ran), names), strict=True))

    def _github(self) -> dict[str, Any]:
        return {"token": self.event.token, "event": self.event.payload, "ref_name": "main", "ref": "refs/heads/main"}

    def _job(self, name: str, job: Mapping[str, Any], context: Mapping[str, Any], ran: Mapping[str, Ran]) -> Ran:
        needs = {n: {"outputs": ran[n].outputs, "result": ran[n].result} for n in _needs(job)}
        here = {**context, "needs": needs, "success": all(ran[n].result == "success" for n in needs)}
        if not holds(job.get("if", "success()"), here):
            return Ran("skipped")
        if "uses" in job:
            return self._called({**job, "called": name}, here)
        included = filled(job.get("strategy", {}).get("matrix", {"include": [{}]}), here)["include"]
        parts = [{**here, "matrix": one} for one in included]
        listed = [self._listed(here["path"] + as_text(filled(job.get("name", name), one))) for one in parts]
        with ThreadPoolExecutor(2) as pool:
            parts = list(pool.map(lambda one: self._steps(name, job, *one), zip(parts, listed, strict=True)))
        bad = any(part.result == "failure" for part in parts)
        return Ran("failure" if bad else "success", parts[-1].outputs)

    def _called(self, job: Mapping[str, Any], here: Mapping[str, Any]) -> Ran:
        path = OURS_AT.fullmatch(job["uses"])
        file = yaml.safe_load((ROOT / (path[1] if path else job["uses"])).read_text(encoding="utf-8"))
        known = file[True]["workflow_call"]
        given = filled(job.get("with", {}), here)
        assert given.keys() <= known["inputs"].keys(), given.keys() - known["inputs"].keys()
        inputs = {key: spec.get("default", "") for key, spec in known["inputs"].items()} | given
        secrets = filled(job.get("secrets", {}), here)
        assert secrets.keys() <= known.get("secrets", {}).keys()
        return self.workflow(file, inputs, secrets, f"{here['path']}{job['called']} / ")

    def _steps(self, name: str, job: Mapping[str, Any], context: Mapping[str, Any], shown: dict[str, Any]) -> Ran:
        shown |= {"status": "in_progress", "started_at": _now()}
        workspace = self.folder / f"{next(self._numbers):02}-{name}"
        workspace.mkdir()
        steps: dict[str, Any] = {}
        here = {**context, "steps": steps, "success": True}
        assert filled(job["runs-on"], here), name
        for step in job["steps"]:
            if not holds(step.get("if", "success()"), here):
                continue
            good, outputs = self._step(name, step, workspace, here)
            steps[step.get("id", "")] = {"outputs": outputs}
            here["success"] = here["success"] and (good or bool(step.get("continue-on-error")))
        shown |= {
            "status": "completed",
            "conclusion": "success" if here["success"] else "failure",
            "completed_at": _now(),
        }
        outputs = {key: as_text(filled(value, here)) for key, value in job.get("outputs", {}).items()}
        return Ran("success" if here["success"] else "failure", outputs)

    def _listed(self, name: str) -> dict[str, Any]:
        """A new entry of GitHub's list of jobs."""
        shown = {
            "id": next(self._numbers), "name": name, "status": "queued", "conclusion": None,
            "started_at": _now(), "completed_at": None, "run_id": self.event.run_id,
        }  # fmt: skip
        self.event.jobs.append(shown)
        return shown

    def _step(self, job: str, step: Mapping[str, Any], workspace: Path, here: Mapping[str, Any]) -> tuple[bool, Any]:
        given = filled(step.get("with", {}), here)
        env = {key: as_text(value) for key, value in filled(step.get("env", {}), here).items()}
        kind = step.get("uses", "run").partition("@")[0]
        if kind == "run":
            return self._shell(job, step["run"], workspace, env)
        if kind == "./.apr-qa/run":
            return self._composite(job, workspace, given, env)
        try:
            self._foreign(kind, workspace, given)
        except AssertionError:
            if not step.get("continue-on-error"):
                raise
            return False, {}
        return True, {}

    def _foreign(self, kind: str, workspace: Path, given: dict[str, Any]) -> None:
        match kind:
            case "actions/checkout":
                checkout(workspace, self.event.git, self.event.sha, self.program, **given)
            case "actions/upload-artifact":
                self.store.upload(workspace, **given)
            case "actions/download-artifact":
                self.store.download(workspace, **given)
            case "actions/attest":
                attest(workspace, **given)
            case _:
                pytest.fail(f"nobody knows what {kind} does")

    def _composite(self, job: str, workspace: Path, given: Mapping[str, Any], env: dict[str, str]) -> tuple[bool, Any]:
        action = yaml.safe_load((workspace / ".apr-qa/run/action.yml").read_text(encoding="utf-8"))
        assert given.keys() <= action["inputs"].keys(), given.keys() - action["inputs"].keys()
        inputs = {key: spec.get("default", "") for key, spec in action["inputs"].items()} | given
        here = {"inputs": inputs, "github": {"action_path": str(workspace / ".apr-qa/run")}, "success": True}
        (step,) = action["runs"]["steps"]
        own = {key: as_text(value) for key, value in filled(step["env"], here).items()}
        good, outputs = self._shell(f"{job}: {inputs['command']}", step["run"], workspace, env | own)
        shown = {**here, "steps": {step["id"]: {"outputs": outputs}}}
        return good, {key: filled(spec["value"], shown) for key, spec in action["outputs"].items()}

    def _shell(self, job: str, script: str, workspace: Path, env: dict[str, str]) -> tuple[bool, Any]:
        number = next(self._numbers)
        answers = self.folder / f"{number:02}-outputs"
        answers.touch()
        temp = self.folder.parent / "runner"
        whole = clean_environment(self.program, temp, self.venv) | self._told(workspace, answers) | env
        ended = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
            cwd=workspace, env=whole, capture_output=True, text=True, timeout=900, check=False,
        )  # fmt: skip
        said = ended.stdout + ended.stderr
        (self.folder / f"{number:02}-log.txt").write_text(said)
        self.done.append(Done(job, env.get("INPUT_COMMAND", "run"), ended.returncode, said, env))
        return ended.returncode == 0, outputs_in(answers.read_text(encoding="utf-8"))

    def _told(self, workspace: Path, answers: Path) -> dict[str, str]:
        event = self.event
        return {
            "GITHUB_ACTIONS": "true", "GITHUB_WORKSPACE": str(workspace), "GITHUB_OUTPUT": str(answers),
            "GITHUB_STEP_SUMMARY": f"{answers}-summary.md", "GITHUB_EVENT_PATH": str(self.folder / "event.json"),
            "GITHUB_EVENT_NAME": event.name, "GITHUB_REPOSITORY": "o/r", "GITHUB_SHA": event.sha,
            "GITHUB_API_URL": event.api_url, "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_RUN_ID": str(event.run_id), "GITHUB_RUN_ATTEMPT": str(event.attempt),
            "GITHUB_ACTOR": event.actor, "GITHUB_TRIGGERING_ACTOR": event.actor,
        }  # fmt: skip


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def outputs_in(text: str) -> dict[str, str]:
    """Return what a step wrote to GITHUB_OUTPUT."""
    found = re.findall(r"^([\w-]+)<<(\S+)\n(.*?)\n\2$", text, re.DOTALL | re.MULTILINE)
    return {name: value for name, _, value in found}


def _needs(job: Mapping[str, Any]) -> list[str]:
    needs = job.get("needs", [])
    return [needs] if isinstance(needs, str) else needs
