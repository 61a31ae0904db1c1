"""Engines that are wrong in one way each, as functions from scenario to observation."""

from __future__ import annotations

from gate_exhibits import Engine, healthy_text, observe

from apr_qa.vocab.axes import Backend, Modality
from apr_qa.vocab.observation import Ending, Failing, Observation
from apr_qa.vocab.scenario import Scenario


def healthy(scenario: Scenario) -> Observation:
    """Answer as a good model does."""
    return observe(scenario)


def saying(text: str) -> Engine:
    """Return an engine that says the same to everything."""
    return lambda scenario: observe(scenario, text)


def ending(how: Ending, failing: Failing | None = None, **changes: object) -> Engine:
    """Return an engine that never answers."""
    return lambda scenario: observe(scenario, ending=how, failing=failing, **changes)


def replying(**changes: object) -> Engine:
    """Return an engine that answers well, but for some fields of its replies."""
    return lambda scenario: observe(scenario, **changes)


def only(place: str, wrong: Engine) -> Engine:
    """Return an engine that is `wrong` where the scenario's id holds `place`, and good elsewhere."""
    return lambda scenario: wrong(scenario) if place in scenario.id else observe(scenario)


always_four = saying("4")
nonsense = saying("The window of the idea was green because tomorrow is a table.")
garbage = saying("HHHHHHHHHHHHHHHHHHHH")
silent = saying("")
banner = ending(Ending.FAILED, Failing.PROTOCOL)
crashing = ending(Ending.CRASHED, attempts=2, first_ending=Ending.CRASHED, signal=11)
hanging = ending(Ending.TIMEOUT, survived_kill=True)
unloadable = ending(Ending.FAILED, Failing.LOAD)
absent = ending(Ending.UNSTARTED)
refusing = ending(Ending.REFUSED)
endless = replying(finish_reason="length", completion_tokens=32)
uncounted = replying(completion_tokens=None, prompt_tokens=None)
on_cpu = replying(backend_ran="cpu")
unproven = replying(backend_ran=None)
slow = replying(tokens_per_s=0.5)
late = replying(elapsed_s=30.0)


def leaking(scenario: Scenario) -> Observation:
    """Show the end-of-turn token."""
    return observe(scenario, healthy_text(scenario) + "<|im_end|>")


def cut_at_exclamation(scenario: Scenario) -> Observation:
    """Take `!` for the end, as an engine does that ends at token 0; the reference engine does not."""
    return observe(scenario) if scenario.engine else observe(scenario, healthy_text(scenario).split("!")[0])


def fickle(scenario: Scenario) -> Observation:
    """Say something else each time."""
    return observe(scenario, f"{healthy_text(scenario)} That is answer {scenario.repeat}{scenario.cold}.")


def glyphs(scenario: Scenario) -> Observation:
    """Show bytes as the glyphs of byte-level BPE."""
    return observe(scenario, "ä½łå¥½")


def silent_server(scenario: Scenario) -> Observation:
    """Answer everything but HTTP."""
    wrong = ending(Ending.FAILED, Failing.LOAD)
    return wrong(scenario) if scenario.cell.modality is Modality.SERVE else observe(scenario)


def other_on(modality: Modality) -> Engine:
    """Return an engine that answers differently when asked by `modality`."""
    return lambda s: observe(s, "Something else.") if s.cell.modality is modality else observe(s)


def gpu_falls_back(scenario: Scenario) -> Observation:
    """Compute on the cpu whatever was asked for."""
    return observe(scenario, backend_ran=str(Backend.CPU))
