"""How fast a model's weights are looked at: ``python -m bench.scan [--gigabytes 1] [--rounds 3] [--work FOLDER]``.

Makes a BF16 SafeTensors file, then reads it in turns, so that noise disturbs all alike: `cat FILE > /dev/null`, a
plain SHA-256, the one pass with every statistic, the same with a BLAKE3 (where its wheel is installed) or a SHA-256
taken on the way; each cold (its pages dropped first) and warm. The last rows hold a small converted
matrix against ground truth, as a ratio to decoding it. Prints gigabytes of file a second of the clock and of processor
time, and the ratios; the peak memory is the resident one of the child that did the pass.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import resource
import struct
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from bench.figures import Figure

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from apr_qa.contracts.scan import Hasher

ROWS, COLUMNS = 16384, 4096
MATRIX_BYTES = ROWS * COLUMNS * 2
SHA = "import hashlib, sys; f = open(sys.argv[1], 'rb'); print(hashlib.file_digest(f, 'sha256').hexdigest()[:8])"
HASHES = ("blake3", "sha256") if find_spec("blake3") else ("sha256",)
MODES = ("cat", "sha256", "statistics", *(f"statistics and {name}" for name in HASHES))


def make(file: Path, gigabytes: float) -> None:
    """Writes a model of equal BF16 matrices, each with values of its own."""
    import numpy as np

    count = max(1, round(gigabytes * 1e9 / MATRIX_BYTES))
    ends = [i * MATRIX_BYTES for i in range(count + 1)]
    header = {
        f"layers.{i}.weight": {"dtype": "BF16", "shape": [ROWS, COLUMNS], "data_offsets": ends[i : i + 2]}
        for i in range(count)
    }
    text = json.dumps(header).encode()
    one = np.random.default_rng(0).standard_normal(ROWS * COLUMNS, dtype=np.float32) * 0.02
    halves = (one.view(np.uint32) >> 16).astype("<u2")
    with file.open("wb") as stream:
        stream.write(struct.pack("<Q", len(text)) + text)
        for i in range(count):
            stream.write(np.roll(halves, i * 4097).tobytes())
        stream.flush()
        os.fsync(stream.fileno())


def scan_all(file: Path, hash_name: str) -> None:
    """Takes the statistics of every tensor; run in a child program, so that its memory is its own."""
    from apr_qa.contracts.scan import scan
    from apr_qa.weights import open_weights
    from apr_qa.weights.tiles import Tiles

    with open_weights(file) as weights:
        tiles = Tiles(weights)
        start, processor = time.perf_counter(), time.process_time()
        for name in weights.tensors:
            scan(tiles, name, hasher=hasher_of(hash_name))
        wall, cpu = time.perf_counter() - start, time.process_time() - processor
    print(json.dumps({"wall": wall, "cpu": cpu, "peak_mb": peak_bytes() / 1e6}))


def peak_bytes() -> int:
    """Returns the largest resident memory of this program since it began; `getrusage` counts its parent's, too."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return 1024 * int(next(line for line in lines if line.startswith("VmHWM")).split()[1])


def hasher_of(name: str) -> Hasher | None:
    """Returns a fresh hash on one thread, None without a name."""
    if name == "blake3":
        import blake3

        return blake3.blake3(max_threads=1)
    return hashlib.new(name) if name else None


def make_quantised(file: Path, values: npt.NDArray[np.float32], dtype: str) -> None:
    """Writes one matrix as `dtype` into a GGUF file."""
    import gguf

    writer = gguf.GGUFWriter(file, "llama")
    kind = gguf.GGMLQuantizationType[dtype.upper()]
    writer.add_tensor("w", gguf.quants.quantize(values, kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def compare_quantised(work: Path, dtype: str, edge: int, rounds: int) -> dict[str, list[float]]:
    """Compares a square quantised matrix with its ground truth; returns seconds of that, and of decoding both alone."""
    import numpy as np
    from safetensors.numpy import save_file

    from apr_qa.contracts.compare import Pairing
    from apr_qa.contracts.envelopes import envelopes
    from apr_qa.contracts.recipes import Recipe, Truth
    from apr_qa.weights import open_weights
    from apr_qa.weights.tiles import Tiles, spans

    values = np.random.default_rng(1).standard_normal((edge, edge), dtype=np.float32)
    save_file({"w": values.astype(np.float16)}, work / "small.safetensors")
    make_quantised(work / "small.gguf", values, dtype)
    with open_weights(work / "small.safetensors") as truth, open_weights(work / "small.gguf") as other:
        pairing = Pairing(Truth(Tiles(truth)), Tiles(other), "w")
        made = Recipe(sources=("w",), shape=values.shape)
        timed: dict[str, list[float]] = {"decoding": [], "comparing": []}
        for _ in range(rounds):
            start = time.process_time()
            for a, b in spans(*values.shape):
                pairing.other.rows("w", a, b)
                pairing.truth.rows(made, a, b)
            timed["decoding"].append(time.process_time() - start)
            start = time.process_time()
            pairing.compare(made, envelopes()[dtype])
            timed["comparing"].append(time.process_time() - start)
    return timed


def drop_pages(file: Path) -> None:
    """Asks the system to forget the file's pages."""
    with file.open("rb") as stream:
        os.posix_fadvise(stream.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def once(mode: str, file: Path, *, threads: int = 0) -> dict[str, float]:
    """Runs one mode in a child program and returns what it measured; 0: as many threads as libraries like."""
    env = os.environ | ({"OPENBLAS_NUM_THREADS": str(threads)} if threads else {})
    if mode == "cat":
        argv = ["sh", "-c", f"cat '{file}' > /dev/null"]
    elif mode == "sha256":
        argv = [sys.executable, "-c", SHA, str(file)]
    else:
        argv = [sys.executable, "-m", "bench.scan", "--pass", mode, str(file)]
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(argv, stdout=subprocess.PIPE, text=True, check=True, env=env)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if mode not in ("cat", "sha256"):
        return json.loads(done.stdout)
    return {"wall": wall, "cpu": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime}


def main() -> None:
    """Reads the command line, makes the file, measures, prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gigabytes", type=float, default=1.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--work", type=Path, default=None, help="where the file is made (default: a temporary folder)")
    parser.add_argument("--pass", dest="mode", default="", help=argparse.SUPPRESS)
    parser.add_argument("file", type=Path, nargs="?", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.mode:
        scan_all(arguments.file, arguments.mode.removeprefix("statistics").removeprefix(" and "))
        return
    with tempfile.TemporaryDirectory(dir=arguments.work) as folder:
        file = Path(folder) / "model.safetensors"
        make(file, arguments.gigabytes)
        report(file, arguments.rounds)
        for dtype in ("q8_0", "q4_0"):
            timed = compare_quantised(Path(folder), dtype, 4096, 5)
            decoding, comparing = (min(timed[k]) for k in ("decoding", "comparing"))
            print(f"{dtype} against ground truth: {comparing / decoding:.2f} times decoding both alone "
                  f"({4096**2 / comparing / 1e6:.0f} million values a second of processor time)")  # fmt: skip


def report(file: Path, rounds: int) -> None:
    """Measures in turns and prints medians and ratios."""
    size = file.stat().st_size / 1e9
    found: dict[tuple[str, str], list[dict[str, float]]] = {}
    for _ in range(rounds):
        for mode in MODES:
            for state in ("cold", "warm"):
                if state == "cold":
                    drop_pages(file)
                found.setdefault((mode, state), []).append(once(mode, file))
    print(f"{size:.2f} GB of BF16, {rounds} rounds in turns, load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    for (mode, state), runs in found.items():
        speed = size / median(r["wall"] for r in runs)
        share = speed / (size / median(r["wall"] for r in found["cat", state]))
        line = f"{mode:22} {state}  {speed:5.2f} GB/s  {share:4.0%} of cat"
        line += f"  {size / median(r['cpu'] for r in runs):5.2f} GB/s of processor time"
        if "peak_mb" in runs[0]:
            line += f"  {max(r['peak_mb'] for r in runs):.0f} MB at most"
        print(line)


def scanning(gigabytes: float, edge: int, rounds: int) -> list[Figure]:
    """Returns what one pass over a warm file costs, beside `cat` and a plain hash, and the comparison of two files."""
    whole = MODES[3]
    with tempfile.TemporaryDirectory(prefix="apr-qa-bench-") as folder:
        file = Path(folder) / "model.safetensors"
        make(file, gigabytes)
        size = file.stat().st_size / 1e9
        turns = [{mode: once(mode, file) for mode in ("cat", "sha256", whole)} for _ in range(rounds)]
        alone = [size / once(whole, file, threads=1)["cpu"] for _ in range(rounds)]
        compared = {dtype: compare_quantised(Path(folder), dtype, edge, 5) for dtype in ("q8_0", "q4_0")}
    return [
        Figure(
            name=f"{whole}, {size:.2f} GB of BF16",
            unit="GB/s cpu",
            values=[size / turn[whole]["cpu"] for turn in turns],
            target="at least 1.5 GB/s",
            bare=size / median(turn["sha256"]["cpu"] for turn in turns),
            bare_is="a plain SHA-256",
            why="The threads of OpenBLAS wait for each other by spinning: what one thread does stands a line below.",
        ),
        Figure(name="  with one thread of it", unit="GB/s cpu", values=alone),
        Figure(
            name="  by the clock on the wall",
            unit="GB/s",
            values=[size / turn[whole]["wall"] for turn in turns],
            bare=size / median(turn["cat"]["wall"] for turn in turns),
            bare_is="cat to /dev/null",
        ),
        Figure(name="  peak memory", unit="MB", values=[turn[whole]["peak_mb"] for turn in turns]),
        *(
            Figure(
                name=f"{edge} x {edge} of {dtype} against ground truth",
                unit="s cpu",
                values=timed["comparing"],
                bare=median(timed["decoding"]),
                bare_is="decoding both",
            )
            for dtype, timed in compared.items()
        ),
    ]


if __name__ == "__main__":
    main()
