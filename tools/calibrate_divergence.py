"""Measures clean conversions of the tiny models and writes the limits: ``python tools/calibrate_divergence.py``.

Every seed is another ground truth (the trained weights, each changed by about a hundredth of itself). The limit of a
type is twice the worst of its seeds. `general` and `exact` of the file are kept as they are.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

from apr_qa.truth.envelopes import envelope_for
from apr_qa.truth.figures import Figures
from apr_qa.truth.measure import measure, truth_of
from clean_conversions import perturbed, to_apr, to_gguf

ROOT = Path(__file__).resolve().parents[1]
FILE = ROOT / "src" / "apr_qa" / "truth" / "envelopes.json"
GGUF = ("f16", "q8_0", "q6_k", "q5_k", "q4_k", "q4_0")
"""Rows of tiny-llama do not fill the blocks of 256 of K-types, so they are stored in what llama.cpp takes then."""
APR = ("apr_q8", "apr_q4")
MARGIN = 2.0
FLOOR = 1e-9


def main() -> None:
    """Calibrates both families and writes the file, or shows what other seeds give."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--check", action="store_true", help="count alarms on these seeds instead of writing")
    args = parser.parse_args()
    table = json.loads(FILE.read_text(encoding="utf-8"))
    seeds = range(args.first_seed, args.first_seed + args.seeds)
    for family in table["families"]:
        measured = _measured(family["name"], seeds)
        for dtype, seen in measured.items():
            alarms = _alarms(family, dtype, seen) if args.check else "-"
            print(family["name"], dtype, f"alarms {alarms}", *(f"{f.kld_mean:.3g}" for f in seen))
        family["dtypes"] = {dtype: _limits(seen) for dtype, seen in measured.items()}
        family["source"] = (
            f"twice the worst of {len(seeds)} clean conversions of {family['name']}, packed by llama.cpp's quantiser"
            " (APR's types by nearest rounding)"
        )
    if not args.check:
        FILE.write_text(json.dumps(table, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _alarms(family: dict[str, str], dtype: str, seen: list[Figures]) -> int:
    """Counts the clean conversions that leave the limits of the file."""
    limits = envelope_for(dtype, truth_dtype="bf16", model_type=family["model_type"], parameters=1)
    assert limits is not None
    return sum(bool(limits.faults(figures)) for figures in seen)


def _measured(name: str, seeds: range) -> dict[str, list[Figures]]:
    model = ROOT / "models" / name
    found: dict[str, list[Figures]] = {}
    for seed in seeds:
        with tempfile.TemporaryDirectory() as scratch:
            folder = perturbed(model / "safetensors", Path(scratch) / "truth", seed)
            truth = truth_of(folder / "model.safetensors")
            for dtype in (*GGUF, *APR):
                if dtype in APR:
                    file = to_apr(folder, model / "apr" / "model.apr", Path(scratch) / f"{dtype}.apr", dtype)
                else:
                    like = model / "gguf" / "model-f16.gguf"
                    file = to_gguf(folder, like, Path(scratch) / f"{dtype}.gguf", dtype)
                found.setdefault(dtype, []).append(measure(truth, file))
    return found


def _limits(seen: list[Figures]) -> dict[str, float]:
    kld, p99 = max(f.kld_mean for f in seen), max(f.kld_p99 for f in seen)
    limits = {
        "kld_mean": max(FLOOR, MARGIN * kld),
        "top1": 1 - max(MARGIN * (1 - min(f.top1 for f in seen)), 0.001),
        "kld_p99": max(10 * FLOOR, MARGIN * p99),
    }
    tails = [f.tail for f in seen if f.tail is not None]
    if tails:
        limits["tail"] = MARGIN * max(tails)
    laws = [f.root_law for f in seen if f.root_law is not None]
    if laws:
        limits["root_law"] = min(laws) / MARGIN
    return {key: float(f"{value:.4g}") for key, value in limits.items()}


if __name__ == "__main__":
    main()
