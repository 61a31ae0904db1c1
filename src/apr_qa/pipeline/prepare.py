"""Everything that is known before the first question: files, engines, machine, plan."""

from __future__ import annotations

from collections.abc import Mapping

from apr_qa.fetch.cache import cache_folder
from apr_qa.files import digest_of
from apr_qa.pipeline import engines
from apr_qa.pipeline.convert import with_conversions
from apr_qa.pipeline.earlier import earlier_evidence
from apr_qa.pipeline.engines import Chosen
from apr_qa.pipeline.looking import context_of, has_template, hashed
from apr_qa.pipeline.ready import Ready, identity
from apr_qa.pipeline.standing import NO_TRUTH, Standing, standing
from apr_qa.pipeline.targets import Busy, Target, files_of
from apr_qa.pipeline.trial import GATES, ORACLES
from apr_qa.pipeline.wishes import Wishes
from apr_qa.plan.expand import make_plan
from apr_qa.plan.request import Narrowing, PlanRequest
from apr_qa.reference.readable import why_not
from apr_qa.rooms import furnish
from apr_qa.run.machine import machine
from apr_qa.vocab.artefacts import ModelFiles
from apr_qa.vocab.axes import Format
from apr_qa.vocab.machine import Machine
from apr_qa.vocab.plan import Plan
from apr_qa.vocab.plugs import Equipped, Gate, Oracle


def prepare(target: Target, wishes: Wishes, busy: Busy, here: Machine | None = None) -> Ready:
    """Return the run that `target` and `wishes` describe; nothing of the model is executed and nothing is written.

    `here`: the machine to plan for, when it is not this one. Raises AprQaError for whatever stands in the way before
    the first question.
    """
    here = here or machine()
    files, chosen = gather(target, wishes, busy, here.memory_bytes)
    busy("planning")
    held = standing(files, here, cache_folder(wishes.model_cache))
    files = held.files
    plan = make_plan(_request(target, wishes, held, chosen, here))
    return Ready(
        target=target,
        wishes=wishes,
        files=files,
        plan=plan,
        machine=here,
        equipment=equipment(plan, chosen),
        engine_title=chosen.title,
        notes=chosen.notes,
        folder=wishes.folder or wishes.output / _name(plan, files, chosen),
    )


def gather(target: Target, wishes: Wishes, busy: Busy, memory_bytes: int = 0) -> tuple[ModelFiles, Chosen]:
    """Return the model's files, with digests, and the engines to be asked about them. Raises AprQaError."""
    wanted = wishes.formats or target.playbook.model.formats
    files = hashed(files_of(target, wishes, busy, memory_bytes), busy)
    busy("looking for the engines")
    chosen = engines.choose(wishes.engine, wanted, wishes.apr_binary)
    return hashed(with_conversions(files, wanted, chosen, cache_folder(wishes.model_cache), busy), busy), chosen


def _request(target: Target, wishes: Wishes, held: Standing, chosen: Chosen, here: Machine) -> PlanRequest:
    files = held.files
    ground = files.artefacts.get(Format.SAFETENSORS)
    registry, model, tier = wishes.registry, files.model, target.tier.tier
    earlier, no_earlier = earlier_evidence(registry, model, tier) if registry else (None, "")
    return PlanRequest(
        playbook=target.playbook,
        tier=target.tier,
        equipment=chosen.by_format,
        files=files,
        machine=here,
        gates=furnish(GATES, Gate),
        oracles=furnish(ORACLES, Oracle),
        narrowing=Narrowing(formats=wishes.formats, backends=wishes.backends, modalities=wishes.modalities),
        reference=why_not(ground.path, here.memory_bytes) if ground else NO_TRUTH,
        forward=held.forward,
        passes=held.minutes,
        context=context_of(files),
        has_template=has_template(files),
        unequipped=chosen.unequipped,
        ollama=engines.why_no_ollama() if _wants_ollama(target) else "the playbook asks for no parity with Ollama",
        seed=wishes.seed,
        sequential=wishes.sequential,
        earlier=earlier,
        no_earlier=no_earlier,
        timeout_s=wishes.timeout_s,
        sizes={form: sum(p.stat().st_size for p in a.files) for form, a in files.artefacts.items()},
    )


def _wants_ollama(target: Target) -> bool:
    return bool((target.playbook.extras.get("ollama_parity") or {}).get("enabled"))


def equipment(plan: Plan, chosen: Chosen) -> Mapping[str, Mapping[Format, Equipped]]:
    """The engine on trial, and those that the plan asks besides: the judge's own eye, an Ollama."""
    besides = dict.fromkeys(s.engine for s in plan.scenarios if s.engine)
    return {"": chosen.by_format, **{name: dict.fromkeys(Format, engines.companion(name)) for name in besides}}


def _name(plan: Plan, files: ModelFiles, chosen: Chosen) -> str:
    """The same command on the same files with the same engine finds the same folder."""
    key = digest_of([plan.digest, dict(files.digests), [identity(e) for e in chosen.by_format.values()]])
    return f"{files.model.rpartition('/')[2].lower()}-{plan.tier}-{key[:8]}"
