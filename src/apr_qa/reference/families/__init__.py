"""The families that the engine computes, by `model_type`. One file is one family or a few close ones, as data.

A family counts only with a fixture and a golden in `tests/fixtures/families`.
"""

from apr_qa.reference.families import gemma, gpt_neox, granite, llama, olmo, phi, qwen, stablelm, starcoder2
from apr_qa.reference.record import Architecture

_ALL: tuple[Architecture, ...] = (
    llama.LLAMA,
    llama.MISTRAL,
    qwen.QWEN2,
    qwen.QWEN3,
    gemma.GEMMA,
    gemma.GEMMA2,
    phi.PHI,
    phi.PHI3,
    gpt_neox.GPT_NEOX,
    stablelm.STABLELM,
    starcoder2.STARCODER2,
    olmo.OLMO,
    olmo.OLMO2,
    granite.GRANITE,
)

FAMILIES: dict[str, Architecture] = {family.model_type: family for family in _ALL}
