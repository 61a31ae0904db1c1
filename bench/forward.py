"""The streamed forward pass at size: ``python -m bench.forward [--gigabytes 2] [--positions 64] [--work FOLDER]``.

Makes a Llama of random BF16 weights with the tokenizer of the tiny one, and judges it as I-1 does in a child program:
the ground truth, then the same file held against it. Prints the child's peak resident memory beside the size of the
weights, and the sums a second. With `--resident` the child holds all layers at once, for comparison.
"""

from __future__ import annotations

import argparse
import json
import shutil
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.figures import Figure
from bench.scan import peak_bytes

HIDDEN, WIDTH, HEADS, VOCAB = 2048, 8192, 16, 32_000
TINY = Path(__file__).resolve().parents[1] / "models" / "tiny-llama" / "safetensors"


def layer_bytes(hidden: int = HIDDEN, width: int = WIDTH) -> int:
    """Return the bytes of one layer in BF16."""
    return 2 * (4 * hidden * hidden + 3 * hidden * width + 2 * hidden)


def make(folder: Path, layers: int, hidden: int = HIDDEN, width: int = WIDTH) -> None:
    """Write a model of so many layers into `folder`; its matrices share their random numbers, each rolled."""
    folder.mkdir(parents=True)
    for name in ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja"):
        shutil.copyfile(TINY / name, folder / name)
    said = json.loads((TINY / "config.json").read_text(encoding="utf-8"))
    sizes = {"vocab_size": VOCAB, "hidden_size": hidden, "intermediate_size": width, "num_hidden_layers": layers}
    heads = {"num_attention_heads": HEADS, "num_key_value_heads": HEADS, "head_dim": hidden // HEADS}
    (folder / "config.json").write_text(json.dumps({**said, **sizes, **heads}), encoding="utf-8")
    _write(folder / "model.safetensors", list(_shapes(layers, hidden, width)))


def _shapes(layers: int, hidden: int, width: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    yield "model.embed_tokens.weight", (VOCAB, hidden)
    for number in range(layers):
        at = f"model.layers.{number}."
        for part in "qkvo":
            yield f"{at}self_attn.{part}_proj.weight", (hidden, hidden)
        yield f"{at}mlp.gate_proj.weight", (width, hidden)
        yield f"{at}mlp.up_proj.weight", (width, hidden)
        yield f"{at}mlp.down_proj.weight", (hidden, width)
        yield f"{at}input_layernorm.weight", (hidden,)
        yield f"{at}post_attention_layernorm.weight", (hidden,)
    yield "model.norm.weight", (hidden,)
    yield "lm_head.weight", (VOCAB, hidden)


def _write(file: Path, shapes: list[tuple[str, tuple[int, ...]]]) -> None:
    import numpy as np

    header, end = {}, 0
    for name, shape in shapes:
        size = 2 * int(np.prod(shape))
        header[name] = {"dtype": "BF16", "shape": shape, "data_offsets": [end, end + size]}
        end += size
    text = json.dumps(header).encode()
    most = max(int(np.prod(shape)) for _, shape in shapes)
    drawn = np.random.default_rng(0).standard_normal(most, dtype=np.float32) * np.float32(0.02)
    halves = (drawn.view(np.uint32) >> 16).astype("<u2")
    with file.open("wb") as stream:
        stream.write(struct.pack("<Q", len(text)) + text)
        for number, (_, shape) in enumerate(shapes):
            count = int(np.prod(shape))
            start = (number * 4097) % (most - count + 1)
            stream.write(halves[start : start + count].data)


def judge(folder: Path, positions: int, *, resident: bool) -> None:
    """Measure in this process and print what it took as JSON."""
    from apr_qa.truth.measure import measure, truth_of

    file = folder / "model.safetensors"
    start, processor = time.perf_counter(), time.process_time()
    if resident:
        from apr_qa.reference import Model

        Model.load(folder).logits(range(positions))
        found = {}
    else:
        truth = truth_of(file, positions)
        found = {"kld_mean": measure(truth, file).kld_mean, "positions": len(truth.logits)}
    taken = {"wall_s": time.perf_counter() - start, "cpu_s": time.process_time() - processor}
    print(json.dumps({**found, **taken, "peak_bytes": peak_bytes()}))


def in_child(folder: Path, positions: int, *, resident: bool = False) -> dict[str, float]:
    """Judge `folder` in a child program and return what it printed."""
    argv = [sys.executable, "-m", "bench.forward", "--child", str(folder), "--positions", str(positions)]
    done = subprocess.run([*argv, *(["--resident"] if resident else [])], stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def forward(layers: int, hidden: int, positions: int, rounds: int) -> list[Figure]:
    """Return what judging a model of so many layers against ground truth takes: two passes, streamed."""
    with tempfile.TemporaryDirectory(prefix="apr-qa-bench-") as work:
        folder = Path(work) / "model"
        make(folder, layers, hidden, 4 * hidden)
        size_mb = (folder / "model.safetensors").stat().st_size / 1e6
        found = [in_child(folder, positions) for _ in range(rounds)]
    return [
        Figure(
            name=f"truth and file, {positions} positions, {size_mb:,.0f} MB of BF16",
            unit="s cpu",
            values=[one["cpu_s"] for one in found],
        ),
        Figure(
            name="  peak memory",
            unit="MB",
            values=[one["peak_bytes"] / 1e6 for one in found],
            bare=size_mb,
            bare_is="the weights",
        ),
    ]


def main() -> None:
    """Read the command line, make the model, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gigabytes", type=float, default=2.0)
    parser.add_argument("--positions", type=int, default=64)
    parser.add_argument("--resident", action="store_true")
    parser.add_argument("--work", type=Path, default=None, help="where the model is made (default: a temporary folder)")
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        judge(arguments.child, arguments.positions, resident=arguments.resident)
        return
    with tempfile.TemporaryDirectory(dir=arguments.work) as work:
        folder, layers = Path(work) / "model", round((arguments.gigabytes * 1e9 - 4 * VOCAB * HIDDEN) / layer_bytes())
        make(folder, layers)
        size = (folder / "model.safetensors").stat().st_size
        found = in_child(folder, arguments.positions, resident=arguments.resident)
    passes = 1 if arguments.resident else 2
    sums = passes * arguments.positions * size  # a multiplication and an addition for every two bytes
    print(f"{size / 1e9:.2f} GB of BF16 in {layers} layers, {passes} passes of {arguments.positions} positions:")
    print(f"  peak {found['peak_bytes'] / 1e9:.2f} GB, {found['wall_s']:.1f} s, {found['cpu_s']:.1f} s of processor")
    print(f"  {sums / found['cpu_s'] / 1e9:.1f} billion sums a second of processor time")


if __name__ == "__main__":
    main()
