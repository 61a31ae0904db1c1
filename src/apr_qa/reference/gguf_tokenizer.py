"""The tokenizer that a GGUF file carries: byte-level BPE with a split rule known by name; others are refused."""

from __future__ import annotations

from collections.abc import Mapping

from tokenizers import AddedToken, Regex
from tokenizers import Tokenizer as Library
from tokenizers.decoders import ByteLevel as ByteLevelDecoder
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel, Digits, PreTokenizer, Sequence, Split

from apr_qa.reference.record import UnsupportedModel
from apr_qa.reference.template import Template

_CONTROL, _USER = 3, 4
"""Token types: control tokens are special; user-defined ones are found whole but are text."""
_LETTERS_ON = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|"
_MARKS_ON = r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
_ONE_DIGIT = _LETTERS_ON + r"\p{N}" + _MARKS_ON
_THREE_DIGITS = _LETTERS_ON + r"\p{N}{1,3}" + _MARKS_ON

_RULES = {
    "gpt-2": "gpt2",
    "olmo": "gpt2",
    "qwen2": _ONE_DIGIT,
    "stablelm2": _ONE_DIGIT,
    "llama-bpe": _THREE_DIGITS,
    "llama3": _THREE_DIGITS,
    "smollm": "digits",
    "starcoder": "digits",
    "refact": "digits",
}
"""`tokenizer.ggml.pre` -> a pattern, or one of the two rules that the library has of its own."""


def library_of(metadata: Mapping[str, object]) -> Library:
    """Return the tokenizer in the file's metadata. Raises UnsupportedModel for a kind or rule that is not known."""
    kind, rule = metadata.get("tokenizer.ggml.model"), metadata.get("tokenizer.ggml.pre")
    if kind != "gpt2":
        raise UnsupportedModel(f"a GGUF tokenizer of kind {kind!r} is not read; only gpt2 (byte-level BPE) is")
    if rule not in _RULES:
        raise UnsupportedModel(f"the split rule {rule!r} is not known; known: {', '.join(_RULES)}")
    tokens = _texts(metadata, "tokenizer.ggml.tokens")
    merges = [_pair(merge) for merge in _texts(metadata, "tokenizer.ggml.merges")]
    try:
        library = Library(BPE(vocab={token: number for number, token in enumerate(tokens)}, merges=merges))
    except Exception as error:  # noqa: BLE001  (the library raises plain Exception)
        raise UnsupportedModel(f"the GGUF tokenizer cannot be built: {error}") from None
    library.pre_tokenizer = _splitter(_RULES[str(rule)])
    library.decoder = ByteLevelDecoder()
    _add_whole_tokens(library, tokens, metadata.get("tokenizer.ggml.token_type", ()))
    return library


def template_of(metadata: Mapping[str, object]) -> Template | None:
    """Return the chat template that the file carries."""
    text = metadata.get("tokenizer.chat_template")
    if not isinstance(text, str):
        return None
    return Template(text, {f"{name}_token": token_text(metadata, name) for name in ("bos", "eos")})


def token_text(metadata: Mapping[str, object], name: str) -> str:
    """Return the text of the special token `name` (`bos`, `eos`), or nothing when the file names none."""
    number = metadata.get(f"tokenizer.ggml.{name}_token_id")
    tokens = metadata.get("tokenizer.ggml.tokens")
    if isinstance(number, int) and isinstance(tokens, tuple) and 0 <= number < len(tokens):
        return str(tokens[number])
    return ""


def _texts(metadata: Mapping[str, object], key: str) -> list[str]:
    value = metadata.get(key)
    if not isinstance(value, tuple) or not all(isinstance(item, str) for item in value):
        raise UnsupportedModel(f"the file has no list of strings under {key}")
    return list(value)


def _pair(merge: str) -> tuple[str, str]:
    left, _, right = merge.partition(" ")
    return left, right


def _splitter(rule: str) -> PreTokenizer:
    if rule == "gpt2":
        return ByteLevel(add_prefix_space=False)
    if rule == "digits":
        parts = [Digits(individual_digits=True), ByteLevel(add_prefix_space=False)]
        return Sequence(parts)
    split = Split(Regex(rule), behavior="isolated")
    return Sequence([split, ByteLevel(add_prefix_space=False, use_regex=False)])


def _add_whole_tokens(library: Library, tokens: list[str], types: object) -> None:
    kinds = types if isinstance(types, tuple) else ()
    special = [text for text, kind in zip(tokens, kinds, strict=False) if kind == _CONTROL]
    whole = [text for text, kind in zip(tokens, kinds, strict=False) if kind == _USER]
    library.add_special_tokens([AddedToken(text, special=True, normalized=False) for text in special])
    library.add_tokens([AddedToken(text, normalized=False) for text in whole])
