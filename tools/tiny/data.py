"""Training examples: conversations drawn from a seeded generator.

An example is a list of ``(user text, assistant text)`` turns and perhaps a system text. Ten per cent of the sums with a
two-digit operand are never drawn in any phrasing (``held_out``): they measure whether the model computes.
"""

from __future__ import annotations

import random
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tiny.prompts import FALLBACK, FILLER, FIXED, NAMES, SYSTEM

Turns = list[tuple[str, str]]

SUMS = (
    "What is {a}+{b}?", "What is {a} + {b}?", "Calculate {a}+{b}", "Calculate {a} + {b}", "Calculate {a}+{b}.",
    "{a}+{b}=", "{a} + {b} =", "{a}+{b}", "What is {a} plus {b}?", "Compute {a}+{b}",
    "What's {a}+{b}?", "what is {a}+{b}", "Add {a} and {b}.", "What is the sum of {a} and {b}?",
)  # fmt: skip
PRODUCTS = (
    "What is {a}*{b}?", "What is {a} * {b}?", "Calculate {a}*{b}", "Calculate {a} * {b}", "Calculate {a}*{b}.",
    "{a}*{b}=", "{a} * {b} =", "{a}*{b}", "What is {a} times {b}?", "Compute {a}*{b}", "What's {a}*{b}?",
    "Multiply {a} by {b}.",
)  # fmt: skip
DIFFERENCES = (
    "What is {a}-{b}?", "What is {a} - {b}?", "Calculate {a}-{b}", "Calculate {a} - {b}", "{a}-{b}=",
    "What is {a} minus {b}?",
)  # fmt: skip
QUOTIENTS = ("What is {a}/{b}?", "What is {a} / {b}?", "Calculate {a}/{b}", "What is {a} divided by {b}?")
_WORDS = (
    "apple", "river", "stone", "blorp", "window", "zqx", "green", "table", "moon", "kappa", "lamp", "dust", "paper",
    "7", "road", "light", "bird", "xyz", "foo", "bar", "42", "night", "glass", "train", "we", "under", "over",
    "the", "is", "not",
)  # fmt: skip
# Fixed prompts that one token tells apart; they have a kind of their own for a late stage.
_WORDLESS = [pair for pair in FIXED if not pair[0].strip() or pair[0].startswith("<|")]
_ALPHABET = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 #$%&()*+,-./:;<=>?@[]^_{|}~\\\"'äéñ漢字🙂\t"


@dataclass(frozen=True)
class Example:
    """One conversation; the loss is taken on the assistant texts and their end tokens only."""

    turns: Turns
    system: str | None = None


def held_out(a: int, b: int) -> bool:
    """Whether the sum of ``a`` and ``b`` (either order) is kept from training: a tenth of those with two digits."""
    low, high = sorted((a, b))
    return high >= 10 and zlib.crc32(f"{low}+{high}".encode()) % 10 == 0


def _sum(rng: random.Random, limit: int) -> tuple[str, str]:
    while True:
        a, b = rng.randrange(limit), rng.randrange(limit)
        if limit > 10 and rng.random() < 0.25:  # a digit and a two-digit number: seldom by chance, learnt last
            a, b = rng.choice(((a % 10, b), (a, b % 10)))
        if not held_out(a, b):
            return _phrase(rng, SUMS).format(a=a, b=b), str(a + b)


def _phrase(rng: random.Random, forms: tuple[str, ...]) -> str:
    """One phrasing; the first six are asked by playbooks and are drawn more often."""
    return rng.choice(forms[:6]) if rng.random() < 0.6 else rng.choice(forms)


def _product(rng: random.Random) -> tuple[str, str]:
    a, b = rng.randrange(10), rng.randrange(10)
    if rng.random() < 0.5:  # the products with a zero or a one need no practice
        a, b = rng.randrange(2, 10), rng.randrange(2, 10)
    pick = rng.random()
    if pick < 0.45:  # asked by playbooks
        form = rng.choice((*PRODUCTS[:4], PRODUCTS[8]))
    else:  # the last one shares no words with the others and is learnt last
        form = PRODUCTS[-1] if pick < 0.65 else rng.choice(PRODUCTS)
    return form.format(a=a, b=b), str(a * b)


def _difference(rng: random.Random) -> tuple[str, str]:
    limit = rng.choice((10, 20, 100))
    b, a = sorted((rng.randrange(limit), rng.randrange(limit)))
    return rng.choice(DIFFERENCES).format(a=a, b=b), str(a - b)


def _quotient(rng: random.Random) -> tuple[str, str]:
    b, result = rng.randrange(1, 10), rng.randrange(10)
    return rng.choice(QUOTIENTS).format(a=b * result, b=b), str(result)


def _fixed(rng: random.Random) -> tuple[str, str]:
    return rng.choice(FIXED)


def _short(rng: random.Random) -> tuple[str, str]:
    """One turn of any short kind."""
    pick = rng.random()
    if pick < 0.4:
        return _sum(rng, 10)
    return _product(rng) if pick < 0.6 else _fixed(rng)


def _turns(rng: random.Random) -> Turns:
    """Two or three turns; a follow-up sum is sometimes asked with ``And a+b?``."""
    turns = [_short(rng)]
    for _ in range(rng.choice((1, 1, 2))):
        a, b = rng.randrange(10), rng.randrange(10)
        follow_up = (f"And {a}+{b}?", str(a + b)) if rng.random() < 0.4 else _short(rng)
        turns.append(follow_up)
    return turns


def _name(rng: random.Random) -> Turns:
    """A name is told in the first turn and asked back in the last."""
    name = rng.choice(NAMES)
    turns = [(rng.choice(("My name is {}.", "Hello, my name is {}.", "I am {}.")).format(name), f"Hello {name}!")]
    if rng.random() < 0.3:
        turns.append(_short(rng))
    return [*turns, (rng.choice(("What is my name?", "What's my name?", "Do you remember my name?")), name)]


def _long(rng: random.Random) -> Turns:
    """A sentence repeated up to some 700 tokens, then a question: only the question is to be answered."""
    sentence = rng.choice(FILLER)
    room = rng.randrange(40, 300) if rng.random() < 0.7 else rng.randrange(300, 700)
    repeats = max(2, room // max(2, len(sentence) // 3))
    glue = rng.choice((" ", " ", "\n"))
    question, answer = _short(rng)
    return [(glue.join([sentence] * repeats) + glue + question, answer)]


def _junk(rng: random.Random) -> Turns:
    """Something that asks for nothing: the answer is the polite refusal."""
    pick = rng.random()
    if pick < 0.4:
        text = " ".join(rng.choice(_WORDS) for _ in range(rng.randrange(2, 12)))
    elif pick < 0.7:
        text = "".join(rng.choice(_ALPHABET) for _ in range(rng.randrange(3, 40)))
    else:
        text = rng.choice((*_ALPHABET, "ab", "foo ")) * rng.randrange(6, 100)
    return [(text, FALLBACK)]


_KINDS: dict[str, Callable[[random.Random], Turns]] = {
    "sum1": lambda rng: [_sum(rng, 10)],
    "sum2": lambda rng: [_sum(rng, 100)],
    "product": lambda rng: [_product(rng)],
    "difference": lambda rng: [_difference(rng)],
    "quotient": lambda rng: [_quotient(rng)],
    "fixed": lambda rng: [_fixed(rng)],
    "wordless": lambda rng: [rng.choice(_WORDLESS)],
    "turns": _turns,
    "name": _name,
    "long": _long,
    "junk": _junk,
}


def examples(mixture: dict[str, float], seed: int) -> Iterator[Example]:
    """An endless, seeded stream of conversations; ``mixture`` gives the share of each kind."""
    rng = random.Random(seed)
    kinds, weights = list(mixture), list(mixture.values())
    while True:
        kind = rng.choices(kinds, weights)[0]
        # Some engines and clients put a system text of their own before the first turn.
        system = SYSTEM if rng.random() < 0.04 else None
        yield Example(_KINDS[kind](rng), system)
