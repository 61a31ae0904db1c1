"""The room of gates as a catalogue: ids, sentences, categories, probes."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from behaviour_cases import CASES
from contract_cases import BREACHES
from conversion_cases import SPOILT
from file_cases import BROKEN
from gate_exhibits import ALL, RUN, artefacts, brief
from truth_cases import FAULTY

from apr_qa.rooms import furnish
from apr_qa.vocab.axes import Category, Format, Severity, Tier
from apr_qa.vocab.gates import Exhibits, Gate
from apr_qa.vocab.scenario import Scenario
from apr_qa.vocab.verdict import Outcome, Verdict

ROOM = furnish("apr_qa.gates", Gate)
SPECS = [gate.spec for gate in ROOM]


def test_ids_and_anchors_are_unique() -> None:
    """No two gates share an id or an anchor."""
    for values in ([s.id for s in SPECS], [s.anchor for s in SPECS]):
        assert [value for value, count in Counter(values).items() if count > 1] == []


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.id)
def test_a_catalogue_entry_teaches(spec: object) -> None:
    """The claim is one sentence, there is a remedy, a weight above zero, and gateways are P0."""
    assert re.fullmatch(r"[A-Z].{20,150}\.", spec.claim)
    assert re.fullmatch(r"[A-Z].{20,}\.", spec.remedy)
    assert re.fullmatch(r"[A-Z]\w*(-[A-Z0-9]+)+", spec.id)
    assert spec.weight > 0
    assert spec.gateway is None or spec.severity is Severity.P0
    assert all((spec.tiers, spec.formats, spec.backends, spec.modalities))


def test_every_gate_has_a_case_for_both_outcomes() -> None:
    """A gate that no test sees failing proves nothing."""
    assert {spec.id for spec in SPECS} == set(CASES) | {
        case.gate for case in (*BROKEN, *FAULTY, *BREACHES, *SPOILT)
    } | {
        "G0-INTEGRITY-UNTOUCHED",  # below
        "G0-INTEGRITY-SECOND",  # test_second_opinion.py
        "F-QUAL-PROMPT-001",  # test_prompt_tokens.py
        "F-PROVENANCE-001",  # test_provenance.py
    }


@pytest.mark.parametrize(("changed", "outcome"), [((), "corroborated"), (("config.json: removed",), "falsified")])
def test_the_model_is_left_untouched(changed: tuple[str, ...], outcome: str) -> None:
    """An engine that writes to the model's files falls, and one that does not holds."""
    (gate,) = (g for g in ROOM if g.spec.id == "G0-INTEGRITY-UNTOUCHED")
    (claim,) = gate.draw(gate.spec, brief((RUN,))).claims
    exhibits = Exhibits(files=artefacts(Format.SAFETENSORS), changed=changed)
    assert gate.judge(claim, exhibits).outcome == outcome


def test_only_right_answers_of_the_last_certificate_are_asked_for_again() -> None:
    """A claim that held and is about something else, as on the server's protocol, made no answer right."""
    (gate,) = (g for g in ROOM if g.spec.id == "F-REGR-CERTIFIED-001")
    about = CASES[gate.spec.id].about()
    assert about.earlier
    assert len(gate.draw(gate.spec, about).claims) == 1
    (answered,) = about.earlier.judged
    lost = replace(answered, verdict=Verdict(outcome=Outcome.FALSIFIED, reason="wrong"))
    protocol = replace(answered, claim=replace(answered.claim, gate="F-API-001"))
    for judged in ((lost,), (protocol,), (lost, protocol)):
        assert gate.draw(gate.spec, replace(about, earlier=replace(about.earlier, judged=judged))).claims == ()
    missing = gate.draw(gate.spec, replace(about, earlier=None, no_earlier="it is not here"))
    assert (missing.claims, [left.reason for left in missing.not_run]) == ((), ["it is not here"])


@pytest.mark.parametrize("tier", Tier)
def test_every_tier_plans_every_category(tier: Tier) -> None:
    """Even one cell on the cpu, without an earlier certificate, has a claim in each of the six categories."""
    about = brief((RUN,), tier=tier)
    categories = {
        claim.category for gate in ROOM if tier in gate.spec.tiers for claim in gate.draw(gate.spec, about).claims
    }
    assert categories == set(Category)


@pytest.mark.parametrize("tier", Tier)
def test_probes_are_shared_and_claims_unique(tier: Tier) -> None:
    """Scenarios of equal id are equal records, claims have ids of their own, and each need is planned."""
    about = brief(tier=tier)
    drawn = [gate.draw(gate.spec, about) for gate in ROOM]
    probes: dict[str, Scenario] = {s.id: s for s in about.matrix}
    for scenario in (s for d in drawn for s in d.scenarios):
        assert probes.setdefault(scenario.id, scenario) == scenario
    claims = [claim for d in drawn for claim in d.claims]
    assert len({claim.id for claim in claims}) == len(claims)
    assert {name for claim in claims for name in claim.needs} <= set(probes)
    assert all(claim.id.startswith(f"{claim.gate}@{claim.subject}") for claim in claims)


def test_drawing_is_repeatable_and_seeded() -> None:
    """The same brief draws the same; another seed asks other sums."""
    first, again, other = (
        [gate.draw(gate.spec, about) for gate in ROOM] for about in (brief(), brief(), brief(seed=7))
    )
    assert first == again
    assert {s.prompt for d in first for s in d.scenarios} != {s.prompt for d in other for s in d.scenarios}


@pytest.mark.parametrize("seed", range(50))
def test_basic_sums_want_different_answers(seed: int) -> None:
    """Whatever the seed, each cell asks at least four sums with different answers, none of them 4."""
    (gate,) = (g for g in ROOM if g.spec.id == "G4-BASIC-001")
    wanted = [s.oracle.expected["number"] for s in gate.draw(gate.spec, brief((RUN,), seed=seed)).scenarios]
    assert len(set(wanted)) == len(wanted) >= 4
    assert "4" not in wanted


def test_what_cannot_be_asked_is_said_beforehand() -> None:
    """Without template, context or reference engine the plan says which gate is not run, and why."""
    about = brief(
        ALL, has_template=False, context=None, reference="unknown architecture", forward="unknown architecture"
    )
    not_run = {item.what: item for gate in ROOM for item in gate.draw(gate.spec, about).not_run}
    not_run = {name: item for name, item in not_run.items() if not name.startswith("F-CONV-")}  # test_conversion_gates
    by_us = {"F-REGR-REFERENCE-001", "F-CONTRACT-I1-001", "F-ENGINE-FILE-001"}
    by_cell = {"F-QUAL-PROMPT-001", "F-QUAL-STOP-001", "F-QUAL-TURNS-001", "F-EDGE-OVERLONG-001"}
    assert by_cell | by_us == set(not_run)
    assert not_run["F-REGR-REFERENCE-001"].required


def test_quantised_formats_are_compared_by_right_and_wrong() -> None:
    """Wording may change by rounding, so that text is compared for full-precision formats only."""
    (gate,) = (g for g in ROOM if g.spec.id == "F-COMP-FORMATS-001")
    for quantization, exact in (("f16", True), ("q4_k_m", False)):
        files = artefacts(Format.SAFETENSORS, Format.GGUF, quantization=quantization)
        claim = gate.draw(gate.spec, brief(ALL, files=files)).claims[0]
        assert {by_text for _, _, by_text in claim.params["twins"]} == {exact}


def test_plug_ins_hold_gates_and_helpers_hold_none() -> None:
    """A file without underscore is a gate; the room finds it without another edit."""
    import apr_qa.gates

    files = Path(apr_qa.gates.__path__[0]).glob("[a-z]*.py")
    assert len(list(files)) <= len(ROOM)
