"""From a request to the plan: pure, seeded, ordered."""

from __future__ import annotations

from dataclasses import fields, replace

from apr_qa.files import digest_of
from apr_qa.plan import predict, remarks
from apr_qa.plan.cells import Field, lay_out
from apr_qa.plan.drawing import Hand, draw, require_categories
from apr_qa.plan.matrix import Questions, ask
from apr_qa.plan.request import PlanRequest
from apr_qa.plan.rounds import rule_of
from apr_qa.plan.watched import Watched
from apr_qa.vocab.conversions import Step
from apr_qa.vocab.engines import Equipped
from apr_qa.vocab.gates import Brief
from apr_qa.vocab.plan import NotRun, Plan


def make_plan(request: PlanRequest) -> Plan:
    """Return every question that will be asked and every claim that will be judged.

    Raises InputError when nothing can run here, when an oracle cannot be used, for a tier without a gate in each of the
    six categories, and for a tier that is to stop early and has no rule for it.
    """
    require_categories(request.tier, request.gates)
    field = lay_out(request)
    questions = ask(request, field.run)
    extras = Watched(request.playbook.extras)
    hand = draw(request.gates, _brief(request, field, questions, extras))
    return _sealed(request, field, questions, hand, tuple(remarks.sections_not_run(extras.unread(), request)))


def _brief(request: PlanRequest, field: Field, questions: Questions, extras: Watched) -> Brief:
    playbook = replace(request.effective, extras=extras)
    return Brief(
        playbook=playbook,
        tier=request.tier,
        seed=playbook.matrix.seed,
        cells=field.run,
        matrix=questions.scenarios,
        files=request.files,
        context=request.context,
        has_template=request.has_template,
        reference=request.reference,
        forward=request.forward,
        earlier=request.earlier,
        no_earlier=request.no_earlier,
        conversions=frozenset(step for equipped in request.equipment.values() for step in _steps(equipped)),
        converter=", ".join(dict.fromkeys(f"{e.facts.name} {e.facts.version}" for e in request.equipment.values())),
        ollama=request.ollama,
    )


def _steps(equipped: Equipped) -> tuple[Step, ...]:
    return equipped.engine.conversion.steps if equipped.engine.conversion else ()


def _sealed(request: PlanRequest, field: Field, questions: Questions, hand: Hand, sections: tuple[NotRun, ...]) -> Plan:
    playbook = request.effective
    scenarios = (*questions.scenarios, *hand.probes)
    plan = Plan(
        digest="",
        playbook=playbook.name,
        playbook_digest=playbook.digest,
        model=request.files.model,
        tier=request.tier.tier,
        seed=playbook.matrix.seed,
        cells=field.run,
        matrix_cells=field.asked,
        scenarios=scenarios,
        claims=hand.claims,
        not_run=(
            *field.not_run,
            *questions.not_run,
            *hand.not_run,
            *remarks.quantizations_not_run(playbook.model, request.files),
            *remarks.parts_not_run(playbook),
            *remarks.oracles_not_run(playbook, questions.scenarios),
            *sections,
        ),
        narrowed=(*field.narrowed, *hand.narrowed),
        failure_policy=playbook.failure_policy,
        predicted_minutes=predict.whole(request, scenarios, hand.claims),
        predicted_disk_bytes=predict.disk_bytes(len(scenarios), len(hand.claims))
        + predict.workspace_bytes(request, hand.claims),
        notes=(*remarks.notes(request), *questions.notes),
        sequential=rule_of(request, questions.scenarios),
    )
    return replace(plan, digest=digest_of(plan_content(plan)))


def plan_content(plan: Plan) -> dict[str, object]:
    """Return what a plan's digest is taken over: all of it but the digest."""
    return {entry.name: getattr(plan, entry.name) for entry in fields(plan) if entry.name != "digest"}
