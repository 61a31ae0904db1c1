"""How long a plan will take and what it will write: a rough model, said in one place.

A question costs the reading of its prompt and the writing of its answer. Writing a token moves all weights once, so it
takes size / speed; reading is `_READS_FASTER` times faster. A new program costs its start and the reading of the
weights. Every cell starts one program; one-shot questions of an engine that has no batch start one each, and so does
a cold question. Nothing runs at the same time. Speeds are bytes of weights a second on two ordinary cores, rounded
down; a real run corrects the figure as it goes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from apr_qa.plan.request import PlanRequest
from apr_qa.vocab.artefacts import ModelFiles
from apr_qa.vocab.axes import Backend, Cell, Format, Modality, SizeClass
from apr_qa.vocab.conversions import route_name
from apr_qa.vocab.plan import Claim
from apr_qa.vocab.scenario import Scenario


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Speed of one engine."""

    start_s: float
    load_bytes_per_s: float
    compute_bytes_per_s: float


COSTS: Mapping[str, Cost] = {
    "apr": Cost(start_s=0.1, load_bytes_per_s=5e8, compute_bytes_per_s=2e9),
    "reference": Cost(start_s=1.0, load_bytes_per_s=3e8, compute_bytes_per_s=1e9),
    "llama.cpp": Cost(start_s=1.0, load_bytes_per_s=1e9, compute_bytes_per_s=6e9),
}
_OTHER = Cost(start_s=3.0, load_bytes_per_s=5e8, compute_bytes_per_s=2e9)
_GPU_FASTER = 10
_READS_FASTER = 8
_CHARS_A_TOKEN = 4
_SHARE_OF_LIMIT = 0.6
_NOMINAL_BYTES = {
    SizeClass.TINY: 1 << 30,
    SizeClass.SMALL: 4 << 30,
    SizeClass.MEDIUM: 8 << 30,
    SizeClass.LARGE: 16 << 30,
    SizeClass.XLARGE: 48 << 30,
    SizeClass.HUGE: 144 << 30,
}
_CONVERTER_STARTS_S = 0.2
_CONVERTS_BYTES_PER_S, _READS_BYTES_PER_S = 3e8, 2e8
_BYTES_A_SCENARIO = 8 << 10
_BYTES_A_CLAIM = 2 << 10


def measured_sizes(files: ModelFiles) -> dict[Format, int]:
    """Return the bytes of the weights in each format, as the disk says. Raises OSError."""
    return {form: sum(path.stat().st_size for path in a.files) for form, a in files.artefacts.items()}


def minutes(request: PlanRequest, scenarios: Sequence[Scenario]) -> float:
    """Return the predicted minutes of asking `scenarios` one after another."""
    seconds = 0.0
    begun: set[tuple[str, Cell]] = set()
    for scenario in scenarios:
        key = (scenario.engine, scenario.cell)
        seconds += _seconds(request, scenario, is_new=key not in begun)
        begun.add(key)
    return round(seconds / 60, 2)


def whole(request: PlanRequest, scenarios: Sequence[Scenario], claims: Sequence[Claim]) -> float:
    """Return the predicted minutes of a plan: questions, forward passes, conversions."""
    return round(minutes(request, scenarios) + passes(request, claims) + conversions(request, claims), 2)


def passes(request: PlanRequest, claims: Sequence[Claim]) -> float:
    """Return the predicted minutes of the forward passes that judging takes: one over each file, one over the truth."""
    computing = {gate.spec.id for gate in request.gates if gate.spec.computes}
    formats = {claim.subject.format for claim in claims if claim.gate in computing}
    formats |= {Format.SAFETENSORS} if formats else set()
    return sum(request.passes.get(form, 0.0) for form in formats if form is not None)


def conversions(request: PlanRequest, claims: Sequence[Claim]) -> float:
    """Return the predicted minutes of making and reading the files that claims about conversions want."""
    made = _made(claims)
    each = _CONVERTER_STARTS_S + _converted_bytes(request) * (1 / _CONVERTS_BYTES_PER_S + 1 / _READS_BYTES_PER_S)
    return len(made) * each / 60


def workspace_bytes(request: PlanRequest, claims: Sequence[Claim]) -> int:
    """Return the bytes of those files, which lie on the disk together, and of the copy that they are made from."""
    made = _made(claims)
    return (len(made) + 1) * _converted_bytes(request) if made else 0


def _made(claims: Sequence[Claim]) -> set[str]:
    """The files at all steps of all routes, each once."""
    found = set()
    for claim in claims:
        for route in claim.params.get("routes", ()):
            found |= {route_name(route[:count]) for count in range(2, len(route) + 1)}
            found |= {route_name(route, again=True)} if claim.params["again"] else set()
    return found


def _converted_bytes(request: PlanRequest) -> int:
    """A converter that stores 16 bits as 32 doubles the file."""
    return 2 * (request.sizes.get(Format.SAFETENSORS) or _nominal(request))


def disk_bytes(scenarios: int, claims: int) -> int:
    """Return the bytes of journal, evidence and reports."""
    return 2 * (scenarios * _BYTES_A_SCENARIO + claims * _BYTES_A_CLAIM)


def _seconds(request: PlanRequest, scenario: Scenario, *, is_new: bool) -> float:
    engine = request.equipment[scenario.cell.format].engine
    cost = COSTS.get(scenario.engine or engine.name, _OTHER)
    size = request.sizes.get(scenario.cell.format) or _nominal(request)
    alone = scenario.cell.modality is Modality.RUN and engine.batch is None
    start = cost.start_s + size / cost.load_bytes_per_s if is_new or alone or scenario.cold else 0.0
    read = sum(len(message.content) for message in scenario.messages) / _CHARS_A_TOKEN / _READS_FASTER
    faster = _GPU_FASTER if scenario.cell.backend is Backend.GPU else 1
    return start + (read + scenario.max_tokens * _SHARE_OF_LIMIT) * size / cost.compute_bytes_per_s / faster


def _nominal(request: PlanRequest) -> int:
    return _NOMINAL_BYTES[request.playbook.model.size_category or SizeClass.TINY]
