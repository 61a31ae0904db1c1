"""Holds our families against the contracts of an apr-cli crate: ``python tools/align_families.py FOLDER``.

Compared are architectures, constraints, tensor names, shapes (on made-up numbers), GGUF names, and the numbers of each
size with those of the registry's models. Differences that are
known and explained in ``tools/families_known.yaml`` are printed with their reason; any other makes the exit status 1.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import yaml

from align_sizes import size_differences
from apr_qa.catalog.expressions import evaluate
from apr_qa.catalog.families import family_specs
from apr_qa.vocab.families import FamilySpec, TensorSpec

KNOWN = Path(__file__).with_name("families_known.yaml")
NUMBERS = {
    "vocab_size": 1013,
    "hidden_size": 64,
    "num_attention_heads": 8,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "intermediate_size": 96,
    "max_position_embeddings": 128,
    "d_model": 64,
    "encoder_ffn_dim": 88,
    "decoder_ffn_dim": 72,
    "n_mels": 10,
    "max_source_positions": 30,
    "max_target_positions": 20,
}
"""Made up so that no two dimensions are equal by chance, heads times width apart."""
THEIR_NUMBERS = NUMBERS | {"hidden_dim": 64, "num_heads": 8, "num_kv_heads": 2, "intermediate_dim": 96}
CONSTRAINTS = {
    "attention_type": "attention",
    "activation": "activation",
    "norm_type": "norm",
    "has_bias": "bias",
    "tied_embeddings": "tied",
    "positional_encoding": "positions",
    "mlp_type": "mlp",
}
MLP = {"swiglu": "gated", "gated_mlp": "gated", "gated": "gated", "gelu_mlp": "plain", "standard": "plain"}


def main() -> int:
    """Compares, prints, and returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="contracts/model-families of an apr-cli crate")
    folder = parser.parse_args().folder
    explained = yaml.safe_load(KNOWN.read_text(encoding="utf-8"))
    unexplained = total = 0
    for file in sorted(folder.glob("*.yaml")):
        theirs = yaml.safe_load(file.read_text(encoding="utf-8"))
        for what in differences(file.stem, theirs):
            total += 1
            reason = next(
                (
                    r
                    for pattern, r in explained.items()
                    if fnmatchcase(f"{file.stem}: {what}", pattern.replace("[", "[[]"))
                ),
                "",
            )
            unexplained += not reason
            print(f"{'known' if reason else 'NEW  '}  {file.stem}: {what}" + (f"\n       {reason}" if reason else ""))
    print(f"{total} differences, {unexplained} of them not explained")
    return 1 if unexplained else 0


def differences(name: str, theirs: Mapping[str, Any]) -> Iterator[str]:
    """Yields every difference in words."""
    ours = family_specs().get(name)
    if ours is None:
        yield "we have no such family"
        return
    yield from _architectures(ours, theirs)
    yield from _constraints(ours, theirs["constraints"])
    yield from _tensors(ours, theirs)
    yield from _gguf(ours, theirs)
    yield from size_differences(theirs)


def _architectures(ours: FamilySpec, theirs: Mapping[str, Any]) -> Iterator[str]:
    for architecture in theirs["architectures"]:
        if architecture not in ours.architectures:
            yield f"architecture {architecture} is not ours"


def _constraints(ours: FamilySpec, theirs: Mapping[str, Any]) -> Iterator[str]:
    for key, own in CONSTRAINTS.items():
        value = MLP.get(theirs[key], theirs[key]) if key == "mlp_type" else theirs[key]
        mine = getattr(ours.constraints, own)
        if mine != value:
            yield f"{key} is {value}, ours {mine}"


def named(template: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    """Yields (role, tensor name) of a nested template, what is null left out."""
    for role, value in template.items():
        if isinstance(value, dict):
            yield from named(value, f"{before}{role}.")
        elif isinstance(value, str):
            yield f"{before}{role}", value


def _tensors(ours: FamilySpec, theirs: Mapping[str, Any]) -> Iterator[str]:
    mine = {tensor.hf: tensor for tensor in ours.tensors}
    shapes = dict(named(theirs["shape_template"]))
    found = dict(named(theirs["tensor_template"]))
    for role, name in found.items():
        if name not in mine:
            yield f"tensor {name} is not ours"
        elif role.split(".")[-1] in shapes or role in shapes:
            yield from _shape(mine[name], shapes.get(role) or shapes[role.split(".")[-1]])
    for name in mine:
        if name not in found.values():
            yield f"tensor {name} is not theirs"


def _shape(tensor: TensorSpec, theirs: str) -> Iterator[str]:
    wanted = [evaluate(part.strip(), THEIR_NUMBERS) for part in theirs.strip("[]").split(",")]
    if tensor.shape is None:
        yield f"shape of {tensor.hf} is {theirs}, ours is not known"
        return
    mine = [evaluate(part, NUMBERS) for part in tensor.shape]
    if mine != wanted:
        yield f"shape of {tensor.hf} is {theirs}, ours [{', '.join(tensor.shape)}]"


def _gguf(ours: FamilySpec, theirs: Mapping[str, Any]) -> Iterator[str]:
    template = theirs.get("gguf_tensor_template")
    if not template:
        return
    mine = {written.name.removeprefix("blk.{n}.") for tensor in ours.tensors for written in tensor.gguf}
    their = {name for role, name in named(template) if not role.startswith("fuse")}
    their |= {entry["gguf_name"] for entry in template.get("fuse", [])}
    for name in sorted(their - mine):
        yield f"GGUF name {name} is not ours"
    for name in sorted(mine - their):
        yield f"GGUF name {name} is not theirs"


if __name__ == "__main__":
    sys.exit(main())
