"""Makes the labelled answers, `data/answers.jsonl`: `python tests/oracles/make_answers.py [--vocabulary FILE]`.

Good answers are written by hand (`data/good-N.txt`). Bad ones are made here from a fixed seed, and by the reference
engine from the shipped tiny models with noise in their weights (`noisy_models.py`, written to `data/noisy-N.jsonl`).
The token soup draws from a vocabulary file of 131 thousand real tokens: `tekken_240911.json` of the package
mistral-common 1.13.1; the drawn answers are kept in `data/soup-N.jsonl`, so the file is needed only to draw anew.
"""

from __future__ import annotations

import argparse
import base64
import json
import random
from collections.abc import Iterable, Iterator
from pathlib import Path

from garbage_shapes import BANNERS, NAMED, SHAPES

DATA = Path(__file__).parent / "data"
Row = dict[str, str]


def good(path: Path) -> Iterator[Row]:
    """Yield the answers written by hand."""
    for block in path.read_text(encoding="utf-8").split("### ")[1:]:
        head, answer = block.split("\n", 1)
        kind, prompt = head.split(" | ", 1)
        yield {"label": "good", "kind": kind, "prompt": prompt, "answer": answer.removesuffix("\n")}


def bad(rng: random.Random, healthy: list[Row], named: Iterable[tuple[str, str]]) -> Iterator[Row]:
    """Yield the made answers: the shapes that were really seen first, then each shape drawn often."""
    for prompt, answer in named:
        yield {"label": "bad", "kind": "named", "prompt": prompt, "answer": answer}
    for row in rng.sample(healthy, 12):
        yield {"label": "bad", "kind": "banner", "prompt": row["prompt"], "answer": rng.choice(BANNERS)}
    plain = [row for row in healthy if row["kind"] != "repetitive" and "Draw" not in row["prompt"]]
    for kind, (times, make) in SHAPES.items():
        for _ in range(times):
            source = rng.choice(plain)
            answer = make(rng, source["answer"])
            yield {"label": "bad", "kind": kind, "prompt": source["prompt"], "answer": answer}
    for row in rng.sample([row for row in healthy if len(row["prompt"].split()) > 2], 14):
        yield {
            "label": "bad",
            "kind": "echo",
            "prompt": row["prompt"],
            "answer": row["prompt"] + rng.choice(("", "\n", " ")),
        }


def draw_soup(vocabulary: Path, rng: random.Random) -> Iterator[Row]:
    """Yield answers of tokens drawn at random, as an engine with broken weights prints them."""
    entries = json.loads(vocabulary.read_text(encoding="utf-8"))["vocab"]
    tokens = [base64.b64decode(entry["token_bytes"]) for entry in entries][256:]
    plain = [token for token in tokens if token.isascii()]
    for number in range(90):
        known = plain if number % 2 else tokens
        common = rng.sample(known, rng.randrange(3, 7)) if number % 5 == 0 else known
        drawn = b"".join(rng.choice(common) for _ in range(rng.choice((16, 24, 32))))
        kind = "soup, Latin" if number % 2 else "soup"
        yield {"label": "bad", "kind": kind, "prompt": "What is 2+2?", "answer": drawn.decode("utf-8", "replace")}


def lines(path: Path) -> Iterator[Row]:
    """Yield the rows of a JSON Lines file, none when it is missing."""
    if path.exists():
        yield from map(json.loads, path.read_text(encoding="utf-8").splitlines())


def write(path: Path, rows: list[Row]) -> None:
    """Write rows as JSON Lines."""
    path.write_text("".join(json.dumps(row, ensure_ascii=True) + "\n" for row in rows), encoding="utf-8")


def main() -> None:
    """Write `data/answers.jsonl`: the last round is held out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vocabulary", type=Path, help="draw the token soup anew from this file")
    arguments = parser.parse_args()
    rows = []
    for number, half in ((1, "calibration"), (2, "calibration"), (3, "held-out")):
        soup = DATA / f"soup-{number}.jsonl"
        if arguments.vocabulary:
            write(soup, list(draw_soup(arguments.vocabulary, random.Random(6 + number))))
        healthy = list(good(DATA / f"good-{number}.txt"))
        made = bad(random.Random(10 + number), healthy, NAMED if number == 1 else ())
        drawn = [*healthy, *made, *lines(soup), *lines(DATA / f"noisy-{number}.jsonl")]
        rows += [{**row, "half": half} for row in drawn]
    unique: dict[tuple[str, str, str], Row] = {}
    for row in rows:
        unique.setdefault((row["label"], row["prompt"], row["answer"]), row)
    write(DATA / "answers.jsonl", list(unique.values()))


if __name__ == "__main__":
    main()
