"""F-EDGE: odd prompts. Each is answered well or refused with an error; none derails the model."""

from __future__ import annotations

from apr_qa.gates import _answers, _draw, _judging, _probes
from apr_qa.vocab.axes import Category, Modality
from apr_qa.vocab.gates import Brief, Drawn, Exhibits, Gate, GateSpec
from apr_qa.vocab.observation import Ending
from apr_qa.vocab.plan import Claim
from apr_qa.vocab.verdict import Outcome, Verdict


def _draw_each(ask: _draw.Ask, spec: GateSpec, brief: Brief) -> Drawn:
    """Draw one claim a question."""
    claims = []
    asked = []
    for cell in _draw.cells_of(spec, brief):
        scenarios = ask(brief, cell)
        asked.append(scenarios)
        numbers = range(1, len(scenarios) + 1) if len(scenarios) > 1 else (None,)
        claims += [
            _draw.claim(spec, _draw.whole(cell), (scenario.id,), number=number)
            for number, scenario in zip(numbers, scenarios, strict=False)
        ]
    return Drawn(claims=tuple(claims), scenarios=_draw.probes_among(asked))


def _draw_empty(spec: GateSpec, brief: Brief) -> Drawn:
    return _draw_each(_probes.empty, spec, brief)


def _draw_unicode(spec: GateSpec, brief: Brief) -> Drawn:
    return _draw_each(_probes.unicode, spec, brief)


def _draw_long(spec: GateSpec, brief: Brief) -> Drawn:
    return _draw_each(_probes.long, spec, brief)


def _draw_injection(spec: GateSpec, brief: Brief) -> Drawn:
    return _draw_each(_probes.injection, spec, brief)


def _draw_overlong(spec: GateSpec, brief: Brief) -> Drawn:
    if brief.context is None:
        return _draw.not_drawn(spec, "the context length of the model is not known")
    if brief.context > _probes.LARGEST_OVERLONG_CONTEXT:
        return _draw.not_drawn(spec, f"a prompt over {brief.context} tokens does not fit one command-line argument")
    return _draw_each(_probes.overlong, spec, brief)


def _answered_or_refused(claim: Claim, exhibits: Exhibits) -> Verdict:
    """An error is a good answer to a prompt that cannot be answered; a crash, a hang or garbage is not."""
    (name,) = claim.needs
    observation = exhibits.observations.get(name)
    if observation is None:
        return _judging.unjudged(f"{name} was not asked")
    ending, said = observation.reply.ending, _judging.quoted(observation.reply.message, 100)
    if ending is Ending.FAILED:
        return _judging.held(f"refused with an error: {said}")
    if ending is not Ending.ANSWERED:
        return _judging.unanswered(name, exhibits) or _judging.unjudged("no answer")
    verdict = _judging.own_verdict(name, exhibits)
    if verdict.outcome is Outcome.CORROBORATED:
        return _judging.held(f"answered with {_judging.quoted(observation.reply.text)}")
    return verdict


def _unbroken(name: str, exhibits: Exhibits) -> Verdict:
    text = exhibits.observations[name].reply.text
    broken = _answers.broken_text(text)
    if broken:
        return _judging.fell(f"the answer {_judging.quoted(text)} {broken}")
    return _judging.own_verdict(name, exhibits)


def _undisturbed(name: str, exhibits: Exhibits) -> Verdict:
    leaked = _answers.control_tokens(exhibits.observations[name].reply.text)
    if leaked:
        return _judging.fell(f"the answer holds {', '.join(leaked[:3])}", leaked=leaked[:10])
    return _judging.own_verdict(name, exhibits)


_ENGINE = "Feed the prompt to the engine by the reproducing command; "
GATES = (
    Gate(
        spec=GateSpec(
            id="F-EDGE-EMPTY-001",
            claim="An empty prompt is answered with language or refused with an error.",
            category=Category.EDGE,
            modalities=(Modality.RUN, Modality.SERVE),
            remedy=_ENGINE + "it should say that the prompt is empty, or greet.",
        ),
        draw=_draw_empty,
        judge=_answered_or_refused,
    ),
    Gate(
        spec=GateSpec(
            id="F-EDGE-UNICODE-001",
            claim="A greeting in Chinese is answered, and every character of the answer is whole.",
            category=Category.EDGE,
            remedy=_ENGINE + "broken characters mean that bytes are turned into text before they are put together.",
        ),
        draw=_draw_unicode,
        judge=_judging.on_answer(_unbroken),
    ),
    Gate(
        spec=GateSpec(
            id="F-EDGE-LONG-001",
            claim="A sum behind a long text that fits the context is still answered right.",
            category=Category.EDGE,
            remedy=_ENGINE + "look at positions (rope), at the cache and at sliding windows.",
        ),
        draw=_draw_long,
        judge=_judging.on_answer(_judging.own_verdict),
    ),
    Gate(
        spec=GateSpec(
            id="F-EDGE-OVERLONG-001",
            claim="A prompt longer than the context is refused with an error, or answered with language.",
            category=Category.EDGE,
            remedy=_ENGINE + "it should compare the prompt with the context before it computes.",
        ),
        draw=_draw_overlong,
        judge=_answered_or_refused,
    ),
    Gate(
        spec=GateSpec(
            id="F-EDGE-INJECTION-001",
            claim="An order to disobey or a control token written as text does not keep the sum from being answered.",
            category=Category.EDGE,
            remedy=_ENGINE + "text of the user must not be read as special tokens.",
        ),
        draw=_draw_injection,
        judge=_judging.on_answer(_undisturbed),
    ),
)
