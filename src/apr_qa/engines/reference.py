"""`reference`: the judge's own eye, a float32 forward pass in numpy over our own readers."""

from __future__ import annotations

from apr_qa.engines._hosted import embedded
from apr_qa.vocab.axes import Format

REFERENCE = embedded(
    "reference",
    "apr_qa.reference",
    tuple(Format),
    summary="Our own float32 forward pass in numpy: exact and slow; reads SafeTensors, APR and GGUF.",
    get_it="It comes with apr-qa: pip install apr-qa",
)
