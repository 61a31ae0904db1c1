"""How far a stored tensor lies from what ground truth makes of it: one pass over both, some rows at a time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from apr_qa.contracts.envelopes import Envelope
from apr_qa.contracts.recipes import Recipe, Rows, Truth
from apr_qa.weights.decode import Floats
from apr_qa.weights.tiles import Tiles, matrix_shape, spans

Numbers = npt.NDArray[np.float64]
_FLOOR = 1e-3
"""A unit whose largest value is less than this share of the tensor's counts as that large: no error of nothing."""
_TINY = 1e-30
_HALF_STEP = 2.0**-25
"""Half the distance of two float16 numbers near zero: what the scale of a block of tiny values is off by at least."""
_LEVELS = 127
"""The largest whole number that a block's scale is multiplied with."""
_LONGEST_FOLDED = 256
_KEPT_LIMIT = 1 << 20
"""Bad units kept with their places; of more than these only the number is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The difference of one tensor. All errors are relative; infinite where a value is NaN or infinite."""

    residual: float
    """Root of the summed squared differences over that of the true values."""
    peak: float
    """Largest difference in any unit (32 or 256 columns of a row) over the largest true value of that unit."""
    peak_at: tuple[int, int]
    """Row and first column of that unit."""
    gain: float
    """Best single factor from true to stored values; 1 when nothing is scaled."""
    bad_rows: Rows
    """Rows with a unit beyond the envelope; a vector is one row."""
    bad_units: int
    nonfinite: int

    def fits(self, envelope: Envelope) -> bool:
        """Return whether all measures lie within what clean conversions to this type show."""
        return (
            self.nonfinite == 0
            and self.residual <= envelope.residual
            and self.peak <= envelope.peak
            and abs(self.gain - 1.0) <= envelope.gain
        )


class Pairing:
    """One stored tensor beside the ground truth, under any recipe."""

    def __init__(self, truth: Truth, other: Tiles, name: str) -> None:
        self.truth = truth
        self.other = other
        self.name = name
        info = other.weights.tensors[name]
        self.dtype = info.dtype
        self.shape = info.shape
        self.rows, self.columns = matrix_shape(info.shape)

    def compare(self, made: Recipe, envelope: Envelope) -> Comparison:
        """Return the comparison of the whole tensor with `made`, which has its shape."""
        tally = _Tally(self, envelope)
        with np.errstate(all="ignore"):
            for start, stop in spans(self.rows, self.columns):
                tally.add(start, self.truth.rows(made, start, stop), self.other.rows(self.name, start, stop))
        return tally.result()

    def sample(self, made: Recipe, rows: Rows) -> float:
        """Return the residual over some rows only."""
        true, stored = self.truth.chosen(made, rows), self.other.chosen(self.name, rows)
        return residual(true, stored)


def residual(true: Floats, stored: Floats) -> float:
    """Return the relative residual of two arrays; infinite when a value is not finite."""
    with np.errstate(all="ignore"):
        difference = (stored - true).reshape(-1).astype(np.float64)
        wide = true.reshape(-1).astype(np.float64)
        value = float(np.sqrt(np.dot(difference, difference) / max(float(np.dot(wide, wide)), _TINY)))
    return value if np.isfinite(value) else float("inf")


class _Tally:
    """Sums of a pass. Units that look bad are kept until the largest value of the tensor is known."""

    def __init__(self, pairing: Pairing, envelope: Envelope) -> None:
        self.envelope = envelope
        self.unit = envelope.unit or pairing.columns
        self.floor = _FLOOR if envelope.unit else 1.0
        self.step = _LEVELS * _HALF_STEP if envelope.unit else 0.0
        self.difference2 = self.true2 = self.cross = 0.0
        self.within, self.within_at = 0.0, (0, 0)
        self.largest = 0.0
        self.suspects: list[tuple[Rows, Rows, Floats, Floats]] = []
        self.kept = self.beyond_keeping = self.nonfinite = 0

    def add(self, start: int, true: Floats, stored: Floats) -> None:
        """Add the rows from `start` on."""
        difference = stored - true
        flat, wide = true.reshape(-1), difference.reshape(-1)
        squared = float(np.dot(wide, wide))
        if not np.isfinite(squared):
            broken = ~np.isfinite(difference)
            self.nonfinite += int(np.count_nonzero(broken))
            difference[broken] = np.abs(true[broken]) * 2 + 1
            stored = true + difference
        self.difference2 += squared
        self.true2 += float(np.dot(flat, flat))
        self.cross += float(np.dot(flat, stored.reshape(-1)))
        self._units(start, true, difference)

    def _units(self, start: int, true: Floats, difference: Floats) -> None:
        top = _unit_peaks(true, self.unit)
        error = np.maximum(_unit_peaks(difference, self.unit) - np.float32(self.step), 0)
        self.largest = max(self.largest, float(top.max(initial=0.0)))
        ratio = error / np.maximum(top, _TINY)
        rows, units = np.nonzero(ratio > self.envelope.peak)
        if len(rows) and self.kept < _KEPT_LIMIT:
            self.kept += len(rows)
            self.suspects.append((rows + start, units, error[rows, units], top[rows, units]))
        elif len(rows):
            self.beyond_keeping += len(rows)
        else:
            worst = int(ratio.argmax())
            row, unit = divmod(worst, ratio.shape[1])
            if float(ratio[row, unit]) > self.within:
                self.within, self.within_at = float(ratio[row, unit]), (start + row, unit * self.unit)

    def result(self) -> Comparison:
        """Return the comparison."""
        lost = self.nonfinite > 0
        rows, units, errors = self._judged()
        bad = errors > self.envelope.peak
        peak, at = self.within, self.within_at
        if len(errors) and float(errors.max()) > peak:
            worst = int(errors.argmax())
            peak, at = float(errors[worst]), (int(rows[worst]), int(units[worst]) * self.unit)
        return Comparison(
            residual=float("inf") if lost else float(np.sqrt(self.difference2 / max(self.true2, _TINY))),
            peak=float("inf") if lost else peak,
            peak_at=at,
            gain=1.0 if lost or self.true2 <= _TINY else self.cross / self.true2,
            bad_rows=np.unique(rows[bad]),
            bad_units=int(np.count_nonzero(bad)) + self.beyond_keeping,
            nonfinite=self.nonfinite,
        )

    def _judged(self) -> tuple[Rows, Rows, Floats]:
        """Return row, unit and error of the suspects, quiet units measured by the largest value of the tensor."""
        if not self.suspects:
            empty = np.empty(0, dtype=np.int64)
            return empty, empty, np.empty(0, dtype=np.float32)
        rows, units, errors, tops = (np.concatenate(part) for part in zip(*self.suspects, strict=True))
        floor = max(self.floor * self.largest, _TINY)
        return rows, units, errors / np.maximum(tops, floor)


def _unit_peaks(values: Floats, unit: int) -> Floats:
    """Return the largest magnitude of each run of `unit` columns: (rows, runs); the last run may be shorter."""
    magnitudes = np.abs(values)
    rows, columns = magnitudes.shape
    if unit <= _LONGEST_FOLDED and unit & (unit - 1) == 0 and columns % unit == 0:
        return _folded(magnitudes.reshape(-1), unit).reshape(rows, -1)
    full = columns // unit * unit
    peaks: Floats = magnitudes[:, :full].reshape(rows, -1, unit).max(axis=2)
    if full < columns:
        peaks = np.concatenate([peaks, magnitudes[:, full:].max(axis=1, keepdims=True)], axis=1)
    return peaks


def _folded(magnitudes: Floats, unit: int) -> Floats:
    """Return the largest of each run of `unit`, a power of two: halving is three times faster than reducing runs."""
    while unit > 1:
        magnitudes = np.maximum(magnitudes[0::2], magnitudes[1::2])
        unit //= 2
    return magnitudes
