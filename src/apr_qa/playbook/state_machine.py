"""The two forms in which playbooks write a state machine."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Discriminator, Field, Tag

from apr_qa.playbook.words import Label, Section, Truth


class Transition(Section):
    """Where an event leads."""

    event: Label
    target: Label
    action: Label | None = None
    guards: tuple[Label, ...] = ()


class State(Section):
    """What happens in a state, and where it leads."""

    on_enter: Label | tuple[Label, ...] | None = None
    on_exit: Label | tuple[Label, ...] | None = None
    transitions: tuple[Transition, ...] = ()


class StateGraph(Section):
    """States by name, each with its transitions."""

    initial: Label
    states: dict[Label, State]


class Step(Section):
    """A transition with both ends."""

    source: Label = Field(alias="from")
    to: Label
    action: Label | None = None


class StateList(Section):
    """Names of states, and the transitions between them."""

    enabled: Truth = False
    states: tuple[Label, ...] = ()
    transitions: tuple[Step, ...] = ()


def _form(value: Any) -> str:
    return "graph" if isinstance(value, dict) and isinstance(value.get("states"), dict) else "list"


StateMachine = Annotated[Annotated[StateGraph, Tag("graph")] | Annotated[StateList, Tag("list")], Discriminator(_form)]
