"""F-QUAL-PROMPT: the engine reads a question as the tokens that the model's tokenizer makes of it.

The text of an answer rarely tells: a model that was given other tokens still answers something. The count does.
"""

from __future__ import annotations

from apr_qa.gates import _draw, _judging, _probes
from apr_qa.truth.measure import CannotMeasureError
from apr_qa.truth.prompting import prompt_lengths
from apr_qa.vocab.axes import Category, Cell
from apr_qa.vocab.gates import Brief, Drawn, Exhibits, Gate, GateSpec
from apr_qa.vocab.plan import Claim
from apr_qa.vocab.scenario import Scenario
from apr_qa.vocab.verdict import Verdict

_MARGIN = 1
"""A token more or less on every prompt is a beginning-of-text token, which engines put or leave out by habit."""


def _questions(brief: Brief, cell: Cell) -> tuple[Scenario, ...]:
    single = [*_probes.basic(brief, cell), *_probes.unicode(brief, cell), *_probes.matrix(brief, cell)]
    return tuple(scenario for scenario in single if len(scenario.messages) == 1)


def _draw_claims(spec: GateSpec, brief: Brief) -> Drawn:
    if not brief.has_template:
        return _draw.not_drawn(spec, "the model has no chat template, so nobody can say what its prompt should be")
    return _draw.grouped(spec, brief, _questions)


def _judge(claim: Claim, exhibits: Exhibits) -> Verdict:
    answers = _judging.answered(claim, exhibits)
    if not answers:
        return _judging.nothing_answered(claim, exhibits)
    told = {name: seen.reply.prompt_tokens for name, seen in answers.items() if seen.reply.prompt_tokens is not None}
    if not told:
        return _judging.skipped("the engine does not say how many tokens it read")
    artefact = exhibits.files.artefacts.get(claim.subject.format) if exhibits.files and claim.subject.format else None
    if artefact is None:
        return _judging.unjudged("the model's files are not at hand")
    try:
        wanted = dict(
            zip(told, prompt_lengths(artefact.path, [exhibits.scenarios[n].prompt for n in told]), strict=True)
        )
    except CannotMeasureError as error:
        return _judging.unjudged(str(error))
    return _compared(told, wanted, exhibits)


def _compared(told: dict[str, int], wanted: dict[str, int], exhibits: Exhibits) -> Verdict:
    excess = {name: count - wanted[name] for name, count in told.items()}
    shared = min(excess.values(), key=lambda e: (abs(e), e))
    shared = shared if abs(shared) <= _MARGIN else 0
    wrong = [name for name, by in excess.items() if by != shared]
    if not wrong:
        note = f", {shared:+d} on every prompt" if shared else ""
        return _judging.held(
            f"{len(told)} prompts have as many tokens as the tokenizer makes of them{note}", n=len(told)
        )
    first = max(wrong, key=lambda name: abs(excess[name]))
    return _judging.fell(
        f"{len(wrong)} of {len(told)} prompts are read as other tokens: {_judging.prompt_of(first, exhibits)} has "
        f"{wanted[first]} by the model's tokenizer and {told[first]} by the engine",
        scenario=first,
        culprit="engine",
        wrong=len(wrong),
        n=len(told),
    )


GATE = Gate(
    spec=GateSpec(
        id="F-QUAL-PROMPT-001",
        claim="The engine reads a question as many tokens as the model's own tokenizer and template make of it.",
        category=Category.QUAL,
        weight=2.0,
        reads_files=True,
        remedy="Compare the engine's prompt tokens with those of tokenizer.json: merges or the split rule are ignored.",
    ),
    draw=_draw_claims,
    judge=_judge,
)
