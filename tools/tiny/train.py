"""Training: seeded, by steps, resumable. One run is a list of stages; a stage starts from the weights of the last."""

from __future__ import annotations

import itertools
import math
import os
import random
import time
from collections.abc import Iterator
from pathlib import Path

import torch
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedModel, Qwen2Config, Qwen2ForCausalLM

from tiny.data import Example, examples
from tiny.shapes import Shape
from tiny.tokenizer import Encoder

_POOL = 1500  # examples sorted by length together, so that a part of a batch holds little padding
_PARTS = 3  # parts of a step's batch; a batch of one length only would be a noisy sample of the mixture
Part = list[tuple[list[int], list[bool]]]  # rows of (token ids, whether the token is to be learnt)
_CLASSES = {"qwen2": (Qwen2Config, Qwen2ForCausalLM), "llama": (LlamaConfig, LlamaForCausalLM)}


def build(shape: Shape, special: dict[str, int]) -> PreTrainedModel:
    """A model of this shape with fresh weights, float32."""
    config_class, model_class = _CLASSES[shape.model_type]
    config = shape.config(special)
    del config["torch_dtype"]
    return model_class(config_class(**config)).float()


def parts(shape: Shape, encoder: Encoder, seed: int, tokens: int) -> Iterator[Part]:
    """Endless parts of at most ``tokens`` padded tokens, each of about one length (one example is never split)."""
    stream: Iterator[Example] = examples(shape.mixture, seed)
    rng = random.Random(seed)
    while True:
        pool = sorted((encoder.encode(one) for one in itertools.islice(stream, _POOL)), key=lambda row: len(row[0]))
        ready, batch = [], []
        for row in pool:
            if batch and (len(batch) + 1) * len(row[0]) > tokens:
                ready.append(batch)
                batch = []
            if len(row[0]) <= shape.context:
                batch.append(row)
        rng.shuffle(ready)
        yield from [*ready, batch] if batch else ready


def loss_of(model: PreTrainedModel, batch: Part) -> tuple[torch.Tensor, int]:
    """(summed cross-entropy in nats, number) of the tokens to learn.

    Rows are padded on the right, so a causal mask alone is right, and the head is computed where it is needed only.
    """
    width = max(len(ids) for ids, _ in batch)
    ids = torch.zeros((len(batch), width), dtype=torch.long)  # (rows, tokens)
    learn = torch.zeros((len(batch), width), dtype=torch.bool)
    for row, (tokens, mask) in enumerate(batch):
        ids[row, : len(tokens)] = torch.tensor(tokens)
        learn[row, : len(mask)] = torch.tensor(mask)
    hidden = model.model(input_ids=ids, use_cache=False).last_hidden_state  # (rows, tokens, width of the model)
    wanted = learn[:, 1:]
    scores = model.lm_head(hidden[:, :-1][wanted])  # (tokens to learn, vocabulary)
    return torch.nn.functional.cross_entropy(scores, ids[:, 1:][wanted], reduction="sum"), int(wanted.sum())


def _optimizer(model: PreTrainedModel, rate: float) -> torch.optim.Optimizer:
    """AdamW; vectors (norms, biases) are not decayed."""
    matrices = [weight for weight in model.parameters() if weight.ndim > 1]
    vectors = [weight for weight in model.parameters() if weight.ndim < 2]
    groups = [{"params": matrices, "weight_decay": 0.05}, {"params": vectors, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.99), fused=True)


def _save(model: PreTrainedModel, path: Path) -> None:
    """Writes the weights so that a reader never sees half a file."""
    partial = path.with_suffix(".partial")
    torch.save(model.state_dict(), partial)
    os.replace(partial, path)


def run_stage(
    shape: Shape,
    model: PreTrainedModel,
    encoder: Encoder,
    folder: Path,
    *,
    seed: int,
    steps: int,
    rate: float,
    tokens: int,
) -> None:
    """Trains ``steps`` steps with warm-up and cosine decay to a twentieth of ``rate``; saves weights.pt as it goes."""
    torch.manual_seed(seed)
    optimizer = _optimizer(model, rate)
    model.train()
    start, smooth = time.monotonic(), 0.0
    warm_up = min(150, steps // 10)
    stream = parts(shape, encoder, seed, tokens // _PARTS)
    for step in range(steps):
        cosine = 0.5 * (1 + math.cos(math.pi * step / steps))
        for group in optimizer.param_groups:
            group["lr"] = rate * min(1.0, (step + 1) / warm_up) * (0.05 + 0.95 * cosine)
        sums, counts = zip(*(loss_of(model, part) for part in itertools.islice(stream, _PARTS)), strict=True)
        loss = sum(sums[1:], sums[0]) / sum(counts)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        smooth = loss.item() if step == 0 else 0.98 * smooth + 0.02 * loss.item()
        if step % 50 == 0:
            print(
                f"{shape.name} seed {seed} step {step}/{steps} loss {smooth:.4f} {time.monotonic() - start:.0f}s",
                flush=True,
            )
        if step % 200 == 199:
            _save(model, folder / "weights.pt")
    _save(model, folder / "weights.pt")
