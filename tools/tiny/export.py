"""Writes a trained model as a Hugging Face folder: BF16 SafeTensors, one file or several, and the json files."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer

from tiny import tokenizer as tokens
from tiny.shapes import Shape


def export(shape: Shape, work: Path, folder: Path) -> None:
    """Turns the work folder of a training (tokenizer.json, weights.pt) into the folder that is shipped."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = Tokenizer.from_file(str(work / "tokenizer.json"))
    tokens.save(tokenizer, shape, folder)
    special = {text: tokenizer.token_to_id(text) for text in tokens.SPECIAL}
    _write_json(folder / "config.json", shape.config(special))
    generation = {
        "bos_token_id": special["<|endoftext|>"],
        "do_sample": False,
        "eos_token_id": [special["<|im_end|>"], special["<|endoftext|>"]],
        "pad_token_id": special["<|endoftext|>"],
    }
    _write_json(folder / "generation_config.json", generation)
    weights = torch.load(work / "weights.pt")
    if shape.tied:  # one matrix, stored once, under the name of the embedding
        weights.pop("lm_head.weight", None)
    _write_weights(
        {name: weight.to(torch.bfloat16).contiguous() for name, weight in weights.items()}, shape.shards, folder
    )
    for path in folder.iterdir():
        path.chmod(0o644)


def _write_weights(weights: dict[str, torch.Tensor], shards: int, folder: Path) -> None:
    """One ``model.safetensors``, or shards of about equal size with their index."""
    for old in folder.glob("model*.safetensors*"):
        old.unlink()
    if shards == 1:
        save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
        return
    total = sum(weight.nbytes for weight in weights.values())
    place: dict[str, int] = {}
    before = 0
    for name in sorted(weights):
        place[name] = min(shards - 1, before * shards // total)
        before += weights[name].nbytes
    names = [f"model-{number + 1:05d}-of-{shards:05d}.safetensors" for number in range(shards)]
    for number, file_name in enumerate(names):
        part = {name: weight for name, weight in weights.items() if place[name] == number}
        save_file(part, folder / file_name, metadata={"format": "pt"})
    index = {"metadata": {"total_size": total}, "weight_map": {name: names[place[name]] for name in sorted(weights)}}
    _write_json(folder / "model.safetensors.index.json", index)


def _write_json(path: Path, data: object) -> None:
    path.write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")
