"""How fast headers are read: ``python -m bench.headers [--files 1000] [--rounds 3] [--work FOLDER]``.

Makes SafeTensors and GGUF files with the 291 tensors of a 7-billion Llama, full size but without data (holes), and
reads all their headers with our strict readers, and with the `safetensors` library for comparison. GGUF headers hold a
vocabulary of 32,000. Prints seconds of the clock and of processor time; nothing here is an assertion.
"""

from __future__ import annotations

import argparse
import json
import struct
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

from bench.figures import Figure

LAYERS, HIDDEN, WIDTH, VOCAB = 32, 4096, 11008, 32000


def shapes() -> Iterator[tuple[str, tuple[int, ...]]]:
    """Yield names and shapes of the tensors."""
    yield "model.embed_tokens.weight", (VOCAB, HIDDEN)
    for layer in range(LAYERS):
        at = f"model.layers.{layer}."
        for part in "qkvo":
            yield f"{at}self_attn.{part}_proj.weight", (HIDDEN, HIDDEN)
        for part, shape in (("gate", (WIDTH, HIDDEN)), ("up", (WIDTH, HIDDEN)), ("down", (HIDDEN, WIDTH))):
            yield f"{at}mlp.{part}_proj.weight", shape
        yield f"{at}input_layernorm.weight", (HIDDEN,)
        yield f"{at}post_attention_layernorm.weight", (HIDDEN,)
    yield "model.norm.weight", (HIDDEN,)
    yield "lm_head.weight", (VOCAB, HIDDEN)


def safetensors(file: Path) -> None:
    """Write a BF16 file whose data are a hole."""
    header, end = {}, 0
    for name, shape in shapes():
        size = 2 * shape[0] * (shape[1] if len(shape) > 1 else 1)
        header[name] = {"dtype": "BF16", "shape": shape, "data_offsets": [end, end + size]}
        end += size
    text = json.dumps(header).encode()
    with file.open("wb") as stream:
        stream.write(struct.pack("<Q", len(text)) + text)
        stream.truncate(8 + len(text) + end)


def gguf(file: Path) -> None:
    """Write an F16 file whose data are a hole, with a vocabulary as real ones have."""
    import numpy as np
    from gguf import GGUFWriter

    writer = GGUFWriter(file, "llama")
    writer.add_token_list([f"token{number}" for number in range(VOCAB)])
    for name, shape in shapes():
        size = 2 * shape[0] * (shape[1] if len(shape) > 1 else 1)
        writer.add_tensor_info(name, shape, np.dtype(np.float16), size)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    writer.close()
    with file.open("r+b") as stream:
        start = -(-stream.seek(0, 2) // 32) * 32
        stream.truncate(start + sum(2 * s[0] * (s[1] if len(s) > 1 else 1) for _, s in shapes()))


def timed(files: list[Path], read: Callable[[Path], object]) -> tuple[float, float]:
    """Return seconds of the clock and of the processor that reading all took."""
    wall, cpu = time.perf_counter(), time.process_time()
    for file in files:
        read(file)
    return time.perf_counter() - wall, time.process_time() - cpu


def read_all(work: Path, count: int, rounds: int) -> dict[tuple[str, str], list[tuple[float, float]]]:
    """Return what reading `count` headers took in each round, by kind of file and by who read them."""
    import safetensors as library

    from apr_qa.weights import read_header

    def by_library(file: Path) -> object:
        with library.safe_open(file, "np") as opened:
            return list(opened.keys())

    taken = {}
    for kind, make, readers in (
        ("safetensors", safetensors, {"ours": read_header, "the library": by_library}),
        ("gguf", gguf, {"ours": read_header}),
    ):
        first = work / f"first.{kind}"
        make(first)
        files = [first.with_name(f"{number}.{kind}") for number in range(count)]
        for file in files:
            file.hardlink_to(first)
        for who, read in readers.items():
            taken[kind, who] = [timed(files, read) for _ in range(rounds)]
    return taken


def headers(count: int, rounds: int) -> list[Figure]:
    """Return what our strict readers take, beside the `safetensors` library."""
    with tempfile.TemporaryDirectory(prefix="apr-qa-bench-") as work:
        taken = read_all(Path(work), count, rounds)
    bare = median(cpu for _, cpu in taken.pop(("safetensors", "the library")))
    return [
        Figure(
            name=f"{count:,} headers of {kind}, 291 tensors each",
            unit="s cpu",
            values=[cpu for _, cpu in rounds_taken],
            bare=bare if kind == "safetensors" else None,
            bare_is="its library",
        )
        for (kind, _), rounds_taken in taken.items()
    ]


def main() -> None:
    """Read the command line, make the files, measure, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--work", type=Path, default=None, help="where the files are made")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.work) as work:
        for (kind, who), taken in read_all(Path(work), arguments.files, arguments.rounds).items():
            wall, cpu = min(taken)
            print(f"{arguments.files} headers of {kind}, {who:12} {wall:6.2f} s, {cpu:6.2f} s of processor time")


if __name__ == "__main__":
    main()
