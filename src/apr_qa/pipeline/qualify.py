"""The judge is judged: seeded faults and healthy conversions through the real pipeline."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

from apr_qa import __version__
from apr_qa.files import plain_data, write_text
from apr_qa.pipeline._qualify_cases import DTYPES, ROOM, Case, cases, healthy_copy
from apr_qa.pipeline._qualify_matrix import Matrix, Row, alarms, proved, row_of, summary
from apr_qa.pipeline._qualify_page import page
from apr_qa.pipeline._qualify_trial import Depth, Finding, try_case, try_healthy
from apr_qa.pipeline.results import as_json
from apr_qa.rooms import furnish
from apr_qa.vocab.axes import Tier
from apr_qa.vocab.mutators import Mutator, Place, UnwritableError

CLEAN = ("retrained", "retrained-llama")
DEEPER = ("k-permuted", "rope-base-near", "merges-reversed", "template-no-opening", "engine-forgets")
"""One fault of each kind: the heavy tiers ask all that mvp asks (a test), so that five show what they add."""
_HEAVY = (Tier.STANDARD, Tier.DEEP)
MATRIX = "judge.json"
PAGE = "judge.md"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What to try."""

    tiers: tuple[Tier, ...] = (Tier.SMOKE, Tier.MVP, Tier.QUICK)
    models: tuple[str, ...] = ()
    """All when empty."""
    faults: tuple[str, ...] = ()
    places: tuple[Place, ...] = tuple(Place)
    dtypes: tuple[str, ...] = DTYPES
    depth: Depth = Depth.FOUND
    clean: int = 8
    """Healthy conversions certified in full at the tier mvp."""
    clean_files: int = 100
    """Healthy conversions judged by the gates of files alone."""
    deeper: tuple[str, ...] = ()
    """Faults certified in full at standard and deep as well, in one place each."""
    first_seed: int = 1
    """The healthy conversions have this seed and the next ones: limits are not calibrated on seeds reported here."""
    minutes: float = 60.0
    """When it is up, what is left is listed as not tried."""
    command: str = "apr-qa qualify"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What a watcher is told after each trial."""

    done: int
    total: int
    findings: tuple[Finding, ...]
    left_s: float


Watcher = Callable[[Step], None]


def qualify(ask: Ask, watch: Watcher = lambda _step: None) -> Matrix:
    """Try every fault and every healthy conversion that `ask` names. Raises InputError for an unknown fault."""
    began = time.monotonic()
    planted = _planted(ask)
    clock = _Clock(began, ask.minutes * 60, len(planted) + ask.clean + ask.clean_files + len(ask.deeper), watch)
    rows: list[Row] = []
    untried: list[str] = []
    unwritten: list[str] = []
    with tempfile.TemporaryDirectory(prefix="apr-qa-qualify-") as folder:
        scratch = Path(folder)
        for case in planted:
            if clock.is_up:
                untried.append(case.name)
                continue
            tiers = [tier for tier in ask.tiers if case.is_seen_by(tier)]
            findings = _tried(case, tiers, ask.depth, scratch)
            if findings is None:
                unwritten.append(case.name)
            else:
                rows.append(row_of(case, findings))
            clock.tick(findings or ())
        deeper = tuple(_deeper(clock, ask, scratch))
        second = ask.first_seed + ask.clean
        clean = list(_clean(clock, range(ask.first_seed, second), Depth.DETECTORS, scratch))
        others = range(second, second + ask.clean_files)
        clean_files = list(_clean(clock, others, Depth.FILES, scratch))
    return Matrix(
        rows=tuple(rows),
        proved=tuple(proved(rows, tier) for tier in ask.tiers),
        clean=tuple(clean),
        clean_files=tuple(clean_files),
        deeper=deeper,
        untried=tuple(untried),
        unwritten=tuple(unwritten),
        depth=ask.depth,
        command=ask.command,
        version=__version__,
        elapsed_s=round(time.monotonic() - began, 1),
    )


def write_matrix(
    matrix: Matrix, folder: Path, page_file: Path | None = None, summary_file: Path | None = None
) -> tuple[Path, ...]:
    """Write the matrix as JSON and as a page into `folder`; the page and the few figures for certificates where asked.

    Raises WorkspaceError.
    """
    pages = [folder / PAGE, *([page_file] if page_file else [])]
    write_text(folder / MATRIX, as_json(plain_data(matrix)) + "\n")
    for file in pages:
        write_text(file, page(matrix))
    if summary_file:
        write_text(summary_file, as_json(summary(matrix)) + "\n")
    return (folder / MATRIX, *pages, *([summary_file] if summary_file else []))


def faults() -> tuple[Mutator, ...]:
    """Return every fault of the room."""
    return furnish(ROOM, Mutator)


def _planted(ask: Ask) -> Sequence[Case]:
    """Faults by model, so that what was computed of a ground truth serves the next fault too."""
    found = [
        case
        for case in cases(ask.faults, ask.models, ask.dtypes)
        if case.mutator.name not in CLEAN and case.place in ask.places
    ]
    return sorted(found, key=lambda case: (case.mutator.model, case.place is Place.ENGINE, case.place is Place.TRUTH))


def _tried(case: Case, tiers: Sequence[Tier], depth: Depth, scratch: Path) -> tuple[Finding, ...] | None:
    """Return what was found; None when the changed values cannot be written in the file's own type."""
    try:
        return tuple(try_case(case, tiers, depth, scratch))
    except UnwritableError:
        return None


def _deeper(clock: _Clock, ask: Ask, scratch: Path) -> Iterator[Row]:
    """Certify at the heavy tiers, whole: gates of files and of answers alike."""
    planted = cases(ask.deeper, (), ask.dtypes) if ask.deeper else ()
    for case in {case.mutator.name: case for case in reversed(planted)}.values():
        if clock.is_up:
            return
        findings = tuple(try_case(case, _HEAVY, Depth.DETECTORS, scratch))
        yield row_of(case, findings)
        clock.tick(findings)


def _clean(clock: _Clock, seeds: Iterable[int], depth: Depth, scratch: Path) -> Iterator[Finding]:
    """Certify healthy conversions: other weights by seed, both models and both types in turn, converted anew."""
    room = {mutator.name: mutator for mutator in faults()}
    kinds = [(room[name], dtype) for dtype in ("q8_0", "f16") for name in CLEAN]
    for seed, (mutator, dtype) in zip(seeds, cycle(kinds), strict=False):
        if clock.is_up:
            return
        copy = healthy_copy(mutator.model, dtype, scratch)
        mutator.apply(copy, Place.TRUTH, seed)
        finding = try_healthy(copy, f"{mutator.model} {dtype}, seed {seed}", mutator.model, Tier.MVP, depth)
        clock.tick((finding,))
        yield finding


class _Clock:
    """Counts trials and says how long the rest takes."""

    def __init__(self, began: float, limit_s: float, total: int, watch: Watcher) -> None:
        self._began, self._limit_s, self._total, self._watch = began, limit_s, total, watch
        self._done = 0

    @property
    def is_up(self) -> bool:
        return time.monotonic() - self._began > self._limit_s

    def tick(self, findings: tuple[Finding, ...]) -> None:
        self._done += 1
        left_s = (time.monotonic() - self._began) / self._done * (self._total - self._done)
        self._watch(Step(done=self._done, total=self._total, findings=findings, left_s=left_s))


__all__ = ["Ask", "Depth", "Matrix", "Step", "alarms", "faults", "qualify", "write_matrix"]
