"""Measures how far `apr quantize` strays in the types that only it writes: ``tools/calibrate_apr_types.py [--write]``.

Tiny models whose matrices are drawn anew, with the distributions of `calibrate_envelopes.py`, and the shipped ones go
through the real program. The most that one set of seeds shows, times the same margins, becomes the envelope of `apr_q4`
and `apr_q8`; another set of seeds is held against it. What `apr` stores as K-types is held against the envelopes of
llama.cpp's quantiser, and only told.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from apr_qa.weights import open_weights
from calibrate_envelopes import FLOORS, MARGINS, ROOT, TARGET, Floats, bf16, matrices, measures
from clean_conversions import tensors_of, write_folder

SEEDS, HELD_OUT = range(12), range(1000, 1012)
SCHEMES = ("int4", "int8", "q4k")
UNITS = {"apr_q4": 32, "apr_q8": 0, "q4_k": 256, "q6_k": 256}
OWN = ("apr_q4", "apr_q8")
MODEL = ROOT / "models" / "tiny" / "safetensors"
Seen = dict[str, list[dict[str, float]]]
"""Measures by the type that was stored."""


def drawn(seed: int) -> dict[str, Floats]:
    """Returns the tensors of the tiny model with matrices drawn anew, made of runs of the same distributions."""
    supply = (values for number in range(seed * 100, (seed + 1) * 100) for values in matrices(number))
    found = {}
    for name, values in tensors_of(MODEL).items():
        if values.ndim == 2:
            values = _cut(supply, values.shape)
        found[name] = values
    return found


def _cut(supply: Iterator[Floats], shape: tuple[int, ...]) -> Floats:
    flat = [next(supply).reshape(-1)]
    while sum(part.size for part in flat) < shape[0] * shape[1]:
        flat.append(next(supply).reshape(-1))
    joined = np.concatenate(flat)
    return bf16(joined[: shape[0] * shape[1]].reshape(shape).copy())


def quantised(program: str, folder: Path, scheme: str) -> Seen:
    """Returns the measures of every matrix that `program` stores when it quantises the model in `folder`."""
    target = folder / f"{scheme}.apr"
    argv = [program, "quantize", str(folder / "model.safetensors"), "-s", scheme, "-o", str(target)]
    environment = {**os.environ, "HOME": str(folder), "APR_OFFLINE": "1", "NO_COLOR": "1"}
    subprocess.run(argv, check=True, capture_output=True, env=environment)
    seen: Seen = {}
    with open_weights(folder) as truth, open_weights(target) as made:
        for name, info in made.tensors.items():
            if info.dtype in UNITS and name in truth.tensors:
                one = measures(truth.read(name), made.read(name), UNITS[info.dtype])
                seen.setdefault(info.dtype, []).append(one)
    target.unlink()
    return seen


def measured(program: str, seeds: range, *, shipped: bool) -> Seen:
    """Returns the measures of all models of `seeds`, and of the shipped one."""
    seen: Seen = {}
    with tempfile.TemporaryDirectory() as scratch:
        models = [drawn(seed) for seed in seeds] + ([tensors_of(MODEL)] if shipped else [])
        for number, tensors in enumerate(models):
            folder = write_folder(MODEL, Path(scratch) / str(number), tensors)
            for scheme in SCHEMES:
                for dtype, found in quantised(program, folder, scheme).items():
                    seen.setdefault(dtype, []).extend(found)
            shutil.rmtree(folder)
    return seen


def main() -> None:
    """Measures, checks, prints, and writes when asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help=f"write {TARGET.relative_to(ROOT)}")
    parser.add_argument("--apr", default=shutil.which("apr") or str(Path.home() / ".local/apr/bin/apr"))
    arguments = parser.parse_args()
    document = json.loads(TARGET.read_text(encoding="utf-8"))
    seen = measured(arguments.apr, SEEDS, shipped=True)
    fresh = measured(arguments.apr, HELD_OUT, shipped=False)
    for dtype in sorted(seen):
        most = {key: max(one[key] for one in seen[dtype]) for key in MARGINS}
        if dtype in OWN:
            limits = {key: max(FLOORS[key], float(f"{MARGINS[key] * value:.3g}")) for key, value in most.items()}
            document["types"][dtype] = {"unit": UNITS[dtype]} | limits
        limits = document["types"][dtype]
        alarms = [(key, one[key]) for one in (*fresh[dtype], *seen[dtype]) for key in one if one[key] > limits[key]]
        most = {key: float(f"{value:.3g}") for key, value in most.items()}
        print(
            f"{dtype:6} most {most} in {len(seen[dtype])}; {len(alarms)} alarms in {len(fresh[dtype])} fresh; {limits}"
        )
        print(f"       {alarms[:5]}" if alarms else "", flush=True)
    version = subprocess.run([arguments.apr, "--version"], check=True, capture_output=True, text=True).stdout.strip()
    document["versions"]["apr"] = version
    document["provisional"] = "none: apr_q4 and apr_q8 were measured with `apr quantize` (tools/calibrate_apr_types.py)"
    if arguments.write:
        TARGET.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
