"""What the Ollama gates share: the questions that go to the engine on trial and to a real Ollama, on one GGUF file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from apr_qa.gates import _draw, _probes
from apr_qa.gates._comparing import Twins
from apr_qa.vocab.axes import Backend, Cell, Format, Modality
from apr_qa.vocab.gates import Brief, Drawn, GateSpec
from apr_qa.vocab.plan import NotRun, Subject
from apr_qa.vocab.scenario import Purpose, Scenario

ENGINE = "ollama"
WHERE = Cell(format=Format.GGUF, backend=Backend.CPU, modality=Modality.SERVE)
_IN_WORDS = ("List 3 colors", "Name three planets.")
IDS = ("F-OLLAMA-001", "F-OLLAMA-002", "F-OLLAMA-005")
Make = Callable[[GateSpec, Brief, Cell, Sequence[Twins], Mapping[str, Any]], Drawn]
"""(spec, brief, cell of the engine on trial, twins of ours and Ollama's, section) -> the claims, without scenarios."""


def draw_with(make: Make, *, speaks: bool = False) -> Callable[[GateSpec, Brief], Drawn]:
    """Return the `draw` of a gate whose claims `make` makes, where the playbook asks for parity with Ollama.

    `speaks`: the one gate that says for all of them what of the section has no effect.
    """

    def draw(spec: GateSpec, brief: Brief) -> Drawn:
        section = brief.playbook.extras.get("ollama_parity")
        if not isinstance(section, Mapping) or not section.get("enabled"):
            return Drawn()
        strangers = _draw.strangers(section, IDS, "ollama_parity") if speaks else ()
        if section.get("gates") and spec.id not in section["gates"]:
            return Drawn(not_run=strangers)
        cell = next((c for c in brief.cells if c.format is Format.GGUF and c.backend is Backend.CPU), None)
        reason = _why_not(section, brief, cell)
        if cell is None or reason:
            return Drawn(not_run=(NotRun(what=spec.id, reason=reason), *strangers))
        ours = tuple(_ours(brief, cell, section))
        theirs = tuple(_theirs(scenario) for scenario in ours)
        twins = [Twins(model=b.id, other=a.id) for a, b in zip(ours, theirs, strict=True)]
        drawn = make(spec, brief, cell, twins, section)
        return Drawn(
            claims=drawn.claims,
            scenarios=_draw.probes_among((ours, theirs)),
            not_run=(*strangers, *_left_out(section, brief)) if speaks else (),
        )

    return draw


def _why_not(section: Mapping[str, Any], brief: Brief, cell: Cell | None) -> str:
    if cell is None:
        return "no GGUF file is planned on the cpu, and Ollama reads nothing else"
    if section.get("temperature"):
        return f"temperature {section['temperature']:g}: only greedy answers of two engines can be compared"
    if not brief.has_template:
        return "the model has no chat template, and none is guessed"
    return brief.ollama


def _ours(brief: Brief, cell: Cell, section: Mapping[str, Any]) -> list[Scenario]:
    """The playbook's prompts, and some that are answered in words, long enough to measure speed."""
    prompts = dict.fromkeys((*section["prompts"], _probes.GREETING, _probes.FACT, *_IN_WORDS))
    return [_probes.ask(brief, cell, f"ollama-{number}", text) for number, text in enumerate(prompts, start=1)]


def _theirs(scenario: Scenario) -> Scenario:
    return Scenario(
        id=scenario.id.replace("-probe-", "-by-").replace(str(scenario.cell), str(WHERE), 1),
        cell=WHERE,
        messages=scenario.messages,
        oracle=scenario.oracle,
        engine=ENGINE,
        purpose=Purpose.PROBE,
        max_tokens=scenario.max_tokens,
        seed=scenario.seed,
        timeout_s=scenario.timeout_s,
    )


def _left_out(section: Mapping[str, Any], brief: Brief) -> list[NotRun]:
    """What of the section has no effect: nothing is pulled, and one file is compared, the one under certification."""
    held = brief.files.artefacts[Format.GGUF].quantization or "not stated"
    tag = section.get("model_tag")
    pulled = [NotRun(what=f"ollama pull {tag}", reason="the GGUF file under certification is imported, none is pulled")]
    others = [wanted for wanted in section.get("quantizations") or () if wanted.lower() != held.lower()]
    reason = f"parity is tried with the GGUF file under certification ({held})"
    return [*(pulled if tag else ()), *(NotRun(what=f"ollama parity of {wanted}", reason=reason) for wanted in others)]


def subject(cell: Cell) -> Subject:
    """Return the subject of a claim about the engine on trial in `cell`."""
    return _draw.whole(cell)
