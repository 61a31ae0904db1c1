"""Many questions through one serve session: memory, descriptors and threads of us and of the engine, as it goes."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

import psutil

from apr_qa.run.observe import observe
from apr_qa.vocab.artefacts import ModelFiles
from apr_qa.vocab.axes import Format
from apr_qa.vocab.engines import Equipped
from apr_qa.vocab.observation import Ending
from apr_qa.vocab.scenario import Scenario

CLIENTS = 32
_EVERY = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Soaked:
    """What one session came to."""

    answered: int
    sessions: int
    took_s: float
    samples: Sequence[dict[str, float]]
    """Each: MB and counts by name, taken every few answers."""

    def quarters(self, name: str) -> tuple[float, float]:
        """Return the mean over the first and the last quarter."""
        values = [sample[name] for sample in self.samples]
        share = max(len(values) // 4, 1)
        return mean(values[:share]), mean(values[-share:])


def soak(scenarios: Sequence[Scenario], form: Format, equipped: Equipped, files: ModelFiles) -> Soaked:
    """Ask all in the modality that they name, up to `CLIENTS` at once."""
    answered, sessions, samples = 0, set(), []
    others = {process.pid for process in psutil.Process().children(recursive=True)}
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch:
        observations = observe(
            scenarios,
            equipment={"": {form: equipped}},
            files=files,
            scratch=Path(scratch),
            workers=CLIENTS,
            units=lambda scenario: scenario.id,
            started=lambda _scenario: None,
        )
        with closing(observations):
            for number, seen in enumerate(observations, start=1):
                answered += seen.reply.ending is Ending.ANSWERED
                sessions.add(seen.session)
                if number % _EVERY == 0 and (sample := _sample(others)):
                    samples.append(sample)
    return Soaked(answered=answered, sessions=len(sessions), took_s=time.monotonic() - began, samples=samples)


def allowance(name: str) -> int:
    """How much more of something is no growth: a connection and a thread a client, opened when they are needed."""
    return 0 if "memory" in name else CLIENTS


def _sample(others: set[int]) -> dict[str, float] | None:
    """Look at us, and at the largest process below that is none of `others`: the engine. None when it is gone."""
    ours = psutil.Process()
    with suppress(psutil.Error, ValueError):
        started = [process for process in ours.children(recursive=True) if process.pid not in others]
        engine = max(started, key=lambda process: process.memory_info().rss)
        kinds: dict[str, Callable[[psutil.Process], float]] = {
            "memory, MB": lambda process: process.memory_info().rss / 1e6,
            "descriptors": lambda process: process.num_fds(),
            "threads": lambda process: process.num_threads(),
        }
        return {
            f"{who} {name}": of(p) for who, p in (("our", ours), ("engine's", engine)) for name, of in kinds.items()
        }
    return None
