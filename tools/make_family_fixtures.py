"""Make the family fixtures: seeded random models of a few kilobytes, and their logits by transformers in float32.

Needs torch and transformers: `python tools/make_family_fixtures.py [NAME ...]` writes tests/fixtures/families.
A golden holds the tokens and the full logits; the config is written in the classic form that Hub models have, and the
model is read back from the files, so that the golden proves what the files say.
"""

from __future__ import annotations

import json
import sys
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file
from transformers import AutoConfig, AutoModelForCausalLM

from fixtures_families import FAMILIES, TOKENS, config_of
from fixtures_tokenizer import write_tokenizer

ROOT = Path(__file__).resolve().parent.parent / "tests" / "fixtures" / "families"
LIMIT_BYTES = 300_000


def main(names: list[str]) -> None:
    """Write the fixtures called `names`, or all."""
    for name in names or FAMILIES:
        folder = ROOT / name
        folder.mkdir(parents=True, exist_ok=True)
        size = make(name, folder)
        print(f"{name:20} {size:7} bytes")
        if size > LIMIT_BYTES:
            raise SystemExit(f"{name} is over {LIMIT_BYTES} bytes")


def make(name: str, folder: Path) -> int:
    """Write one fixture and return its size in bytes."""
    seed = zlib.crc32(name.encode())
    config = config_of(name)
    for old in folder.iterdir():
        old.unlink()
    _write_json(folder / "config.json", config)
    model = AutoModelForCausalLM.from_config(AutoConfig.from_pretrained(folder), dtype=torch.float32)
    config["architectures"] = [type(model).__name__]
    _write_json(folder / "config.json", config)
    _write_weights(model, folder, seed)
    if name == "qwen2":
        write_tokenizer(folder, config["vocab_size"])
    _write_golden(folder, config["vocab_size"], seed)
    return sum(file.stat().st_size for file in folder.iterdir())


def _write_json(file: Path, value: dict[str, Any]) -> None:
    file.write_text(json.dumps(value, indent=1, sort_keys=True) + "\n")


def _write_weights(model: torch.nn.Module, folder: Path, seed: int) -> None:
    """Replace every weight by a random one, large enough that logits are far from flat, and save them as BF16."""
    chance = torch.Generator().manual_seed(seed)
    tied = model.get_output_embeddings().weight is model.get_input_embeddings().weight
    tensors = {}
    for key, value in model.state_dict().items():
        if tied and value.data_ptr() == model.get_input_embeddings().weight.data_ptr() and "embed" not in key:
            continue
        noise = torch.randn(value.shape, generator=chance)
        if value.ndim > 1:
            scale = (
                (0.3 if tied else 1.0) if "embed" in key else (1.6 if "lm_head" in key else 1.2) / value.shape[1] ** 0.5
            )
            fresh = noise * scale
        elif key.endswith("bias"):
            fresh = 0.2 * noise
        else:  # norm weights stand around their neutral value, which transformers initialises them to
            fresh = value + 0.2 * noise
        # GPT-NeoX's head has another name on the Hub than in transformers 5.
        name = key.replace("lm_head", "embed_out") if "gpt_neox.embed_in.weight" in tensors else key
        tensors[name] = fresh.to(torch.bfloat16).contiguous()
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


def _write_golden(folder: Path, vocab: int, seed: int) -> None:
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    tokens = np.random.default_rng(seed).integers(3, vocab, TOKENS)  # 0 is padding, which generate masks
    with torch.no_grad():
        logits = model(torch.tensor(tokens)[None], use_cache=False).logits[0].numpy()
        prompt = torch.tensor(tokens[:8])[None]
        out = model.generate(prompt, max_new_tokens=32, do_sample=False, eos_token_id=None, pad_token_id=0)
    np.savez_compressed(
        folder / "golden.npz", tokens=tokens.astype(np.int32), logits=logits, greedy=out[0, 8:].numpy().astype(np.int32)
    )


if __name__ == "__main__":
    main(sys.argv[1:])
