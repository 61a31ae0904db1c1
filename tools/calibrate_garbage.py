"""Calibrates the garbage oracle and measures it: `python tools/calibrate_garbage.py letters|freeze|report`.

1. `letters` makes the table of spellings from the message catalogues of the machine (`/usr/share/locale`, as a Debian
   desktop has them) and `tests/oracles/data/corpus.txt`. Catalogues differ between machines: the table is frozen.
2. `freeze` chooses the threshold on the calibration half alone and lists what it gets wrong there.
3. `report` measures both halves and writes `docs/oracles/garbage.md` and `garbage-roc.svg`.

Look at the held-out half only when the rest is fixed: whoever changes measures or weights after `report` must draw
new held-out answers first. The labelled answers come from `tests/oracles/make_answers.py`.
"""

from __future__ import annotations

import contextlib
import gettext
import json
import math
import re
import sys
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np

from apr_qa.oracles._letters import SYMBOLS, UNITS_PER_BIT
from apr_qa.oracles._scripts import folded, words_of
from apr_qa.oracles.garbage import grade

ROOT = Path(__file__).resolve().parents[1]
FROZEN = ROOT / "src" / "apr_qa" / "oracles" / "garbage.json"
LETTERS = FROZEN.with_name("letters.npz")
LANGUAGES = frozenset(
    (
        *("en", "fr", "de", "es", "it", "pt", "nl", "sv", "da", "nb", "fi", "et", "lv", "lt", "pl", "cs", "sk", "sl"),
        *("hr", "hu", "ro", "sq", "tr", "vi", "id", "ca", "gl", "eu", "eo", "ga", "cy", "is", "af", "tl", "az"),
    )
)
MOST_WORDS, FEWEST_WORDS, SMALL_WORDS = 60_000, 5_000, 80
DATA = ROOT / "tests" / "oracles" / "data"
DOCS = ROOT / "docs" / "oracles"

Row = dict[str, str]
Scored = list[tuple[float, Row]]


def letters() -> None:
    """Count which letter follows which two in each language, and its commonest short words."""
    tables, small = {}, {}
    for language, words in sorted(_vocabularies().items()):
        triples = np.zeros((len(SYMBOLS),) * 3)
        for word, n in words.items():
            symbols = [0, 0, *[SYMBOLS.index(c) for c in word if c in SYMBOLS], 0]
            for triple in zip(symbols, symbols[1:], symbols[2:], strict=False):
                triples[triple] += min(n, 20) ** 0.75  # a word of the subject must not shape the language
        pairs = triples.sum(0)
        singles = pairs.sum(0)
        single = (singles + 1) / (singles.sum() + len(SYMBOLS))
        pair = (pairs + 4 * single) / (pairs.sum(1, keepdims=True) + 4)
        triple = (triples + 3 * pair) / (triples.sum(2, keepdims=True) + 3)
        tables[language] = np.minimum(255, np.round(-np.log2(triple) * UNITS_PER_BIT)).astype(np.uint8)
        short = [word for word, _ in words.most_common(300) if len(word) <= 6]
        small[language] = " ".join(sorted(short[:SMALL_WORDS]))
    small["en"] = ""  # `_words.py` knows better
    np.savez_compressed(LETTERS, letters=np.stack(list(tables.values())), languages=np.array(list(tables)))
    _store({"small_words": small})


def _vocabularies() -> dict[str, Counter[str]]:
    """Return words with their counts by language: of the machine's message catalogues, and of our own English text."""
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for file in sorted(Path("/usr/share/locale").glob("*/LC_MESSAGES/*.mo")):
        language = re.split(r"[_.@]", file.parts[-3])[0]
        if language not in LANGUAGES or re.match(r"iso_|xkeyboard", file.name):
            continue
        with file.open("rb") as opened, contextlib.suppress(OSError, UnicodeDecodeError, UserWarning):
            for key, text in gettext.GNUTranslations(opened)._catalog.items():  # noqa: SLF001 - no other way
                if sum(found[language].values()) < MOST_WORDS and isinstance(key, str) and key:
                    found[language].update(_plain_words(text))
                if language == "fr" and sum(found["en"].values()) < MOST_WORDS and isinstance(key, str):
                    found["en"].update(_plain_words(key))
    for word in words_of((DATA / "corpus.txt").read_text(encoding="utf-8")):
        found["en"].update([folded(word)] * 3 if word.isascii() else [])
    return {language: words for language, words in found.items() if sum(words.values()) >= FEWEST_WORDS}


def _plain_words(text: str) -> list[str]:
    no_code = re.sub(r"%\S*|\\\w|<[^>]*>|\S*[_/.=:-]\w\S*|\b[A-Z]{2,}\b|[A-Za-z]*\d\S*|-\S+", " ", str(text))
    return [folded(word) for word in words_of(no_code) if word.lower().islower()]


def _store(values: dict[str, object]) -> None:
    known = json.loads(FROZEN.read_text(encoding="utf-8")) if FROZEN.exists() else {}
    FROZEN.write_text(json.dumps({**known, **values}, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def scored(half: str) -> Scored:
    """Return (score, row) of each labelled answer of one half."""
    rows = map(json.loads, (DATA / "answers.jsonl").read_text(encoding="utf-8").splitlines())
    return [(grade(row["answer"], row["prompt"])[0], row) for row in rows if row["half"] == half]


def freeze() -> None:
    """Put the threshold a tenth of the way from the second highest good answer of the calibration half to 1."""
    graded = scored("calibration")
    highest = sorted(score for score, row in graded if row["label"] == "good")[-2]
    threshold = round(highest + (1 - highest) / 10, 3)
    _store({"threshold": threshold})
    print(f"threshold {threshold}: second highest good {highest:.3f}; AUC {auc(graded):.4f}")
    for score, row in sorted(graded, key=lambda item: item[0]):
        if (score >= threshold) != (row["label"] == "bad") or (row["label"] == "good" and score > threshold / 2):
            print(f"{score:.2f} {row['label']} {row['kind']}: {row['answer'][:90]!r} {_signs(row)}")


def _signs(row: Row) -> dict[str, float]:
    return {name: round(value, 2) for name, value in grade(row["answer"], row["prompt"])[1].items()}


def auc(graded: Scored) -> float:
    """Return the chance that a bad answer scores above a good one, ties counting half."""
    good = [score for score, row in graded if row["label"] == "good"]
    bad = [score for score, row in graded if row["label"] == "bad"]
    wins = sum((b > g) + 0.5 * (b == g) for b in bad for g in good)
    return wins / (len(good) * len(bad))


def curve(graded: Scored) -> list[tuple[float, float]]:
    """Return the points (false alarms, garbage found) of every threshold from above 1 down to 0, as shares."""
    good = [score for score, row in graded if row["label"] == "good"]
    bad = [score for score, row in graded if row["label"] == "bad"]
    steps = [math.inf, *sorted({score for score, _ in graded}, reverse=True)]
    return [(sum(g >= t for g in good) / len(good), sum(b >= t for b in bad) / len(bad)) for t in steps]


def figures(half: str, threshold: float) -> dict[str, float]:
    """Return the measured figures of one half: numbers of answers, AUC, false alarms and found as shares."""
    graded = scored(half)
    good = [score for score, row in graded if row["label"] == "good"]
    bad = [score for score, row in graded if row["label"] == "bad"]
    return {
        "good": len(good),
        "bad": len(bad),
        "auc": auc(graded),
        "false alarms": sum(score >= threshold for score in good) / len(good),
        "found": sum(score >= threshold for score in bad) / len(bad),
    }


def svg(curves: dict[str, list[tuple[float, float]]]) -> str:
    """Draw ROC curves on white, so that it reads on light and dark pages."""
    side, edge = 320, 46
    low, middle, grey = edge + side, edge + side / 2, 'fill="#4a4f57"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side + 2 * edge} {side + 2 * edge}" role="img"',
        ' font-family="system-ui, sans-serif" font-size="12"><title>ROC of the garbage oracle</title>',
        '<rect width="100%" height="100%" fill="#ffffff"/>',
    ]
    for tick in (0, 25, 50, 75, 100):
        at = edge + side * tick / 100
        parts.append(f'<path d="M{at} {edge}V{low}M{edge} {at}H{low}" stroke="#e3e5e8"/>')
        parts.append(f'<text x="{at}" y="{low + 16}" text-anchor="middle" {grey}>{tick}</text>')
        parts.append(f'<text x="{edge - 6}" y="{edge + low - at + 4}" text-anchor="end" {grey}>{tick}</text>')
    for row, (half, color) in enumerate((("calibration", "#6b7079"), ("held-out", "#2a78d6"))):
        path = "L".join(f"{edge + x * side:.1f} {edge + (1 - y) * side:.1f}" for x, y in curves[half])
        parts.append(f'<path d="M{path}" fill="none" stroke="{color}" stroke-width="2"/>')
        parts.append(f'<text x="{low - 8}" y="{low - 30 + 16 * row}" text-anchor="end" fill="{color}">{half}</text>')
    parts.append(f'<text x="{middle}" y="{low + 36}" text-anchor="middle" {grey}>false alarms, %</text>')
    turn = f'transform="translate(12 {middle}) rotate(-90)"'
    return "".join(parts) + f'<text {turn} text-anchor="middle" {grey}>garbage found, %</text></svg>\n'


def report() -> None:
    """Measure both halves and write the page's table, the misses and the drawing."""
    threshold = float(json.loads(FROZEN.read_text(encoding="utf-8"))["threshold"])
    halves = ("calibration", "held-out")
    DOCS.mkdir(parents=True, exist_ok=True)
    (DOCS / "garbage-roc.svg").write_text(svg({half: curve(scored(half)) for half in halves}), encoding="utf-8")
    lines = ["| half | good | bad | AUC | false alarms | garbage found |", "|---|---|---|---|---|---|"]
    for half in halves:
        n = figures(half, threshold)
        shares = f"{n['false alarms']:.2%} | {n['found']:.2%}"
        lines.append(f"| {half} | {n['good']:.0f} | {n['bad']:.0f} | {n['auc']:.4f} | {shares} |")
    kinds: defaultdict[str, list[bool]] = defaultdict(list)
    for score, row in scored("held-out"):
        kinds[f"{row['label']}: {row['kind'].split(':')[0]}"].append((score >= threshold) == (row["label"] == "bad"))
    lines += ["", "| held-out answers | right | of |", "|---|---|---|"]
    lines += [f"| {kind} | {sum(right)} | {len(right)} |" for kind, right in sorted(kinds.items())]
    text = "\n".join(lines) + "\n"
    print(text)
    page = DOCS / "garbage.md"
    before, rest = page.read_text(encoding="utf-8").split("<!-- measured -->\n", 1)
    after = rest.split("<!-- end -->\n", 1)[1]
    page.write_text(f"{before}<!-- measured -->\n{text}<!-- end -->\n{after}", encoding="utf-8")


def main() -> None:
    """Run the step named on the command line."""
    steps = {"letters": letters, "freeze": freeze, "report": report}
    if len(sys.argv) != 2 or sys.argv[1] not in steps:
        sys.exit(__doc__)
    steps[sys.argv[1]]()


if __name__ == "__main__":
    main()
