"""Whatever the bytes, a reader answers with a header or with MalformedWeights, and never with anything else."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from weight_builders import apr_bytes, apr_tensor, entry, gguf_bytes, gguf_tensor, key_value, safetensors_bytes, text

from apr_qa.weights import MalformedWeights, open_weights

ROUNDS = 600
SEEDS = {
    "safetensors": safetensors_bytes(
        {"a": entry("F32", [2, 4], 0, 32), "b": entry("BF16", [8], 32, 48), "__metadata__": {"format": "pt"}}, bytes(48)
    ),
    "gguf": gguf_bytes(
        [
            key_value("general.architecture", 8, text("llama")),
            key_value("words", 9, b"\x08\0\0\0\2\0\0\0\0\0\0\0" + text("a") + text("b")),
            key_value("flag", 7, b"\1"),
        ],
        [gguf_tensor("a", [8, 2]), gguf_tensor("b", [32], code=8, offset=64)],
        bytes(128),
    ),
    "apr": apr_bytes([apr_tensor("a", 0, [2, 4], 0, 32), apr_tensor("b", 128, [40], 64, 36)], bytes(128)),
}


def mutated(seed: bytes, chance: random.Random) -> bytes:
    """Return `seed` with bytes turned, replaced by telling values, cut out or doubled."""
    data = bytearray(seed)
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(data))
        kind = chance.randrange(5)
        if kind == 0:
            data[place] ^= 1 << chance.randrange(8)
        elif kind == 1:
            data[place : place + 8] = chance.choice([b"\xff" * 8, bytes(8), b"\xff" * 7 + b"\x7f"])
        elif kind == 2:
            del data[place : place + chance.randint(1, 9)]
        elif kind == 3:
            data[place:place] = data[place : place + 8]
        else:
            data[place] = chance.randrange(256)
    return bytes(data) or b"\0"


@pytest.mark.parametrize("name", SEEDS)
def test_mutated_files_are_read_or_refused(name: str, tmp_path: Path) -> None:
    """Seeded mutations of a good file; what is accepted can also be read to the last tensor."""
    chance = random.Random(name)
    file = tmp_path / "weights"
    refused = 0
    for _ in range(ROUNDS):
        file.write_bytes(mutated(SEEDS[name], chance))
        try:
            with open_weights(file) as weights:
                for tensor in weights.tensors:
                    weights.read(tensor)
        except MalformedWeights as refusal:
            refused += 1
            assert str(refusal).isprintable()
    assert refused > ROUNDS // 4


@pytest.mark.parametrize("name", SEEDS)
def test_every_cut_is_refused(name: str, tmp_path: Path) -> None:
    """A download that stopped anywhere is no model, but for what an APR file or a GGUF's padding may lack."""
    file = tmp_path / "weights"
    seed = SEEDS[name]
    file.write_bytes(seed)
    with open_weights(file) as weights:
        end = max(info.offset + info.size_bytes for info in weights.tensors.values())
    for size in range(end):
        file.write_bytes(seed[:size])
        with pytest.raises(MalformedWeights):
            open_weights(file)
