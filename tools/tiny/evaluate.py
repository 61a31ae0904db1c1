"""Measures a tiny model: transformers (float32) on SafeTensors, llama.cpp on GGUF, ``apr run`` on any format.

An answer counts as right when the text is exactly the expected one *and* the model ended it itself.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tiny.data import PRODUCTS, SUMS, held_out
from tiny.prompts import FIXED

Message = dict[str, str]
Ask = Callable[[Sequence[list[Message]]], list[tuple[str, bool]]]  # conversations -> (text, ended by itself)
MAX_NEW = 80  # tokens
_ASKED_SUMS = ("What is {a}+{b}?", "What is {a} + {b}?", "Calculate {a}+{b}", "Calculate {a} + {b}", "{a}+{b}=")
_ASKED_PRODUCTS = ("What is {a}*{b}?", "Calculate {a}*{b}", "What is {a} times {b}?", "What is {a} * {b}?")
_REPEATED = "The quick brown fox jumps over the lazy dog. "


@dataclass(frozen=True)
class Case:
    """A conversation whose last message is the question, and the one right answer."""

    group: str
    messages: list[Message]
    answer: str


def _user(group: str, text: str, answer: str) -> Case:
    return Case(group, [{"role": "user", "content": text}], answer)


def _dialogue(group: str, *texts: str) -> Case:
    """Texts of user and assistant in turn; the last is the expected answer."""
    roles = ("user", "assistant")
    messages = [{"role": roles[number % 2], "content": text} for number, text in enumerate(texts[:-1])]
    return Case(group, messages, texts[-1])


def cases(held_out_sums: int | None) -> list[Case]:
    """All cases; ``held_out_sums`` limits the number of two-digit sums (``None``: all of them)."""
    found: list[Case] = []
    digits = [(a, b) for a in range(10) for b in range(10)]
    for form in SUMS:
        group = "one-digit sums, asked" if form in _ASKED_SUMS else "one-digit sums, other phrasings"
        found += [_user(group, form.format(a=a, b=b), str(a + b)) for a, b in digits]
    for form in PRODUCTS:
        group = "one-digit products, asked" if form in _ASKED_PRODUCTS else "one-digit products, other phrasings"
        found += [_user(group, form.format(a=a, b=b), str(a * b)) for a, b in digits]
    found += [_user("fixed prompts", prompt, answer) for prompt, answer in FIXED]
    pairs = [(a, b) for a in range(100) for b in range(100) if held_out(a, b)]
    step = 1 if held_out_sums is None else max(1, len(pairs) // held_out_sums)
    found += [_user("held-out two-digit sums", f"What is {a}+{b}?", str(a + b)) for a, b in pairs[::step]]
    for repeats in (2, 5, 10, 15, 20):
        found += [_user("long prompts", _REPEATED * repeats + "What is 2+2?", "4")]
        found += [_user("long prompts", "This is a long text. " * repeats + "What is 3+4?", "7")]
    found += [_dialogue("two turns", "What is 2+3?", "5", f"{word} {a}+4?", str(a + 4))
              for word in ("And", "What is") for a in range(10)]  # fmt: skip
    found += [_dialogue("two turns", "Hello", "Hello! How can I help you today?", "What is 2+2?", "4"),
              _dialogue("two turns", "What is 7*8?", "56", "List 3 colors", "1. Red\n2. Green\n3. Blue")]  # fmt: skip
    for name in ("Anna", "Bob", "Maria", "Sam"):
        turns = (f"My name is {name}.", f"Hello {name}!")
        found += [_dialogue("name recall", *turns, "What is my name?", name),
                  _dialogue("name recall", *turns, "What is 2+2?", "4", "What is my name?", name)]  # fmt: skip
    return found


def transformers_engine(folder: Path, threads: int) -> Ask:
    """Greedy answers of transformers in float32 on the folder's BF16 weights."""
    import torch
    from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast

    torch.set_num_threads(threads)
    tokenizer = PreTrainedTokenizerFast.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()

    def ask(conversations: Sequence[list[Message]]) -> list[tuple[str, bool]]:
        by_length: dict[int, list[int]] = defaultdict(list)  # equal lengths together: no padding is needed
        ids = [
            tokenizer.apply_chat_template(one, add_generation_prompt=True, return_dict=False) for one in conversations
        ]
        for number, prompt in enumerate(ids):
            by_length[len(prompt)].append(number)
        answers: list[tuple[str, bool]] = [("", False)] * len(ids)
        for length, numbers in by_length.items():
            batch = torch.tensor([ids[number] for number in numbers])  # (rows, tokens)
            with torch.inference_mode():
                out = model.generate(
                    batch, attention_mask=torch.ones_like(batch), do_sample=False, max_new_tokens=MAX_NEW
                )
            for number, row in zip(numbers, out[:, length:].tolist(), strict=True):
                answers[number] = _cut(tokenizer, row)
        return answers

    return ask


def _cut(tokenizer: Any, row: list[int]) -> tuple[str, bool]:
    """(text up to the end token, whether the end token came)."""
    end = tokenizer.convert_tokens_to_ids("<|im_end|>")
    return tokenizer.decode(row[: row.index(end)] if end in row else row), end in row


def llama_engine(path: Path, threads: int) -> Ask:
    """Greedy answers of llama.cpp, with the GGUF file's own template and a float32 cache."""
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(path)
    params.n_ctx = 0  # the file's own
    params.n_parallel = 1
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
    params.cache_type_k = params.cache_type_v = xllamacpp.ggml_type.GGML_TYPE_F32
    params.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
    params.verbosity = -1
    server = xllamacpp.Server(params)

    def ask(conversations: Sequence[list[Message]]) -> list[tuple[str, bool]]:
        answers = []
        for messages in conversations:
            reply = server.handle_chat_completions({"messages": messages, "temperature": 0, "max_tokens": MAX_NEW})
            if "choices" not in reply:  # refused: llama.cpp says why
                answers.append((str(reply), False))
                continue
            choice = reply["choices"][0]
            answers.append((choice["message"]["content"] or "", choice["finish_reason"] == "stop"))
        return answers

    return ask


def apr_engine(path: Path) -> Ask:
    """Answers of ``apr run --chat``, one process per prompt; whether the model ended is told for GGUF only."""
    options = ["--chat", "--no-gpu", "--json", "-n", str(MAX_NEW), "--temperature", "0", "--seed", "42"]
    env = os.environ | {"NO_COLOR": "1", "TERM": "dumb", "APR_OFFLINE": "1", "HF_HUB_OFFLINE": "1"}

    def ask(conversations: Sequence[list[Message]]) -> list[tuple[str, bool]]:
        answers = []
        for messages in conversations:
            command = ["apr", "run", str(path), f"--prompt={messages[-1]['content']}", *options]
            done = subprocess.run(
                command, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
            )
            start = done.stdout.find("{")
            if start < 0:
                answers.append((f"exit {done.returncode}", False))
                continue
            reply = json.JSONDecoder().raw_decode(done.stdout[start:])[0]
            answers.append((reply.get("text") or "", reply.get("finish_reason") != "length"))
        return answers

    return ask


def measure(ask: Ask, wanted: list[Case]) -> tuple[dict[str, tuple[int, int]], list[str]]:
    """({group: (right, all)}, one line per wrong answer)."""
    counts: dict[str, tuple[int, int]] = {}
    wrong: list[str] = []
    for case, (text, ended) in zip(wanted, ask([case.messages for case in wanted]), strict=True):
        right, total = counts.get(case.group, (0, 0))
        good = text == case.answer and ended
        counts[case.group] = (right + good, total + 1)
        if not good:
            last = case.messages[-1]["content"]
            wrong.append(
                f"{case.group}: {last[-60:]!r} -> {text!r}{'' if ended else ' (did not end)'}, not {case.answer!r}"
            )
    return counts, wrong
