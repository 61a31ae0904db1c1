"""Making the compact ground truth of a model: streamed by the reference engine, or by one that holds it whole."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from apr_qa.errors import InputError, WorkspaceError
from apr_qa.fetch.locate import Wanted, locate
from apr_qa.pipeline.engines import choose
from apr_qa.pipeline.looking import context_of, hashed
from apr_qa.pipeline.parity_engines import session
from apr_qa.reference import UnsupportedModel
from apr_qa.reference.files import read_json
from apr_qa.reference.tokenizer import load_tokenizer
from apr_qa.truth.baseline import make_baseline, write_baseline
from apr_qa.truth.compact import SUFFIX, key_of
from apr_qa.truth.declared import stored_dtype
from apr_qa.truth.figures import Floats
from apr_qa.truth.measure import CannotMeasureError, Truth, truth_of
from apr_qa.truth.text_set import Block, blocks, positions_for
from apr_qa.vocab.artefacts import Artefact
from apr_qa.vocab.axes import Format
from apr_qa.vocab.engines import Equipped
from apr_qa.weights import Header, MalformedWeights, read_header

FOLDER = "baselines"
"""Below the model cache."""

Busy = Callable[[str], None]


def keep_baseline(model: Path, cache: Path, engine: str, most: int | None, busy: Busy) -> Path:
    """Make the compact ground truth of the SafeTensors model at `model`, and return where it is kept.

    `engine`: empty for the streamed pass, else one that speaks our protocol (`torch`, `mlx` ...). `most` limits
    the positions. Raises InputError for a model that has none, WorkspaceError when it cannot be kept.
    """
    files = hashed(locate(model, Wanted(formats=(Format.SAFETENSORS,))), busy)
    ground = files.artefacts.get(Format.SAFETENSORS)
    if ground is None:
        raise InputError("only SafeTensors can be ground truth", where=str(model), remedy="Name a SafeTensors model.")
    key = key_of(files)
    try:
        header = read_header(ground.path)
        busy(f"computing the ground truth by {engine or 'the streamed pass'}")
        truth = _by_engine(engine, ground, header, context_of(files), most) if engine else truth_of(ground.path, most)
    except (CannotMeasureError, UnsupportedModel, MalformedWeights) as error:
        raise InputError(str(error), where=str(model)) from None
    place = cache / FOLDER / f"{key}{SUFFIX}"
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        write_baseline(make_baseline(truth, model=files.model, key=key, dtype=stored_dtype(header)), place)
    except OSError as error:
        raise WorkspaceError(f"cannot be written: {error.strerror}", where=str(place)) from None
    return place


def _by_engine(engine: str, ground: Artefact, header: Header, context: int | None, most: int | None) -> Truth:
    """Return the ground truth as another engine computes it on the same tokens."""
    equipped = choose(engine, (Format.SAFETENSORS,)).by_format[Format.SAFETENSORS]
    if not equipped.engine.module:
        raise InputError(f"{engine} gives no logits", where="--engine", remedy="Take torch, mlx or reference.")
    parameters = sum(math.prod(info.shape) for info in header.tensors.values())
    tokenizer = load_tokenizer(ground.path)
    found = blocks(tokenizer, context=context or positions_for(parameters), most=most or positions_for(parameters))
    with tempfile.TemporaryDirectory(prefix="apr-qa-") as folder:
        logits = _logits(equipped, ground, found, Path(folder))
    model_type = str(read_json(ground.folder / "config.json").get("model_type", ""))
    return Truth(found, logits, model_type, parameters)


def _logits(equipped: Equipped, ground: Artefact, found: tuple[Block, ...], scratch: Path) -> Floats:
    asked = {n: {"tokens": list(b.ids), "out": str(scratch / f"{n}.npy")} for n, b in enumerate(found)}
    replies = session(equipped, ground, "logits", asked, scratch)
    parts = []
    for number, block in enumerate(found):
        file = scratch / f"{number}.npy"
        if "error" in replies.get(number, {"error": ""}) or not file.is_file():
            said = replies.get(number, {}).get("error") or "its program ended early"
            raise CannotMeasureError(f"{equipped.engine.name} does not compute the ground truth: {said}")
        part = np.load(file, allow_pickle=False)
        if part.ndim != 2 or len(part) != len(block.ids) or not np.isfinite(part).all():
            raise CannotMeasureError(f"{equipped.engine.name} gives logits that are none of {len(block.ids)} tokens")
        parts.append(part.astype(np.float32))
    return np.concatenate(parts)
