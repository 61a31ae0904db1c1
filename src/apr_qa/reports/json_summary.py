"""JSON: the verdict for machines, with the digests that it depends on."""

from __future__ import annotations

from apr_qa.reports._complete import complete
from apr_qa.reports._failures import grouped_failures
from apr_qa.reports._json import safe_json, well_formed
from apr_qa.stats.judged import sentence
from apr_qa.vocab.evidence import Evidence
from apr_qa.vocab.plugs import Report
from apr_qa.vocab.score import Scorecard
from apr_qa.vocab.stopped import stopped_early
from apr_qa.vocab.throughput import throughput
from apr_qa.vocab.validity import expiry

SCHEMA_VERSION = 1


def render(evidence: Evidence, card: Scorecard) -> str:
    """Return one JSON object; every text in it is foreign and capped."""
    return safe_json({"schema_version": SCHEMA_VERSION} | _verdict(evidence, card) | _origins(evidence))


def _verdict(evidence: Evidence, card: Scorecard) -> dict[str, object]:
    run = evidence.run
    return {
        "model": well_formed(run.model, 300),
        "revision": well_formed(run.revision, 300),
        "tier": str(card.tier),
        "status": str(card.status),
        "reason": well_formed(card.reason, 2000),
        "mqs_score": card.mqs,
        "before_gateways": card.before_gateways,
        "normalised": card.normalised,
        "grade": card.grade,
        "qualifies": card.qualifies,
        "is_production_ready": card.is_production_ready,
        "gateways": {str(gateway): str(state) for gateway, state in card.gateways.items()},
        "categories": {
            str(category): {"points": score.points, "maximum": score.maximum, "judged": score.corroborated + score.lost}
            for category, score in card.categories.items()
        },
        "penalties": dict(card.penalties),
        "planned": {"matrix": run.planned_matrix, "probes": run.planned_probes},
        "judged": card.matrix_judged,
        "claims": {
            "judged": card.judged,
            "corroborated": card.corroborated,
            "lower_bound": card.lower_bound,
            "outcomes": dict(card.outcomes),
        },
        "causes": _causes(evidence),
    }


def _causes(evidence: Evidence) -> list[dict[str, object]]:
    return [
        {
            "gate": group.gate,
            "outcome": str(group.outcome),
            "severity": group.severity,
            "gateway": group.felled or None,
            "claims": group.count,
            "subjects": group.subjects,
            "reason": group.title,
        }
        for group in grouped_failures(complete(evidence))
    ]


def _origins(evidence: Evidence) -> dict[str, object]:
    run = evidence.run
    return {
        "throughput": {
            f"{fmt}-{backend}": {
                "tokens_per_s": round(speed.median, 3),
                "answers": speed.n,
                "interval": [round(end, 3) for end in speed.interval] if speed.interval else None,
            }
            for (fmt, backend), speed in throughput(complete(evidence)).items()
        },
        "narrowed": [well_formed(words, 300) for words in run.narrowed],
        "stopped_early": well_formed(stopped_early(evidence), 500),
        "unlocked": well_formed(run.unlocked, 300),
        "not_run": [
            {"what": well_formed(n.what, 300), "reason": well_formed(n.reason, 300), "required": n.required}
            for n in run.not_run
        ],
        "started_at": well_formed(run.started_at, 60),
        "expires": expiry(run.started_at) or None,
        "formula": run.score_formula,
        "apr_qa_version": run.apr_qa_version,
        "judge": sentence(run.tier),
        "seed": run.seed,
        "engines": {
            well_formed(fmt, 60): {"name": e.name, "version": e.version, "sha256": e.digest}
            for fmt, e in run.engines.items()
        },
        "digests": {
            "evidence": evidence.seal,
            "plan": run.plan_digest,
            "playbook": run.playbook_digest,
            "files": {well_formed(name, 300): digest for name, digest in sorted(run.files.items())},
        },
    }


JSON = Report(name="json", file_name="certificate.json", summary="the verdict for machines", render=render)
