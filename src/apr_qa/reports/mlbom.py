"""CycloneDX ML-BOM 1.6: the model as a component, with its files, and its pass rate with confidence bounds."""

from __future__ import annotations

import uuid

from apr_qa.reports._complete import complete
from apr_qa.reports._display import one_line
from apr_qa.reports._json import safe_json, well_formed
from apr_qa.reports._words import CATEGORIES
from apr_qa.vocab.evidence import Evidence
from apr_qa.vocab.plugs import Report
from apr_qa.vocab.score import Scorecard
from apr_qa.vocab.throughput import throughput
from apr_qa.vocab.validity import parse_time

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://cyclonedx.org/schema/bom-1.6")


def render(evidence: Evidence, card: Scorecard) -> str:
    """Return the bill; equal evidence gives equal bytes, serial number and time included."""
    run = evidence.run
    moment = parse_time(run.started_at)
    metadata: dict[str, object] = {
        "tools": {"components": [{"type": "application", "name": "apr-qa", "version": run.apr_qa_version}]}
    }
    if moment:
        metadata["timestamp"] = moment.isoformat().replace("+00:00", "Z")
    return safe_json(
        {
            "bomFormat": "CycloneDX",
            "specVersion": "1.6",
            "serialNumber": f"urn:uuid:{uuid.uuid5(_NAMESPACE, evidence.seal + run.plan_digest)}",
            "version": 1,
            "metadata": metadata,
            "components": [_model(evidence, card)],
        }
    )


def _model(evidence: Evidence, card: Scorecard) -> dict[str, object]:
    run = evidence.run
    group, _, name = run.model.rpartition("/")
    component: dict[str, object] = {
        "type": "machine-learning-model",
        "bom-ref": "model",
        "name": well_formed(name, 300) or "unnamed",
        "version": well_formed(run.revision, 200),
        "modelCard": {
            "modelParameters": {"architectureFamily": one_line(run.family, 100)},
            "quantitativeAnalysis": {"performanceMetrics": [*_pass_rates(card), *_speeds(evidence)]},
        },
        "components": [
            {
                "type": "file",
                "bom-ref": f"file-{number}",
                "name": well_formed(path, 300),
                "hashes": [{"alg": "SHA-256", "content": digest}],
            }
            for number, (path, digest) in enumerate(sorted(run.files.items()), start=1)
        ],
        "properties": [{"name": f"apr-qa:{key}", "value": value} for key, value in _facts(evidence, card).items()],
    }
    return component | ({"group": well_formed(group, 300)} if group else {})


def _pass_rates(card: Scorecard) -> list[dict[str, object]]:
    metrics: list[dict[str, object]] = []
    if card.judged and card.lower_bound is not None:
        metrics.append(
            {
                "type": "claims corroborated",
                "value": f"{card.corroborated / card.judged:.4f}",
                "confidenceInterval": {"lowerBound": f"{card.lower_bound:.4f}", "upperBound": "1"},
            }
        )
    for category, score in card.categories.items():
        judged = score.corroborated + score.lost
        if judged:
            value = f"{score.corroborated / judged:.4f}"
            metrics.append({"type": "claims corroborated", "value": value, "slice": CATEGORIES[category][0]})
    return metrics


def _speeds(evidence: Evidence) -> list[dict[str, object]]:
    return [
        {
            "type": "tokens per second, median of passed answers",
            "value": f"{s.median:.1f}",
            "slice": f"{fmt}, {backend}",
        }
        for (fmt, backend), s in throughput(complete(evidence)).items()
    ]


def _facts(evidence: Evidence, card: Scorecard) -> dict[str, str]:
    return {
        "status": str(card.status),
        "tier": str(card.tier),
        "mqs": str(card.mqs),
        "grade": card.grade,
        "formula": card.formula,
        "reason": one_line(card.reason, 500),
        "evidence": evidence.seal,
    }


MLBOM = Report(name="mlbom", file_name="model.cdx.json", summary="CycloneDX ML-BOM entry", render=render)
