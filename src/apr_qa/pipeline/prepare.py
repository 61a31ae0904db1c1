"""Everything that is known before the first question: files, engines, machine, plan."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import platformdirs

from apr_qa import __version__
from apr_qa.fetch.digests import digests
from apr_qa.fetch.locate import companions
from apr_qa.files import digest_of
from apr_qa.pipeline import engines
from apr_qa.pipeline.targets import Busy, Target, files_of
from apr_qa.pipeline.wishes import Wishes
from apr_qa.plan.expand import make_plan
from apr_qa.plan.request import Narrowing, PlanRequest
from apr_qa.reference.readable import why_not
from apr_qa.rooms import furnish
from apr_qa.run.machine import machine
from apr_qa.score.grade import FORMULA
from apr_qa.vocab.artefacts import ModelFiles
from apr_qa.vocab.axes import Format
from apr_qa.vocab.evidence import RunRecord
from apr_qa.vocab.machine import Machine
from apr_qa.vocab.plan import Plan
from apr_qa.vocab.plugs import Equipped, Gate, Oracle
from apr_qa.vocab.scenario import Scenario

GATES, ORACLES = "apr_qa.gates", "apr_qa.oracles"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """A run that could start now."""

    target: Target
    wishes: Wishes
    files: ModelFiles
    plan: Plan
    machine: Machine
    equipment: Mapping[str, Mapping[Format, Equipped]]
    """By `Scenario.engine`, then by format."""
    engine_title: str
    notes: tuple[str, ...]
    folder: Path
    """Where this run's evidence lies; the same command finds the same folder."""

    def unit(self, scenario: Scenario) -> str:
        """Return the content address of one question: model, engine, question."""
        equipped = self.equipment[scenario.engine][scenario.cell.format]
        asked = asdict(replace(scenario, id=""))
        return digest_of([self._digests(scenario.cell.format), _identity(equipped), asked])

    def record(self) -> RunRecord:
        """Return the run record, with the plan inside."""
        plan, playbook = self.plan, self.target.playbook
        return RunRecord(
            plan_digest=plan.digest,
            playbook=plan.playbook,
            playbook_digest=plan.playbook_digest,
            model=plan.model,
            revision=self.files.revision,
            tier=plan.tier,
            seed=plan.seed,
            started_at=datetime.now(UTC).isoformat(timespec="seconds"),
            apr_qa_version=__version__,
            score_formula=FORMULA,
            family=playbook.model.family or "",
            parameters=playbook.model.size_variant or "",
            engines={f.value: replace(e.facts, path="") for f, e in self.equipment[""].items()},
            files=dict(self.files.digests),
            host={key: value for key, value in asdict(self.machine).items() if value not in ("", ())},
            argv=self.wishes.argv,
            planned_matrix=sum(1 for s in plan.scenarios if s.purpose == "matrix"),
            planned_probes=sum(1 for s in plan.scenarios if s.purpose != "matrix"),
            cells=tuple(str(cell) for cell in plan.cells),
            matrix_cells=tuple(str(cell) for cell in plan.matrix_cells),
            narrowed=plan.narrowed,
            not_run=plan.not_run,
            claims=plan.claims,
            scenarios=plan.scenarios,
            best_status=self.target.tier.best_status,
            certified_at=self.target.tier.certified_at,
        )

    def _digests(self, form: Format) -> dict[str, str]:
        names = {p.name for p in self.files.artefacts[form].files} if form in self.files.artefacts else set()
        return {k: v for k, v in self.files.digests.items() if Path(k).name in names}


def prepare(target: Target, wishes: Wishes, busy: Busy) -> Ready:
    """Return the run that `target` and `wishes` describe; nothing of the model is executed and nothing is written.

    Raises AprQaError for whatever stands in the way before the first question.
    """
    files = _hashed(files_of(target, wishes, busy), busy)
    busy("looking for the engines")
    chosen = engines.choose(wishes.engine, wishes.formats or target.playbook.model.formats, wishes.apr_binary)
    here = machine()
    ground = files.artefacts.get(Format.SAFETENSORS)
    reason = why_not(ground.path, here.memory_bytes) if ground else "there is no SafeTensors file, the ground truth"
    config = _config(files)
    request = PlanRequest(
        playbook=target.playbook,
        tier=target.tier,
        equipment=chosen.by_format,
        files=files,
        machine=here,
        gates=furnish(GATES, Gate),
        oracles=furnish(ORACLES, Oracle),
        narrowing=Narrowing(formats=wishes.formats, backends=wishes.backends, modalities=wishes.modalities),
        reference=reason,
        context=_context(config),
        has_template=_has_template(files),
        unequipped=chosen.unequipped,
        seed=wishes.seed,
        timeout_s=wishes.timeout_s,
        sizes={form: sum(p.stat().st_size for p in a.files) for form, a in files.artefacts.items()},
    )
    busy("planning")
    plan = make_plan(request)
    equipment: dict[str, Mapping[Format, Equipped]] = {"": chosen.by_format}
    if any(s.engine for s in plan.scenarios):
        equipment[engines.REFERENCE] = dict.fromkeys(Format, engines.reference())
    key = digest_of([plan.digest, dict(files.digests), [_identity(e) for e in chosen.by_format.values()]])[:8]
    name = f"{files.model.rpartition('/')[2].lower()}-{target.tier.tier}-{key}"
    return Ready(
        target=target,
        wishes=wishes,
        files=files,
        plan=plan,
        machine=here,
        equipment=equipment,
        engine_title=chosen.title,
        notes=chosen.notes,
        folder=wishes.folder or wishes.output / name,
    )


def _hashed(files: ModelFiles, busy: Busy) -> ModelFiles:
    """The files with their digests, by name below the model's root."""
    paths = companions(files)
    busy(f"hashing {len(paths)} files of {files.model}")
    memory = Path(platformdirs.user_cache_dir("apr-qa", appauthor=False))
    found = digests(paths, memory, now_ns=time.time_ns())
    return replace(files, digests={_below(path, files.root): digest for path, digest in found.items()})


def _below(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name


def _identity(equipped: Equipped) -> list[str]:
    facts = equipped.facts
    return [facts.name, facts.version, facts.digest]


def _config(files: ModelFiles) -> Mapping[str, Any]:
    """config.json of the ground truth, or nothing: a broken one is judged by the gates, not here."""
    for artefact in files.artefacts.values():
        try:
            value = json.loads((artefact.folder / "config.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if isinstance(value, dict):
            return value
    return {}


def _context(config: Mapping[str, Any]) -> int | None:
    nested = config.get("text_config")
    inner = nested if isinstance(nested, dict) else config
    length = inner.get("max_position_embeddings")
    return length if type(length) is int and length > 0 else None


def _has_template(files: ModelFiles) -> bool:
    """Whether the ground truth says how a conversation is written down."""
    for artefact in files.artefacts.values():
        if (artefact.folder / "chat_template.jinja").is_file():
            return True
        try:
            said = json.loads((artefact.folder / "tokenizer_config.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if isinstance(said, dict) and said.get("chat_template"):
            return True
    return False
