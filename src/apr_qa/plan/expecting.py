"""Choosing the oracle of each prompt, once for each prompt."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from apr_qa.errors import InputError
from apr_qa.oracles import expectation
from apr_qa.vocab.gates import Oracle
from apr_qa.vocab.playbook import Playbook
from apr_qa.vocab.scenario import OracleSpec

USUAL = ("arithmetic", "code_syntax", "response")
"""Tried in this order, the strictest first."""
GARBAGE = "garbage"


@dataclass(frozen=True, slots=True, kw_only=True)
class Expecting:
    """Finds what to expect of the answer to a prompt.

    As the playbook says of the prompt; else by an oracle that it configures besides the usual ones; else by the first
    usual one that knows this kind of prompt; else only that it is no garbage.
    """

    playbook: Playbook
    room: Sequence[Oracle]
    found: dict[str, OracleSpec] = field(default_factory=dict)

    def of(self, prompt: str) -> OracleSpec:
        """Return the oracle of `prompt` with its expectation.

        Raises InputError for an oracle that is unknown, that is misconfigured, or that cannot judge this prompt.
        """
        if prompt not in self.found:
            try:
                self.found[prompt] = self._with_garbage_settings(self._choose(prompt))
            except InputError as error:
                where = error.where or self.playbook.source
                raise InputError(error.problem, where=where, remedy=error.remedy) from None
        return self.found[prompt]

    def _choose(self, prompt: str) -> OracleSpec:
        detail = self.playbook.matrix.details.get(prompt)
        if detail and detail.oracle:
            return self._given(detail.oracle, prompt)
        expected = (expectation(spec, prompt, self.room) for spec in self._candidates())
        return next((spec for spec in expected if spec), OracleSpec(name=GARBAGE))

    def _given(self, given: OracleSpec, prompt: str) -> OracleSpec:
        configured = {spec.name: spec.config for spec in self.playbook.oracles}
        spec = replace(given, config={**configured.get(given.name, {}), **given.config})
        chosen = expectation(spec, prompt, self.room)
        if chosen is None:
            raise InputError(f"the oracle {given.name} cannot judge answers to {prompt!r}")
        return chosen

    def _candidates(self) -> Iterator[OracleSpec]:
        configured = {spec.name: spec for spec in self.playbook.oracles}
        yield from (spec for name, spec in configured.items() if name not in (*USUAL, GARBAGE))
        here = {oracle.name for oracle in self.room}
        yield from (configured.get(name, OracleSpec(name=name)) for name in USUAL if name in here or name in configured)

    def _with_garbage_settings(self, spec: OracleSpec) -> OracleSpec:
        """Garbage is judged before every oracle; what the playbook says of it rides along."""
        settings: Any = next((o.config for o in self.playbook.oracles if o.name == GARBAGE), None)
        if not settings:
            return spec
        config = settings if spec.name == GARBAGE else {GARBAGE: settings}
        return replace(spec, config={**spec.config, **config})
