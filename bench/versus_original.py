"""Against the original: ``python -m bench.versus_original --original PROGRAM [--apr PROGRAM] [--scenarios 9,90,900]``.

The same machine, engine (`apr`), model and number of scenarios in the same nine cpu cells; conversions off. The
original is `apr-qa` of paiml/apr-model-qa-playbook at b943632, built outside this tree. It runs with two shims, so that
its dead waits do not count: `apr serve MODEL` becomes `apr serve run MODEL`, and a health answer of `ok` reads
`healthy`. Its evidence says how many scenarios it judged. Ours are the matrix scenarios of a plan, asked and judged
answer by answer, the first of every run cell cold; probes and gates over files, which the original has not, are left
out. Starts of the engine are counted by the shim for the original, by the sessions in the observations for ours.

Without an original, ours are compared with what was recorded of it on two cores with apr 0.72.3, and the table says so.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from bench.figures import Figure, show

ROOT = Path(__file__).resolve().parents[1]
MODEL = ROOT / "models" / "tiny"
CELLS = 9
RECORDED = {9: 7.53, 90: 81.9, 900: 1380.0}
"""Seconds; 900 is a projection from the 673 scenarios that it had done when it was stopped after 300 s."""
LIMIT_S = 420
_APR = """#!/bin/sh
echo "$1" >> "$APR_STARTS"
if [ "$1" = serve ] && [ "$2" != run ]; then shift; exec "$REAL_APR" serve run "$@"; fi
exec "$REAL_APR" "$@"
"""
_CURL = """#!/bin/sh
case "$*" in
  */health*) "$REAL_CURL" "$@" | sed 's/"status":"ok"/"status":"healthy"/' ;;
  *) exec "$REAL_CURL" "$@" ;;
esac
"""
_PLAYBOOK = """name: tiny-{count}
version: "1.0.0"
model:
  hf_repo: "apr-qa/qwen2-tiny-1m-instruct"
  formats: [safetensors, apr, gguf]
  quantizations: [q4_k_m]
  size_category: tiny
test_matrix:
  modalities: [run, chat, serve]
  backends: [cpu]
  scenario_count: {each}
  seed: 42
  timeout_ms: 60000
gates: {{g1_model_loads: "true", g2_basic_inference: "true", g3_no_crashes: "true", g4_output_quality: "true"}}
oracles:
  - {{type: arithmetic, config: {{tolerance: 0.01}}}}
  - {{type: garbage, config: {{max_repetition_ratio: 0.3, min_unique_chars: 10}}}}
failure_policy: collect_all
"""


def _program(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    return path


def _lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines()) if path.exists() else 0


def original(program: Path, apr: Path, scenarios: int, folder: Path) -> Mapping[str, float]:
    """Run the original; return seconds (negative: it was stopped), engine starts and records written."""
    shims, starts = folder / "shims", folder / "starts"
    _program(shims / "apr", _APR)
    _program(shims / "curl", _CURL)
    model = folder / "qwen2-tiny-1m-instruct"
    model.mkdir()
    for form in ("safetensors", "apr", "gguf"):
        shutil.copytree(MODEL / form, model / form)
    (model / "gguf" / "model-f16.gguf").rename(model / "gguf" / "model.gguf")
    (model / "gguf" / "model-q8_0.gguf").unlink()
    playbook = folder / "tiny.playbook.yaml"
    playbook.write_text(_PLAYBOOK.format(count=scenarios, each=scenarios // CELLS), encoding="utf-8")
    environment = {
        **os.environ,
        "PATH": f"{shims}:{os.environ['PATH']}",
        "REAL_APR": str(apr),
        "REAL_CURL": shutil.which("curl") or "curl",
        "APR_STARTS": str(starts),
        "HOME": str(folder),
    }
    argv = [str(program), "run", str(playbook), "--model-path", str(model), "--no-integrity-check"]
    argv += ["--skip-conversion-tests", "--failure-policy", "collect-all", "-o", str(folder / "out")]
    began = time.perf_counter()
    try:
        subprocess.run(argv, cwd=folder, env=environment, capture_output=True, timeout=LIMIT_S, check=False)
        seconds = time.perf_counter() - began
    except subprocess.TimeoutExpired:
        seconds = -(time.perf_counter() - began)
    evidence = folder / "out" / "evidence.json"
    judged = len(json.loads(evidence.read_text(encoding="utf-8"))) if evidence.exists() else 0
    return {"seconds": seconds, "starts": _lines(starts), "judged": judged}


def ours(apr: Path, scenarios: int, folder: Path) -> Mapping[str, float]:
    """Ask and judge the matrix scenarios of a plan; return seconds, engine starts and scenarios judged."""
    from dataclasses import replace

    from apr_qa.evidence.judge import judge_answer
    from apr_qa.pipeline.prepare import prepare
    from apr_qa.pipeline.targets import by_words
    from apr_qa.pipeline.trial import ORACLES
    from apr_qa.pipeline.wishes import Wishes
    from apr_qa.rooms import furnish
    from apr_qa.run.observe import observe
    from apr_qa.vocab.axes import Backend, Tier
    from apr_qa.vocab.gates import Oracle
    from apr_qa.vocab.scenario import Purpose

    (target,) = by_words(["apr-qa/tiny"], Tier.MVP)
    matrix = replace(target.playbook.matrix, scenario_count=scenarios // CELLS)
    target = replace(target, playbook=replace(target.playbook, matrix=matrix))
    wishes = Wishes(engine="apr", apr_binary=str(apr), backends=(Backend.CPU,), output=folder / "out")
    ready = prepare(target, wishes, lambda _doing: None)
    asked = [s for s in ready.plan.scenarios if s.purpose is Purpose.MATRIX and not s.engine][:scenarios]
    by_id = {s.id: s for s in asked}
    oracles = {oracle.name: oracle for oracle in furnish(ORACLES, Oracle)}
    sessions, judged = set[str](), 0
    began = time.perf_counter()
    for seen in observe(
        asked,
        equipment=ready.equipment,
        files=ready.files,
        scratch=folder,
        workers=max(2, os.cpu_count() or 2),
        units=ready.unit,
        started=lambda _scenario: None,
    ):
        sessions.add(seen.session)
        judged += judge_answer(by_id[seen.scenario], seen, oracles).outcome.is_judged
    return {"seconds": time.perf_counter() - began, "starts": len(sessions), "judged": judged}


def versus(program: Path | None, apr: Path, counts: list[int]) -> list[Figure]:
    """Return ours beside the original's, a pair of figures for each number of scenarios."""
    figures = []
    for count in counts:
        with tempfile.TemporaryDirectory(prefix="apr-qa-bench-") as folder:
            (Path(folder) / "ours").mkdir()
            (Path(folder) / "original").mkdir()
            mine = ours(apr, count, Path(folder) / "ours")
            theirs = original(program, apr, count, Path(folder) / "original") if program else {}
        told = "the original"
        seconds = theirs.get("seconds", RECORDED.get(count, 0.0))
        if not theirs:
            told += ", as recorded elsewhere"
        elif seconds < 0:
            told += f", stopped after {-seconds:.0f} s"
        target = {90: "a fifth", 900: "a tenth"}.get(count, "")
        figures.append(
            Figure(
                name=f"{count} scenarios, {mine['judged']:.0f} judged",
                unit="s",
                values=[mine["seconds"]],
                target=target,
                bare=abs(seconds) or None,
                bare_is=told,
            )
        )
        figures.append(
            Figure(
                name="  engine starts",
                unit="",
                values=[mine["starts"]],
                bare=theirs.get("starts"),
                bare_is=f"the original's, {theirs.get('judged', 0):.0f} records",
            )
        )
    return figures


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--original", type=Path, help="An apr-qa of the original, built outside this tree.")
    parser.add_argument("--apr", type=Path, help="The engine; else what is found on the PATH.")
    parser.add_argument("--scenarios", default="9,90", help="Multiples of nine.")
    asked = parser.parse_args()
    apr = asked.apr or Path(shutil.which("apr") or "")
    if not apr.is_file():
        parser.error("there is no apr: make engine installs it, or name one with --apr")
    if asked.original is None:
        print("no original was named (--original): its figures are those recorded on two cores with apr 0.72.3\n")
    print(show(versus(asked.original, apr.resolve(), [int(word) for word in asked.scenarios.split(",")])))
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    print(f"\nload {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores; peak memory of ours {peak_mb:.0f} MB")


if __name__ == "__main__":
    main()
