"""mlx-lm in float32 on the CPU, as a child program: `python -I -m apr_qa.extras.mlx_host`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from apr_qa.extras._text_host import Floats, Loaded, Step, TextHost, settings, stop_tokens
from apr_qa.extras._wheels import installed
from apr_qa.hosting import HostError, main


def _load(folder: Path) -> Loaded:
    """Raises HostError where mlx-lm would read another RoPE base than the one that the file states."""
    import mlx.core as mx
    from mlx_lm import load
    from mlx_lm.models.cache import make_prompt_cache

    config = settings(folder)
    _check_rope(config)
    mx.set_default_device(mx.cpu)
    model, tokenizer = load(str(folder))
    model.set_dtype(mx.float32)

    def begin() -> Step:
        cache = make_prompt_cache(model)

        def step(tokens: Sequence[int]) -> Floats:
            logits = model(mx.array([list(tokens)]), cache=cache)[0].astype(mx.float32)
            return np.array(logits, dtype=np.float32)

        return step

    return Loaded(
        tokenizer=getattr(tokenizer, "_tokenizer", tokenizer),
        eos=stop_tokens(config.get("eos_token_id"), tokenizer.eos_token_id),
        context=int(config["max_position_embeddings"]),
        begin=begin,
    )


def _check_rope(config: dict[str, Any]) -> None:
    """mlx-lm 0.32 ignores `rope_parameters.rope_theta` and silently takes a default: then answers are wrong."""
    nested = config.get("rope_parameters") or {}
    if "rope_theta" in nested and "rope_theta" not in config:
        raise HostError("load", "config.json nests rope_theta under rope_parameters, where mlx-lm does not look")


if __name__ == "__main__":
    main(TextHost("mlx", installed("mlx-lm", "mlx"), _load))
