"""A run that could start now, and the record that its evidence begins with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from apr_qa import __version__
from apr_qa.files import digest_of
from apr_qa.pipeline.privacy import places_of, words_of
from apr_qa.pipeline.targets import Target
from apr_qa.pipeline.wishes import Wishes
from apr_qa.score.grade import FORMULA
from apr_qa.vocab.artefacts import ModelFiles
from apr_qa.vocab.axes import Format
from apr_qa.vocab.evidence import RunRecord
from apr_qa.vocab.machine import Machine
from apr_qa.vocab.plan import Plan
from apr_qa.vocab.plugs import Equipped
from apr_qa.vocab.scenario import Scenario


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
    for_others: frozenset[str] = frozenset()
    """Questions whose answers other shards' claims need too."""

    def unit(self, scenario: Scenario) -> str:
        """Return the content address of one question: model, engine, question."""
        equipped = self.equipment[scenario.engine][scenario.cell.format]
        asked = asdict(replace(scenario, id=""))
        return digest_of([self._digests(scenario.cell.format), identity(equipped), asked])

    @property
    def places(self) -> dict[str, str]:
        """Return the words that stand for folders of this machine in what is kept."""
        return places_of(self.files, (e for by_format in self.equipment.values() for e in by_format.values()))

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
            argv=words_of(self.wishes.argv, self.places),
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
            plug_ins=self.wishes.plug_ins,
            sequential=plan.sequential,
            unlocked=self.wishes.unlocked,
        )

    def _digests(self, form: Format) -> dict[str, str]:
        names = {p.name for p in self.files.artefacts[form].files} if form in self.files.artefacts else set()
        return {k: v for k, v in self.files.digests.items() if Path(k).name in names}


def identity(equipped: Equipped) -> list[str]:
    """Return what tells one engine from another: name, version, digest."""
    facts = equipped.facts
    return [facts.name, facts.version, facts.digest]
