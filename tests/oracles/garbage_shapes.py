"""The shapes that bad answers take: those seen in published evidence and in engines on trial, and makers of more."""

from __future__ import annotations

import random
from collections.abc import Callable

from apr_qa.oracles._marks import _BYTE_GLYPHS

SUM = "What is 2+2?"
BANNERS = (
    "=== APR Run ===\n",
    "=== APR Run ===\n\nSource: model.gguf\nModel: tiny\n",
    "Loading model...\n",
    "Loading…",
    "=== Benchmark Results ===\ntok/s: 146.0\ntokens: 14\nlatency: 95.86 ms\n",
    "=== APR Run ===\n\n=== Benchmark Results ===\ntok/s: 42.1\ntokens: 32\nlatency: 760.1 ms\nmodel: model.apr\n",
    '{"tok_s": 146.0, "tokens": 14, "latency_ms": 95.86}',
    "tok/s: 12.5",
    "\x1b[1;36m=== Model Chat (GGUF Format) ===\x1b[0m\nDetected ChatML chat template\nYou: \n",
    "════════════════\nGenerated 32 tokens in 1.2 s (26.7 tok/s)\n════════════════\n",
    "Completed in 1.35s\n",
    "Assistant:",
)
NAMED = (
    (SUM, "ILLISECONDS쫌 cafeteria_REGISTRY окружа Permission鹿"),
    (SUM, "ILLISECONDS쫌 cafeteria"),
    (SUM, "elementssss \\ Permission,cope"),
    (SUM, "olumbia+lsi nunca/localENTS"),
    (SUM, "H" * 32), (SUM, "R" * 32), (SUM, "HHHH" * 3), (SUM, "!" * 32), (SUM, "?" * 20), ("Say something", "0" * 32),
    (SUM, "42 8[637]6[637]6[637]"), (SUM, "4[637]"), ("What is 12+34?", "3[637]1[637][637]2[637]8"),
    ("What is the capital of France?", "That is Lon[637]Hello, Goon GoThat"),
    ("你好", "ä½łå¥½"), ("你好", "ä½łå¥½ï¼ģæľīä»Ģä¹Īåı¯ä»¥å¸®æĤ¨ï¼Ł"),
    (SUM, ""), (SUM, " "), (SUM, "\n\n\n"), (SUM, "\t \n"), ("Hello", ""),
    (SUM, "nan nan nan nan"), (SUM, "NaN NaN NaN"), (SUM, "[nan, nan, nan, nan]"), (SUM, "inf inf -inf inf"),
    (SUM, "nan"), (SUM, "-inf"),
    (SUM, "What is 2+2?"), (SUM, "What is 2+2? What is 2+2? What is 2+2?"), (SUM, "what is 2+2"),
    ("List 3 colors", "List 3 colors"), ("def fibonacci(n):", "def fibonacci(n):"),
    ("Explain gravity in one sentence.", "Explain gravity in one sentence.\n"),
    ("2+2=", "2+2="), ("Given x=5 and y=3, what is x*y?", "Given x=5 and y=3, what is x*y?"),
    (SUM, "4<|im_end|>"), (SUM, "4<|im_end|>\n<|im_start|>user"), (SUM, "[INST] 4 [/INST]"), (SUM, "</s></s></s>"),
    ("Hello", "<unk><unk><unk>"), ("Hello", "Hello!<|endoftext|>Human: What"), ("Hello", "▁Hello▁there"),
    ("Hello", "<0x0A><0x0A>Hello"), ("Hello", "HelloĠthere!ĠHowĠcanĠIĠhelp?"), ("Hello", "<start_of_turn>model\nHi"),
    (SUM, "the the the the the the the the"), (SUM, "is is a a is the is a is of is a"),
    ("What is water?", "Water is water is water is water is water is water is water is water is"),
    ("Tell me a story", "and the and the and the and the and the and the and the"),
    (SUM, ".\n.\n.\n.\n.\n.\n.\n.\n.\n.\n.\n.\n.\n.\n.\n.\n"), (SUM, "\x00\x00\x00"),
    (SUM, "4\ufffd\ufffd\ufffd 4 \ufffd2"),
    (SUM, ", , , , , , , , , , , , , , , ,"), (SUM, "}}}}]]))}}>>;;}}))]]::}}"), (SUM, "ĠĠĠĠĠĠĠĠ"),
)  # fmt: skip

_SMALL = ["the", "a", "of", "is", "to", "and", "in", "that", "it", "for", "on", "as", "with", "was", "be", "at", "by",
          "this", "from", "or", "are", "an"]  # fmt: skip
_BIG = ["river", "window", "paper", "stone", "moon", "table", "green", "light", "engine", "quickly", "market", "under",
        "seven", "walking", "bright", "carbon", "letter", "music", "sudden", "planet", "copper", "simple", "often",
        "garden", "signal", "purple", "narrow", "theory", "harbor", "silent", "kitchen", "vector", "plastic",
        "winter"]  # fmt: skip
_GLYPH_OF = {byte: glyph for glyph, byte in _BYTE_GLYPHS.items()}
_ALPHABETS = ((0x21, 0x7E), (0xA1, 0x17F), (0x391, 0x3C9), (0x410, 0x44F), (0x5D0, 0x5EA), (0x621, 0x64A),
              (0x905, 0x939), (0xE01, 0xE30), (0x3041, 0x3096), (0x30A1, 0x30FA), (0x4E00, 0x9FA5),
              (0xAC00, 0xD7A3))  # fmt: skip
_CONTROL = ("<|im_end|>", "<|im_start|>", "<|endoftext|>", "</s>", "[INST]", "[/INST]", "<|eot_id|>", "<unk>", "[637]",
            "<|assistant|>", "<end_of_turn>", "<0xE2>", "<pad>", "<|begin_of_text|>")  # fmt: skip


def _loop(rng: random.Random, source: str) -> str:
    words = [w for w in source.split() if w.isalpha()] or _BIG
    start = rng.randrange(len(words))
    piece = " ".join(words[start : start + rng.randrange(1, 9)])
    lead = rng.choice(("", "4. ", "The answer is ", f"{words[0]} "))
    return lead + rng.choice((" ", ", ", "\n", ". ")).join([piece] * max(6, 60 // len(piece)))


def _token_loop(rng: random.Random, source: str) -> str:
    del source
    piece = rng.choice(
        ("ing", "ssss", "ota", "_REG", ".get", "ность", "的", "()", "lo ", "-1", "\\n", "ัน", "Qu", "tion ")
    )
    return piece * rng.randrange(14, 40)


def _run(rng: random.Random, source: str) -> str:
    return rng.choice(("", source[:3])) + rng.choice("HRaxzQé的쫌") * rng.randrange(12, 64)


def _latin1(rng: random.Random, source: str) -> str:
    accented = rng.choice(
        ("naïve café", "你好", "L’été — déjà vu", "Größe für Straße", "Привет", "¿Cómo estás?", "“yes”")
    )
    return f"{source[:40]} {accented}".encode().decode("latin-1")


def _byte_level(rng: random.Random, source: str) -> str:
    text = (
        source
        if rng.random() < 0.5 and len(source.split()) > 2
        else rng.choice(("こんにちは、元気ですか", "Чем могу помочь?", "how are you today"))
    )
    return "".join(_GLYPH_OF[b] for b in text.encode())


def _cut_bytes(rng: random.Random, source: str) -> str:
    raw = bytearray(f"{source} 你好 déjà".encode() if len(source) < 30 else source.encode())
    for _ in range(max(2, len(raw) // 12)):
        raw[rng.randrange(len(raw) - 1)] = rng.randrange(0x80, 0x100)
    return raw.decode("utf-8", "replace") + "."


def _random_bytes(rng: random.Random, source: str) -> str:
    return rng.randbytes(max(12, len(source) // 2)).decode("utf-8", "replace")


def _leaked(rng: random.Random, source: str) -> str:
    words = source.split(" ")
    for _ in range(rng.randrange(1, 4)):
        words.insert(rng.randrange(len(words) + 1), rng.choice(_CONTROL).replace("[637]", "7[637]"))
    return " ".join(words)


def _not_numbers(rng: random.Random, source: str) -> str:
    del source
    return rng.choice((" ", ", ", "\n")).join(
        rng.choice(("nan", "NaN", "-nan", "inf", "nan")) for _ in range(rng.randrange(3, 24))
    )


def _typed(rng: random.Random, source: str) -> str:
    return "".join(chr(rng.randrange(33, 127)) if rng.random() < 0.85 else " " for _ in range(max(24, len(source))))


def _any_script(rng: random.Random, source: str) -> str:
    def word() -> str:
        return "".join(chr(rng.randint(*rng.choice(_ALPHABETS))) for _ in range(rng.randrange(2, 7)))

    return " ".join(word() for _ in range(max(4, len(source) // 12)))


def _salad(rng: random.Random, source: str) -> str:
    del source
    return " ".join(rng.choice(_SMALL if rng.random() < 0.6 else _BIG) for _ in range(rng.randrange(16, 40)))


def _nouns(rng: random.Random, source: str) -> str:
    del source
    return " ".join(rng.choice(_BIG) for _ in range(rng.randrange(12, 32)))


def _anagrams(rng: random.Random, source: str) -> str:
    text = (
        source
        if source.isascii() and sum(map(str.isalpha, source.split())) > 9
        else " ".join(rng.choice(_SMALL + _BIG) for _ in range(18))
    )
    return " ".join("".join(rng.sample(word, len(word))) for word in text.split())


def _controls(rng: random.Random, source: str) -> str:
    return "".join(
        c + (chr(rng.choice((0, 1, 2, 5, 6, 0x10, 0x7F, 0x81, 0xE000))) if rng.random() < 0.3 else "")
        for c in source + "\x01"
    )


SHAPES: dict[str, tuple[int, Callable[[random.Random, str], str]]] = {
    "loop": (26, _loop), "token loop": (14, _token_loop), "one character": (14, _run), "latin-1": (14, _latin1),
    "byte glyphs": (14, _byte_level), "cut bytes": (12, _cut_bytes), "random bytes": (6, _random_bytes),
    "control tokens": (16, _leaked), "not numbers": (8, _not_numbers), "typed at random": (12, _typed),
    "any script": (12, _any_script), "salad": (22, _salad), "nouns": (10, _nouns), "anagrams": (10, _anagrams),
    "control characters": (6, _controls),
}  # fmt: skip
"""kind -> (how many, maker from a good answer)."""
