"""`llama.cpp`: the GGUF engine of the field, embedded by the `xllamacpp` wheel."""

from __future__ import annotations

from apr_qa.engines._hosted import embedded
from apr_qa.vocab.axes import Format

LLAMA_CPP = embedded(
    "llama.cpp",
    "apr_qa.llama_host",
    (Format.GGUF,),
    summary="llama.cpp by the xllamacpp wheel, set for exactness: float32 cache, no flash attention.",
    get_it="It comes with apr-qa: pip install apr-qa",
)
