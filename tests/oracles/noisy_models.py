"""Breaks the shipped tiny models and keeps what they say then: `python tests/oracles/noisy_models.py`.

Left out are answers that the sound model gives to any of the questions (language, only the wrong one) and those of
fewer than 24 characters (`44`, `n80H`: so little may be a right answer to something), and those that are nearly a
sound answer (`I can I help with simple questions.`).
"""

from __future__ import annotations

import difflib
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from apr_qa.hosting import Message, Request
from apr_qa.reference.host import ReferenceHost

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(__file__).parent / "data"
PROMPTS = {
    1: (
    "What is 2+2?", "Calculate 7*8", "Hello", "List 3 colors", "What is the capital of France?", "What is gravity?",
    "def fibonacci(n):", "你好", "Tell me a story.",
    ),
    2: (
    "What is 3+6?", "Calculate 6*9", "Good morning", "Name three animals.", "What is the capital of Japan?",
    "What is a computer?", "def add(a, b):", "こんにちは", "Who are you?",
    ),
    3: (
        "What is 5+8?", "Calculate 4*7", "Goodbye!", "List 3 fruits", "What is the capital of Spain?",
        "What is Python?", "def is_prime(n):", "Привет", "Count to 10",
    ),
}  # fmt: skip
"""Questions by round: those of the last were first asked when the oracle was fixed."""
ANY = ("asdf", "Thank you", "Count to 5")
Break = Callable[[str, np.ndarray, np.random.Generator], np.ndarray]


def _noise(size: float) -> Break:
    return lambda _name, values, rng: values + size * values.std() * rng.standard_normal(values.shape)


def _shuffled_rows(name: str, values: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return rng.permutation(values) if "embed" in name or "lm_head" in name else values


def _shuffled_layers(name: str, values: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return rng.permutation(values, axis=values.ndim - 1) if "proj" in name and values.ndim == 2 else values


BREAKS: dict[str, Break] = {
    "noise 1": _noise(1.0), "noise 1.5": _noise(1.5), "noise 3": _noise(3.0), "rows": _shuffled_rows,
    "columns": _shuffled_layers,
}  # fmt: skip


def _break_file(file: Path, how: Break, rng: np.random.Generator) -> None:
    """Rewrite the BF16 tensors of a SafeTensors file in place."""
    raw = bytearray(file.read_bytes())
    start = 8 + int.from_bytes(raw[:8], "little")
    for name, entry in json.loads(raw[8:start]).items():
        if name == "__metadata__":
            continue
        first, last = (start + offset for offset in entry["data_offsets"])
        bits = np.frombuffer(bytes(raw[first:last]), np.uint16).astype(np.uint32) << 16
        values = bits.view(np.float32).reshape(entry["shape"])
        broken = np.ascontiguousarray(how(name, values, rng), np.float32)
        raw[first:last] = (broken.view(np.uint32) >> 16).astype(np.uint16).tobytes()
    file.write_bytes(raw)


def _answers(folder: Path, prompts: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    host = ReferenceHost()
    host.load(folder)
    for prompt in prompts:
        request = Request(messages=(Message(role="user", content=prompt),), max_tokens=32)
        yield prompt, host.answer(request).text


def _is_noise(answer: str, sound: set[str]) -> bool:
    near = max(difflib.SequenceMatcher(None, answer, other).ratio() for other in sound)
    return len(answer) >= 24 and near < 0.6


def _said(model: str, number: int) -> Iterator[dict[str, str]]:
    """Yield what a model says with each break, in round `number`."""
    source = ROOT / "models" / model / "safetensors"
    sound = {answer for _, answer in _answers(source, PROMPTS[number] + ANY)}
    for seed, (name, how) in enumerate(BREAKS.items(), start=100 * (number - 1)):
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(shutil.copytree(source, Path(folder) / "model"))
            for file in sorted(copy.glob("*.safetensors")):
                _break_file(file, how, np.random.default_rng(seed))
            for prompt, answer in _answers(copy, PROMPTS[number]):
                if _is_noise(answer, sound):
                    kind = f"broken model: {model}, {name}"
                    yield {"label": "bad", "kind": kind, "prompt": prompt, "answer": answer}


def main() -> None:
    """Write `data/noisy-N.jsonl` for each round."""
    for number in PROMPTS:
        rows = [row for model in ("tiny", "tiny-llama") for row in _said(model, number)]
        (DATA / f"noisy-{number}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


if __name__ == "__main__":
    main()
