"""JUnit: every claim as a test case, one suite for each format; valid XML 1.0 whatever a model printed."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from apr_qa.reports._complete import complete
from apr_qa.reports._display import one_line, visible
from apr_qa.reports._words import FORMATS, subject_words
from apr_qa.vocab.evidence import Evidence, Judged
from apr_qa.vocab.lookup import ByName
from apr_qa.vocab.observation import Observation
from apr_qa.vocab.plugs import Report
from apr_qa.vocab.score import Scorecard
from apr_qa.vocab.verdict import Outcome

_TAGS = {
    Outcome.FALSIFIED: "failure",
    Outcome.TIMEOUT: "error",
    Outcome.CRASHED: "error",
    Outcome.UNJUDGED: "error",
    Outcome.SKIPPED: "skipped",
}
"""Element by outcome. Unjudged is an error: it must turn a pipeline red, and nobody may take it for the model's."""
_COUNTS = {"failures": "failure", "errors": "error", "skipped": "skipped"}
_TEXT = 2000


def render(evidence: Evidence, card: Scorecard) -> Iterator[str]:
    """Yield the XML document in pieces, so that a million claims are never held at once."""
    evidence = complete(evidence)
    suites: defaultdict[str, _Suite] = defaultdict(_Suite)
    for place, judged in enumerate(evidence.judged):
        fmt = judged.claim.subject.format
        suites[FORMATS[fmt] if fmt else "model"].add(judged, place)
    whole = sum((suite.tags for suite in suites.values()), Counter[str]())
    root = ET.Element("testsuites", {"name": one_line(evidence.run.model, 200)} | _totals(whole))
    seen = ByName(evidence.observations, _scenario)
    names: Counter[str] = Counter()
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    if not suites:
        yield ET.tostring(root, encoding="unicode") + "\n"
        return
    yield _opened(root, 0)
    for name, members in sorted(suites.items()):
        suite = ET.Element("testsuite", {"name": name} | _totals(members.tags))
        if evidence.run.started_at:
            suite.set("timestamp", one_line(evidence.run.started_at, 60))
        yield _opened(suite, 1)
        yield _whole(_properties(evidence, card), 2)
        for place in members.places:
            yield _whole(_case(evidence.judged[place], seen, names), 2)
        yield "  </testsuite>\n"
    yield "</testsuites>\n"


@dataclass(slots=True)
class _Suite:
    """Where the claims of one suite lie, and how many came to what."""

    places: array[int] = field(default_factory=lambda: array("L"))
    tags: Counter[str] = field(default_factory=Counter)

    def add(self, judged: Judged, place: int) -> None:
        self.places.append(place)
        self.tags[_TAGS.get(judged.verdict.outcome, "")] += 1


def _opened(element: ET.Element, level: int) -> str:
    """The start of an element whose children follow."""
    return "  " * level + ET.tostring(element, encoding="unicode").removesuffix(" />") + ">\n"


def _whole(element: ET.Element, level: int) -> str:
    ET.indent(element, level=level)
    return "  " * level + ET.tostring(element, encoding="unicode") + "\n"


def _scenario(seen: Observation) -> str:
    return seen.scenario


def _totals(tags: Counter[str]) -> dict[str, str]:
    return {"tests": str(tags.total())} | {name: str(tags[tag]) for name, tag in _COUNTS.items()}


def _properties(evidence: Evidence, card: Scorecard) -> ET.Element:
    facts = {
        "apr-qa.status": str(card.status),
        "apr-qa.tier": str(card.tier),
        "apr-qa.mqs": str(card.mqs),
        "apr-qa.grade": card.grade,
        "apr-qa.formula": card.formula,
        "apr-qa.lower_bound": "" if card.lower_bound is None else f"{card.lower_bound:.4f}",
        "apr-qa.evidence": evidence.seal,
        "apr-qa.revision": evidence.run.revision,
    } | {f"apr-qa.{gateway}": str(state) for gateway, state in card.gateways.items()}
    properties = ET.Element("properties")
    for name, value in facts.items():
        ET.SubElement(properties, "property", name=name, value=one_line(value, 200))
    return properties


def _case(judged: Judged, seen: Mapping[str, Observation], names: Counter[str]) -> ET.Element:
    claim, verdict = judged.claim, judged.verdict
    observation = seen.get(claim.needs[0]) if len(claim.needs) == 1 else None
    case = ET.Element("testcase", name=_unique(one_line(claim.id, 300), names), classname=_class(judged))
    if observation:
        case.set("time", f"{max(observation.elapsed_s, 0.0):.3f}")
    tag = _TAGS.get(verdict.outcome)
    if not tag:
        return case
    child = ET.SubElement(case, tag, message=one_line(verdict.reason, 400))
    if tag != "skipped":
        child.set("type", str(verdict.outcome))
        child.text = visible(verdict.reason, _TEXT, "\n")
    if observation:
        _streams(case, observation)
    return case


def _streams(case: ET.Element, observation: Observation) -> None:
    answer = observation.reply.text
    lines = [f"answer: {one_line(answer, _TEXT)}"] if answer is not None else []
    if observation.reproduce:
        lines.append(f"reproduce: {one_line(observation.reproduce, _TEXT)}")
    for name, text in (("system-out", "\n".join(lines)), ("system-err", one_line(observation.stderr_tail, _TEXT))):
        if text:
            ET.SubElement(case, name).text = text


def _class(judged: Judged) -> str:
    return f"{judged.claim.category}.{subject_words(judged.claim.subject).replace(', ', '.')}"


def _unique(name: str, names: Counter[str]) -> str:
    """Claim ids are unique, but two may look alike once they are capped and made visible."""
    names[name] += 1
    return name if names[name] == 1 else f"{name} ({names[name]})"


JUNIT = Report(name="junit", file_name="junit.xml", summary="every claim as a test case", render=render)
