"""Weights in the wrong order or place: the bytes are all there, the model is not."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from apr_qa.mutators._edits import LOUD, weight_fault
from apr_qa.mutators._follow import interleaved
from apr_qa.mutators._names import EMBEDDING, HEAD, in_layer
from apr_qa.mutators._planting import Plot

Order = npt.NDArray[np.intp]
_Q, _K, _V, _O = (f"self_attn.{letter}_proj" for letter in "qkvo")
_GATE, _UP, _DOWN = "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"


def _swap(one: str, other: str) -> Callable[[Plot], None]:
    def edit(plot: Plot) -> None:
        tensors = plot.tensors
        tensors[one], tensors[other] = tensors[other].copied(), tensors[one].copied()

    return edit


def _swap_layers(plot: Plot) -> None:
    for name in [n for n in plot.tensors if ".layers.0." in n]:
        _swap(name, name.replace(".layers.0.", ".layers.1."))(plot)


def _transpose(plot: Plot) -> None:
    tensor = plot.tensors[in_layer(0, _Q)]
    tensor.put(np.ascontiguousarray(tensor.values().T))


def _column_major(plot: Plot) -> None:
    """The bytes of the transposed matrix under the shape of the right one."""
    tensor = plot.tensors[in_layer(0, _DOWN)]
    tensor.put(np.ascontiguousarray(tensor.values().T).reshape(tensor.shape))


def _pairs(rows: int, heads: int) -> Order:
    numbered = np.arange(rows, dtype=np.float32)
    return interleaved(numbered, heads).astype(np.intp)


def _permute(*parts: str) -> Callable[[Plot], None]:
    """Reorder q or k rows of layer 1 as for another rotation, and forget the biases, as real converters did."""

    def edit(plot: Plot) -> None:
        for part in parts:
            heads = plot.config["num_attention_heads" if part == _Q else "num_key_value_heads"]
            tensor = plot.tensors[in_layer(1, part)]
            tensor.reorder(_pairs(tensor.shape[0], heads))

    return edit


def _head_order(plot: Plot) -> None:
    """Query heads dealt out round robin over the key heads, instead of in groups."""
    heads, groups = plot.config["num_attention_heads"], plot.config["num_key_value_heads"]
    tensor = plot.tensors[in_layer(0, _Q)]
    rows = np.arange(tensor.shape[0]).reshape(groups, heads // groups, -1)
    tensor.reorder(rows.swapaxes(0, 1).reshape(-1))


def _swap_rows(name: str) -> Callable[[Plot], None]:
    """Swap the rows of two tokens; the ids are those of `4` and `5` in the byte-level alphabet."""

    def edit(plot: Plot) -> None:
        tensor = plot.tensors[name]
        order = np.arange(tensor.shape[0])
        order[[19, 20]] = order[[20, 19]]
        tensor.reorder(order)

    return edit


def _off_by_one(plot: Plot) -> None:
    tensor = plot.tensors[EMBEDDING]
    tensor.reorder(np.roll(np.arange(tensor.shape[0]), 1))


def _duplicate_layer(plot: Plot) -> None:
    for name in [n for n in plot.tensors if ".layers.0." in n]:
        plot.tensors[name.replace(".layers.0.", ".layers.1.")] = plot.tensors[name].copied()


def _head_is_embedding(plot: Plot) -> None:
    plot.tensors[HEAD] = plot.tensors[EMBEDDING].copied()


_IN_TURN = ("permutation",)
MUTATORS = (
    weight_fault(
        "transposed",
        _transpose,
        "A square matrix is transposed.",
        (in_layer(0, _Q),),
        ("transpos",),
        gateway=True,
        places=LOUD,
    ),
    weight_fault(
        "column-major",
        _column_major,
        "A matrix is written column by column under its row-major shape (LAYOUT-002).",
        (in_layer(0, _DOWN),),
        ("column-major", "columns first", "transpos"),
    ),
    weight_fault(
        "k-v-swapped",
        _swap(in_layer(0, _K), in_layer(0, _V)),
        "Key and value matrices of one layer are swapped.",
        (in_layer(0, _K), in_layer(0, _V)),
        ("swap",),
        gateway=True,
        places=LOUD,
    ),
    weight_fault(
        "gate-up-swapped",
        _swap(in_layer(0, _GATE), in_layer(0, _UP)),
        "Gate and up matrices of one layer are swapped.",
        (in_layer(0, _GATE), in_layer(0, _UP)),
        ("swap",),
        gateway=True,
        places=LOUD,
    ),
    weight_fault(
        "layers-swapped",
        _swap_layers,
        "Layers 0 and 1 change places.",
        tuple(in_layer(layer, _Q) for layer in (0, 1)),
        ("swap", "belongs in layer"),
        gateway=True,
        places=LOUD,
    ),
    weight_fault(
        "layer-duplicated",
        _duplicate_layer,
        "Layer 1 is a copy of layer 0.",
        tuple(in_layer(1, part) for part in (_Q, _K, _V, _O)),
        ("copy of", "belongs in layer"),
        places=LOUD,
    ),
    weight_fault(
        "q-k-permuted",
        _permute(_Q, _K),
        "Query and key rows of one layer stand in the order of the other rotary embedding.",
        (in_layer(1, _Q), in_layer(1, _K)),
        _IN_TURN,
        places=LOUD,
    ),
    weight_fault(
        "k-permuted",
        _permute(_K),
        "Key rows of one layer stand in the order of the other rotary embedding.",
        (in_layer(1, _K),),
        _IN_TURN,
    ),
    weight_fault(
        "head-order",
        _head_order,
        "Query heads are dealt out over the key heads in turn, not in groups.",
        (in_layer(0, _Q),),
        ("heads",),
        places=LOUD,
    ),
    weight_fault(
        "vocabulary-rows-swapped",
        _swap_rows(EMBEDDING),
        "The embedding rows of two tokens are swapped.",
        (EMBEDDING,),
        ("swapped",),
    ),
    weight_fault(
        "head-rows-swapped",
        _swap_rows(HEAD),
        "The rows of two tokens in an untied head are swapped.",
        (HEAD,),
        ("swapped",),
        model="tiny-llama",
    ),
    weight_fault(
        "vocabulary-off-by-one",
        _off_by_one,
        "Every embedding row stands one row too low.",
        (EMBEDDING,),
        ("rows lie elsewhere", "shift", "off by one"),
        gateway=True,
        places=LOUD,
    ),
    weight_fault(
        "head-tied",
        _head_is_embedding,
        "An untied head is overwritten with the embedding.",
        (HEAD,),
        ("copy of", "belongs in"),
        model="tiny-llama",
        places=LOUD,
    ),
)
