"""Byte-level BPE with single digits, ChatML, and the files that carry them."""

from __future__ import annotations

import itertools
import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

from tiny.data import Example, examples
from tiny.shapes import Shape

SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
# No default system text: an engine that adds one of its own is then seen in the token count.
CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)
_QWEN2_SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
_CORPUS_SIZE = 12_000  # conversations


def _pre_tokenizer(name: str) -> Any:
    """The split rule that llama.cpp knows under ``name``; both keep digits single."""
    if name == "qwen2":
        split = pre_tokenizers.Split(Regex(_QWEN2_SPLIT), behavior="isolated")
        return pre_tokenizers.Sequence([split, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    digits = pre_tokenizers.Digits(individual_digits=True)
    return pre_tokenizers.Sequence([digits, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)])


def train(shape: Shape) -> Tokenizer:
    """A tokeniser of exactly ``shape.vocab`` tokens, the special ones last, trained on the model's own examples."""
    tokenizer = Tokenizer(models.BPE())
    if shape.pre_tokenizer == "qwen2":
        tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = _pre_tokenizer(shape.pre_tokenizer)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    trainer = trainers.BpeTrainer(
        vocab_size=shape.vocab - len(SPECIAL),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    # The repeated text of the long examples would win every merge.
    mixture = {kind: share for kind, share in shape.mixture.items() if kind not in ("long", "junk")}
    mixture["fixed"] *= 4
    stream = itertools.islice(examples(mixture, shape.seed), _CORPUS_SIZE)
    tokenizer.train_from_iterator((part for one in stream for turn in one.turns for part in ("\n", *turn)), trainer)
    tokenizer.add_special_tokens([AddedToken(text, special=True, normalized=False) for text in SPECIAL])
    assert tokenizer.get_vocab_size() == shape.vocab, tokenizer.get_vocab_size()
    return tokenizer


def save(tokenizer: Tokenizer, shape: Shape, folder: Path) -> None:
    """Writes tokenizer.json, tokenizer_config.json and chat_template.jinja.

    Merges are written as strings (``"a b"``), as most published models have them: current ``tokenizers`` would save
    pairs, and not every reader takes both.
    """
    data = json.loads(tokenizer.to_str())
    data["model"]["merges"] = [
        merge if isinstance(merge, str) else " ".join(merge) for merge in data["model"]["merges"]
    ]
    (folder / "tokenizer.json").write_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    added = {
        str(tokenizer.token_to_id(text)): {
            "content": text, "lstrip": False, "normalized": False, "rstrip": False, "single_word": False,
            "special": True,
        }
        for text in SPECIAL
    }  # fmt: skip
    settings = {
        "add_bos_token": False,
        "add_prefix_space": False,
        "added_tokens_decoder": added,
        "additional_special_tokens": ["<|im_start|>", "<|im_end|>"],
        "bos_token": None,
        "chat_template": CHAT_TEMPLATE,
        "clean_up_tokenization_spaces": False,
        "eos_token": "<|im_end|>",
        "errors": "replace",
        "model_max_length": shape.context,
        "pad_token": "<|endoftext|>",
        "split_special_tokens": False,
        "tokenizer_class": "Qwen2Tokenizer" if shape.model_type == "qwen2" else "PreTrainedTokenizerFast",
        "unk_token": None,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")
    (folder / "chat_template.jinja").write_text(CHAT_TEMPLATE, encoding="utf-8")


class Encoder:
    """Turns a conversation into token ids and a loss mask."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.tokenizer = tokenizer
        self._ids = lru_cache(maxsize=100_000)(lambda text: tuple(tokenizer.encode(text, add_special_tokens=False).ids))

    def encode(self, example: Example) -> tuple[list[int], list[bool]]:
        """(ids, learn): ``learn[i]`` says whether token ``i`` is one that the model has to produce."""
        ids: list[int] = []
        learn: list[bool] = []
        before = f"<|im_start|>system\n{example.system}<|im_end|>\n" if example.system else ""
        for user, answer in example.turns:
            asked = self._ids(f"{before}<|im_start|>user\n{user}<|im_end|>\n<|im_start|>assistant\n")
            said = self._ids(f"{answer}<|im_end|>")
            ids += [*asked, *said]
            learn += [False] * len(asked) + [True] * len(said)
            before = "\n"
        return ids, learn
