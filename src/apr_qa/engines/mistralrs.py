"""`mistralrs`: a further opinion on SafeTensors by mistral.rs (candle, Rust), as an optional extra."""

from __future__ import annotations

from apr_qa.engines._hosted import embedded
from apr_qa.vocab.axes import Format

MISTRALRS = embedded(
    "mistralrs",
    "apr_qa.extras.mistralrs_host",
    (Format.SAFETENSORS,),
    summary="mistral.rs on the CPU with a float32 cache; greedy only, no full distributions (26 MB).",
    get_it="pip install 'apr-qa[mistralrs]'",
)
