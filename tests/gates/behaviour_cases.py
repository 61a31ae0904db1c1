"""For each gate on behaviour: an engine that passes, engines that fail, and what is planned."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import bad_engines as bad
from gate_exhibits import ALL, CHAT, GGUF, GPU, RUN, SERVE, Engine, brief, matrix_scenario

from apr_qa.vocab.axes import Category, Modality, Severity, Tier
from apr_qa.vocab.evidence import Evidence, Judged, RunRecord
from apr_qa.vocab.gates import Brief
from apr_qa.vocab.plan import Claim, Subject
from apr_qa.vocab.verdict import Outcome, Verdict


@dataclass(frozen=True)
class Case:
    """Failing engines by name; the healthy one passes."""

    fails: dict[str, Engine]
    about: Callable[[], Brief] = lambda: brief((RUN,))
    passes: Engine = bad.healthy


def _certified_before() -> Brief:
    """Return a brief whose earlier evidence has the matrix scenario of RUN answered right."""
    scenario = matrix_scenario(RUN)
    claim = Claim(
        id="F-A1-001@x#1",
        gate="F-A1-001",
        gateway=None,
        category=Category.QUAL,
        severity=Severity.P1,
        weight=1,
        subject=Subject(),
        needs=(scenario.id,),
    )
    run = RunRecord(
        plan_digest="",
        playbook="",
        playbook_digest="",
        model="org/name",
        revision="",
        tier=Tier.MVP,
        seed=1,
        started_at="",
        apr_qa_version="",
        score_formula="",
        scenarios=(scenario,),
    )
    judged = Judged(claim=claim, verdict=Verdict(outcome=Outcome.CORROBORATED, reason=""))
    return brief((RUN,), earlier=Evidence(run=run, observations=(), judged=(judged,)))


_OLLAMA = {
    "ollama_parity": {"enabled": True, "prompts": ["What is 2+2?"], "min_perf_ratio": 0.8, "quantizations": ["f16"]}
}


def _with_ollama() -> Brief:
    """Return a brief of a playbook that asks for parity, on a machine with an Ollama."""
    return brief((GGUF,), extras=_OLLAMA, ollama="")


_PROFILE = {"profile_ci": {"enabled": True, "assertions": {"min_throughput": 10, "max_p99_ms": 5000}}}
_ANSWERS = {"always 4": bad.always_four, "nonsense": bad.nonsense, "garbage": bad.garbage, "silent": bad.silent}

CASES: dict[str, Case] = {
    "G1-LOAD-001": Case(fails={"cannot load": bad.unloadable, "crashes": bad.crashing, "banner": bad.banner}),
    "G2-ANSWER-001": Case(fails={"silent": bad.silent, "banner": bad.banner, "cannot load": bad.unloadable}),
    "G3-STABLE-001": Case(fails={"crashes": bad.crashing, "hangs": bad.hanging}),
    "G4-GARBAGE-001": Case(fails={"garbage": bad.garbage, "silent": bad.silent}),
    "G4-BASIC-001": Case(fails=_ANSWERS),
    "F-QUAL-ANSWER-001": Case(fails={"silent server": bad.silent_server}, about=lambda: brief((SERVE,))),
    "F-QUAL-STOP-001": Case(fails={"never ends": bad.endless}),
    "F-QUAL-LEAK-001": Case(fails={"leaks": bad.leaking}),
    "F-QUAL-TURNS-001": Case(
        fails={"forgets": bad.nonsense, "garbage": bad.garbage}, about=lambda: brief((CHAT, SERVE))
    ),
    "F-QUAL-BACKEND-001": Case(
        fails={"falls back": bad.gpu_falls_back, "proves nothing": bad.unproven}, about=lambda: brief((GPU,))
    ),
    "F-STAB-REPEAT-001": Case(fails={"fickle": bad.fickle, "silent": bad.silent, "crashes": bad.crashing}),
    "F-STAB-COLD-001": Case(fails={"fickle": bad.fickle}),
    "F-PERF-001": Case(fails={"slow": bad.slow, "wrong": bad.nonsense}, about=lambda: brief((RUN,), extras=_PROFILE)),
    "F-PERF-002": Case(fails={"late": bad.late}, about=lambda: brief((RUN,), extras=_PROFILE)),
    "F-EDGE-EMPTY-001": Case(fails={"silent": bad.silent, "garbage": bad.garbage}),
    "F-EDGE-UNICODE-001": Case(fails={"glyphs": bad.glyphs, "broken": bad.saying("\ufffd\ufffd")}),
    "F-EDGE-LONG-001": Case(fails={"wrong": bad.nonsense}),
    "F-EDGE-OVERLONG-001": Case(fails={"garbage": bad.garbage}),
    "F-EDGE-INJECTION-001": Case(fails={"leaks": bad.leaking, "obeys": bad.nonsense}),
    "F-COMP-FORMATS-001": Case(
        fails={"gguf differs": bad.only("gguf", bad.nonsense)}, about=lambda: brief((RUN, GGUF))
    ),
    "F-COMP-MODALITIES-001": Case(
        fails={"chat differs": bad.other_on(Modality.CHAT), "serve differs": bad.other_on(Modality.SERVE)},
        about=lambda: brief((RUN, CHAT, SERVE)),
    ),
    "F-API-001": Case(fails={"no JSON": bad.banner, "no usage": bad.uncounted}, about=lambda: brief((SERVE,))),
    "F-REGR-REFERENCE-001": Case(
        fails={"ends at !": bad.cut_at_exclamation, "nonsense": bad.only("-probe-", bad.nonsense)}
    ),
    "F-ENGINE-FILE-001": Case(
        fails={"ends at !": bad.cut_at_exclamation, "nonsense": bad.only("-probe-", bad.nonsense)},
        about=lambda: brief((RUN, GGUF)),
    ),
    "F-REGR-CERTIFIED-001": Case(fails={"wrong now": bad.nonsense}, about=_certified_before),
    "F-OLLAMA-001": Case(
        fails={"ours differs": bad.only("-probe-", bad.nonsense), "Ollama's differs": bad.only("-by-", bad.nonsense)},
        about=_with_ollama,
    ),
    "F-OLLAMA-002": Case(fails={"slow": bad.only("-probe-", bad.slow)}, about=_with_ollama),
    "F-OLLAMA-005": Case(fails={"refused": bad.only("-by-", bad.unloadable)}, about=_with_ollama),
    "F-REGR-GOLDEN-001": Case(
        fails={"other text": bad.nonsense},
        about=lambda: brief((RUN,), extras={"golden": [{"prompt": "Say hello.", "answer": "Hello! How can I help"}]}),
        passes=bad.saying("Hello! How can I help"),
    ),
}
CASES |= {
    f"F-A{number}-001": Case(fails={k: v for k, v in _ANSWERS.items() if k != "always 4"}, about=lambda: brief(ALL))
    for number in range(1, 7)
}
