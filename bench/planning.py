"""How long a plan takes, beside making and hashing as many records of the same kind."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from statistics import median

from apr_qa.fetch.locate import Wanted, locate
from apr_qa.files import digest_of
from apr_qa.pipeline.targets import by_words
from apr_qa.pipeline.trial import GATES, ORACLES
from apr_qa.plan.expand import make_plan
from apr_qa.plan.request import PlanRequest
from apr_qa.rooms import by_name, furnish
from apr_qa.vocab.axes import Tier
from apr_qa.vocab.engines import Engine, Equipped
from apr_qa.vocab.evidence import EngineFacts
from apr_qa.vocab.gates import Gate, Oracle
from apr_qa.vocab.machine import Machine
from apr_qa.vocab.plan import Plan
from bench.figures import Figure, timed

MODEL = Path(__file__).resolve().parents[1] / "models" / "tiny"
CELLS = 9


def request(scenarios: int) -> PlanRequest:
    """Return what a plan of about `scenarios` matrix scenarios in the nine cpu cells is made from."""
    (target,) = by_words(["apr-qa/tiny"], Tier.MVP)
    engine = by_name("apr_qa.engines", Engine, "apr")
    if engine is None:
        raise SystemExit("there is no engine `apr`")
    equipped = Equipped(engine=engine, facts=EngineFacts(name="apr", version="0.72.3"), program=("apr",))
    matrix = replace(target.playbook.matrix, scenario_count=-(-scenarios // CELLS))
    return PlanRequest(
        playbook=replace(target.playbook, matrix=matrix),
        tier=target.tier,
        files=locate(MODEL, Wanted()),
        equipment=dict.fromkeys(target.playbook.model.formats, equipped),
        machine=Machine(os="linux", arch="x86_64", cpu="a cpu", cores=2, memory_bytes=8 << 30),
        gates=furnish(GATES, Gate),
        oracles=furnish(ORACLES, Oracle),
    )


def expansion(scenarios: int, rounds: int, target: str = "") -> Figure:
    """Return how long `scenarios` take to plan."""
    asked = request(scenarios)
    plans: list[Plan] = []
    make_plan(request(CELLS))  # what is loaded once is not a plan's cost
    taken = timed(lambda: plans.append(make_plan(asked)), rounds)
    made = plans[-1].scenarios

    def bare() -> None:
        digest_of([replace(scenario) for scenario in made])

    return Figure(
        name=f"planning {len(made):,} scenarios, {len(plans[-1].claims):,} claims",
        unit="s cpu",
        values=taken,
        target=target,
        bare=median(timed(bare, rounds)),
        bare_is="copying and hashing the scenarios",
    )
