"""What is read off the text of an answer: likeness, control tokens, broken bytes."""

from __future__ import annotations

import pytest

from apr_qa.gates._answers import broken_text, compare, control_tokens


def _as_glyphs(text: str) -> str:
    """Return UTF-8 as byte-level BPE spells it."""
    shown = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    hidden = [byte for byte in range(256) if byte not in shown]
    table = {byte: chr(byte) for byte in shown} | {byte: chr(0x100 + n) for n, byte in enumerate(hidden)}
    return "".join(table[byte] for byte in text.encode())


@pytest.mark.parametrize("text", ["你好！有什么可以帮您？", "こんにちは！", "Привет!", "👋 Hello", "naïve café"])
def test_glyphs_of_the_tokenizer_are_told_from_text(text: str) -> None:
    """Text in any script is whole; the same bytes shown as glyphs are not."""
    assert broken_text(text) == ""
    assert broken_text(_as_glyphs(text)) != ""


@pytest.mark.parametrize("text", ["Où êtes-vous ?", "Größe: 5 µm", "ÀÉÎÕÜ", "Ğüneş İstanbul", "¿Cómo?", "", "4"])
def test_accents_are_whole(text: str) -> None:
    """Letters that happen to be glyphs too are no fault."""
    assert broken_text(text) == ""


def test_replacement_characters_are_broken() -> None:
    """U+FFFD never belongs in an answer."""
    assert "U+FFFD" in broken_text("你\ufffd")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("4", " 4\n", True),
        ("4", "\x1b[1m4\x1b[0m", True),
        ("4", "5", False),
        ("Hello", "Hello! How can I help you today?", False),
        ("The capital of France is Paris.", "The capital of France is Paris, of course.", True),
        ("The capital of France is Paris", "The capital of France is Paris! It lies on the Seine.", False),
        ("", "4", False),
    ],
)
def test_likeness(one: str, other: str, same: bool) -> None:
    """Equal but for space and colours, or parting late."""
    assert compare(one, other).same is same


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("4<|im_end|>", ["<|im_end|>"]),
        ("</s> [INST] x", ["</s>", "[INST]"]),
        ("<end_of_turn>", ["<end_of_turn>"]),
        ("if a < b | c > d: print('<b>')", []),
        (None, []),
    ],
)
def test_control_tokens(text: str | None, found: list[str]) -> None:
    """Tokens of the common templates are found, HTML and comparisons are not."""
    assert control_tokens(text) == found
