"""`torch`: transformers in float32, the field's own reference, as an optional extra."""

from __future__ import annotations

from apr_qa.engines._hosted import embedded
from apr_qa.vocab.axes import Format

TORCH = embedded(
    "torch",
    "apr_qa.extras.torch_host",
    (Format.SAFETENSORS,),
    summary="transformers in float32 on the CPU, with full logits (3 GB).",
    get_it="pip install 'apr-qa[torch]'",
)
