"""Records made from hand-made evidence, and variations of them."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import sample_models

from apr_qa.registry.record import Record, make_record
from apr_qa.vocab.axes import Gateway, SizeClass, Tier
from apr_qa.vocab.catalog import KnownModel
from apr_qa.vocab.score import GatewayState, Status
from apr_qa.vocab.validity import expiry

MODEL = "Qwen/Qwen2.5-Coder-0.5B-Instruct"
FACTS = (
    KnownModel(model=MODEL, family="qwen-coder", parameters="0.5B", size=SizeClass.TINY),
    KnownModel(model="Qwen/Qwen2.5-Coder-1.5B-Instruct", family="qwen-coder", parameters="1.5B", size=SizeClass.SMALL),
    KnownModel(model="HuggingFaceTB/SmolLM2-135M-Instruct", family="smollm", parameters="135M", size=SizeClass.TINY),
)


def certified(day: str = "2026-11-21", **changes: Any) -> Record:
    """A record of the passing model that began on `day`."""
    return _on(make_record(*sample_models.passing()), day, changes)


def provisional(day: str = "2026-11-21", mqs: int = 780, **changes: Any) -> Record:
    """A record of a model that earned `mqs` points and keeps all gateways."""
    scored = {"status": Status.PROVISIONAL, "mqs": mqs, "before_gateways": mqs, "grade": "B+"}
    scored["normalised"] = round(100 * math.log10(1 + 9 * mqs / 1000), 2)
    return _on(make_record(*sample_models.passing()), day, scored | changes)


def smoke(day: str, **changes: Any) -> Record:
    """A PROVISIONAL record of tier smoke."""
    return provisional(day, **({"tier": Tier.SMOKE, "best_status": Status.PROVISIONAL} | changes))


def blocked(day: str = "2026-11-21", **changes: Any) -> Record:
    """A record of a model whose gateway G4 fell."""
    return _on(make_record(*sample_models.blocked()), day, changes)


def too_low(day: str, **changes: Any) -> Record:
    """BLOCKED because the score is below 700, with all gateways holding."""
    return provisional(day, mqs=600, **({"status": Status.BLOCKED, "grade": "C+"} | changes))


def no_verdict(day: str, status: Status = Status.PARTIAL, **changes: Any) -> Record:
    """A record of a run that gave no verdict."""
    made = make_record(*(sample_models.partial_run() if status is Status.PARTIAL else sample_models.empty()))
    return _on(made, day, changes)


def on_engine(record: Record, version: str) -> Record:
    """The same record from another version of the engine."""
    engines = {fmt: dataclasses.replace(engine, version=version) for fmt, engine in record.engines.items()}
    return dataclasses.replace(record, engines=engines)


def _on(record: Record, day: str, changes: dict[str, Any]) -> Record:
    began = f"{day}T09:30:00Z"
    return dataclasses.replace(record, last_certified=began, expires=expiry(began), **changes)


ALL_HOLD = dict.fromkeys(Gateway, GatewayState.HOLDS)
