"""F-CONV-CONFIG-001, -TOK-001, -TEMPLATE-001: what the engine's conversions do to all that is not a tensor."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from apr_qa.gates import _agreeing, _conversions, _judging, _model_files
from apr_qa.gates._agreeing import Side
from apr_qa.vocab.axes import Category
from apr_qa.vocab.gates import Exhibits, Gate, GateSpec
from apr_qa.vocab.plan import Claim
from apr_qa.vocab.verdict import Verdict

_SHOWN = 20
Apart = Callable[[Side, Side], Iterator[str]]


def _judge_by(apart: Apart, same: str) -> Callable[[Claim, Exhibits], Verdict]:
    def judge(claim: Claim, exhibits: Exhibits) -> Verdict:
        """A step that made nothing is another gate's matter, as long as one step made something."""
        found = list(_conversions.ends(claim, exhibits))
        ends = [item for item in found if isinstance(item, _conversions.End)]
        if not ends:
            stuck = next(item for item in found if isinstance(item, Verdict))
            return stuck if _conversions.is_open(stuck) else _judging.skipped(f"nothing was made: {stuck.reason}")
        return _conversions.beside_truth(ends, exhibits, lambda those, truth: _compare(those, truth, apart, same))

    return judge


def _compare(ends: Sequence[_conversions.End], truth: Side, apart: Apart, same: str) -> Verdict:
    faults: list[str] = []
    pairs = []
    wrong_before: list[str] = []
    for end in ends:
        way = f"{end.route[0]} to {end.route[-1]}"
        found, own = _faults(apart, truth, end), _conversions.source_of(end)
        if found and own and (before := _faults(apart, truth, own)):
            wrong_before += before
            continue
        pairs.append(way)
        faults += [f"{way}: {fault}" for fault in found]
    if not pairs:
        return _judging.skipped(f"what was converted is wrong before: {wrong_before[0]}")
    if faults:
        more = f"; {len(faults) - 1} more" if len(faults) > 1 else ""
        return _judging.fell(faults[0] + more, faults=faults[:_SHOWN], count=len(faults))
    return _judging.held(f"{same} after {', '.join(pairs)}", steps=pairs)


def _faults(apart: Apart, truth: Side, end: _conversions.End) -> list[str]:
    try:
        return list(apart(truth, end.side))
    except _model_files.BadFileError as error:
        return [str(error)]


def _gate(name: str, claim: str, apart: Apart, same: str, remedy: str) -> Gate:
    return Gate(
        spec=GateSpec(
            id=f"F-CONV-{name}-001",
            claim=claim,
            category=Category.COMP,
            tiers=_conversions.STEPS_AT,
            remedy=remedy,
        ),
        draw=_conversions.draw_for(*_conversions.PAIRS, every=False, speaks=name == "CONFIG"),
        judge=_judge_by(apart, same),
    )


GATES = (
    _gate(
        "CONFIG",
        "No conversion by the engine changes a number that the model declares, such as rope base or norm epsilon.",
        _agreeing.numbers_apart,
        "the declared numbers are as before",
        "The converter has put a default in place of the number: report it; a file made so answers wrongly.",
    ),
    _gate(
        "TOK",
        "Every conversion by the engine carries the tokens and merges of the model along, unchanged.",
        _agreeing.tokens_apart,
        "tokens and merges are as before",
        "Without its tokenizer a file cannot be used: report it, or copy the tokenizer files beside what was made.",
    ),
    _gate(
        "TEMPLATE",
        "Every conversion by the engine carries the chat template of the model along, unchanged.",
        _agreeing.template_lost,
        "the chat template is as before",
        "Without its template a chat model is asked in a form that it was not trained on: report it, or add it again.",
    ),
)
