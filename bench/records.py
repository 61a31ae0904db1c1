"""Makes evidence of any length from a real plan: ``python -m bench.records RECORDS FOLDER``.

A record is a line: a scenario, a claim, what was observed, what was decided. One claim in `LOST` is lost. Writes
`journal.jsonl` and `evidence.json` and prints their sizes in bytes.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from apr_qa.evidence.chain import Chain
from apr_qa.evidence.codec import encode
from apr_qa.evidence.seal import seal
from apr_qa.plan.expand import make_plan
from apr_qa.vocab.evidence import Judged, Record, RunRecord
from apr_qa.vocab.observation import Ending, Observation, Reply
from apr_qa.vocab.plan import Claim, Plan
from apr_qa.vocab.scenario import Scenario
from apr_qa.vocab.verdict import Outcome, Verdict
from bench.planning import request

LINES_A_SCENARIO = 4
LOST = 50
_DIGEST = "0123456789abcdef" * 4


def plan_for(records: int) -> Plan:
    """Return a real plan of the nine cpu cells whose evidence has about `records` records."""
    return make_plan(request(max(9, records // LINES_A_SCENARIO)))


def run_of(plan: Plan) -> RunRecord:
    """Return the run record of evidence that nobody asked an engine for."""
    return RunRecord(
        plan_digest=plan.digest,
        playbook=plan.playbook,
        playbook_digest=plan.playbook_digest,
        model=plan.model,
        revision="",
        tier=plan.tier,
        seed=plan.seed,
        started_at="2026-11-28T12:00:00+00:00",
        apr_qa_version="0",
        score_formula="bench",
        cells=tuple(str(cell) for cell in plan.cells),
        matrix_cells=tuple(str(cell) for cell in plan.matrix_cells),
        scenarios=plan.scenarios,
        claims=plan.claims,
    )


def written(plan: Plan) -> Iterator[Record]:
    """Yield the records of a whole run of `plan`, each answer followed by the claims that waited for it last."""
    run = run_of(plan)
    yield replace(run, scenarios=(), claims=())
    yield from plan.scenarios
    yield from plan.claims
    waiting: dict[str, list[Claim]] = {}
    order = {scenario.id: number for number, scenario in enumerate(plan.scenarios)}
    for claim in plan.claims:
        last = max(claim.needs, key=order.__getitem__, default="")
        waiting.setdefault(last, []).append(claim)
    yield from (_judged(claim, 1) for claim in waiting.pop("", ()))
    for number, scenario in enumerate(plan.scenarios):
        yield _observation(scenario, number)
        yield from (_judged(claim, number) for claim in waiting.get(scenario.id, ()))


def make(records: int, folder: Path) -> Plan:
    """Write evidence of about `records` records into `folder`; return its plan."""
    plan, links = plan_for(records), Chain("")
    journal = folder / "journal.jsonl"
    with journal.open("wb") as stream:
        for record in written(plan):
            line = encode(record, links.head)
            links.add(line)
            stream.write(line + b"\n")
    seal(journal, folder / "evidence.json")
    return plan


def _observation(scenario: Scenario, number: int) -> Observation:
    argv = ("apr", "run", "$MODEL/gguf/model.gguf", f"--prompt={scenario.prompt[:80]}", "--chat", "--no-gpu", "--json")
    return Observation(
        scenario=scenario.id,
        unit=_DIGEST,
        reply=Reply(
            ending=Ending.ANSWERED,
            text="9" if number % LOST == 0 else "4",
            tokens=(19,),
            prompt_tokens=19,
            completion_tokens=1,
            finish_reason="stop",
            tokens_per_s=23.6 + number % 17,
            load_s=0.01,
            backend_ran="cpu",
        ),
        argv=argv,
        session=f"session-{number // 64}",
        started_at="2026-11-28T12:00:00.000+00:00",
        elapsed_s=0.05437,
        exit_status=0,
        stderr_tail="Loaded tokenizer with 3 special tokens",
        peak_rss_bytes=43_000_000,
        reproduce=" ".join(argv),
    )


def _judged(claim: Claim, number: int) -> Judged:
    lost = number % LOST == 0 and claim.gateway is None and bool(claim.needs)
    said = "9" if lost else "4"
    outcome = Outcome.FALSIFIED if lost else Outcome.CORROBORATED
    reason = f"the answer states {said}, which is {'wrong: 4 is right' if lost else 'right'}"
    return Judged(
        claim=claim, verdict=Verdict(outcome=outcome, reason=reason, detail={"expected": "4", "stated": said})
    )


def main() -> None:
    """Make what the command line asks for."""
    folder = Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    make(int(sys.argv[1]), folder)
    print(json.dumps({name: (folder / name).stat().st_size for name in ("journal.jsonl", "evidence.json")}))


if __name__ == "__main__":
    main()
