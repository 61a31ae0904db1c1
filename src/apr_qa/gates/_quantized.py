"""Are the weights of a format rounded so coarsely that wording may change?"""

from __future__ import annotations

from apr_qa.vocab.axes import Format
from apr_qa.vocab.gates import Brief

FULL = frozenset({"", "f16", "fp16", "bf16", "f32", "fp32", "float16", "bfloat16", "float32"})


def is_quantized(brief: Brief, form: Format) -> bool:
    """Return whether the artefact of `form` says by its name or header that it holds fewer bits than 16."""
    artefact = brief.files.artefacts.get(form)
    return artefact is not None and artefact.quantization.lower() not in FULL
