"""`mlx`: a further opinion on SafeTensors by mlx-lm, as an optional extra."""

from __future__ import annotations

from apr_qa.engines._hosted import embedded
from apr_qa.vocab.axes import Format

MLX = embedded(
    "mlx",
    "apr_qa.extras.mlx_host",
    (Format.SAFETENSORS,),
    summary="mlx-lm in float32 on the CPU, without torch (61 MB, glibc 2.35 or later).",
    get_it="pip install 'apr-qa[mlx]'",
)
