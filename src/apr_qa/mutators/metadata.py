"""Numbers and labels of a converted file that no longer say what the ground truth says. No weight is touched."""

from __future__ import annotations

from apr_qa.mutators._planting import Apply, gguf_keys, numbers
from apr_qa.vocab.mutators import FaultLayer, Mutator, Place

_GGUF, _BOTH = (Place.GGUF,), (Place.GGUF, Place.APR)
_THETA, _EPS, _CONTEXT = "rope__freq_base", "attention__layer_norm_rms_epsilon", "context_length"


def _fault(name: str, apply: Apply, summary: str, words: tuple[str, ...], places: tuple[Place, ...] = _GGUF) -> Mutator:
    return Mutator(
        name=name,
        layer=FaultLayer.METADATA,
        summary=summary,
        breaks="The weights are right, the engine computes something else with them: at once, or far into a long text.",
        places=places,
        apply=apply,
        words=words,
    )


MUTATORS = (
    _fault(
        "rope-base-default",
        numbers(_THETA, "rope_theta", lambda _: 10_000.0),
        "The base of the rotary embedding is the library's default, 10000.",
        ("rope_theta",),
        _BOTH,
    ),
    _fault(
        "rope-base-near",
        numbers(_THETA, "rope_theta", lambda theta: 1.2 * theta),
        "The base of the rotary embedding is 1.2 times as large.",
        ("rope_theta",),
        _BOTH,
    ),
    _fault(
        "rope-scaled",
        gguf_keys(ARCH__rope__scaling__type="linear", ARCH__rope__scaling__factor=4.0),
        "A scaling of positions by 4 is declared that the ground truth does not have.",
        ("scaling",),
    ),
    _fault(
        "eps-default",
        numbers(_EPS, "rms_norm_eps", lambda _: 1e-5),
        "The epsilon of the norms is forced to 1e-5.",
        ("eps",),
        _BOTH,
    ),
    _fault(
        "eps-large",
        numbers(_EPS, "rms_norm_eps", lambda _: 1e-2),
        "The epsilon of the norms is 0.01.",
        ("eps",),
        _BOTH,
    ),
    _fault(
        "eps-small",
        numbers(_EPS, "rms_norm_eps", lambda eps: eps / 3),
        "The epsilon of the norms is a third.",
        ("eps",),
        _BOTH,
    ),
    _fault(
        "context-longer",
        numbers(_CONTEXT, "max_position_embeddings", lambda length: int(4 * length)),
        "The context length is four times the trained one.",
        ("context",),
        _BOTH,
    ),
    _fault(
        "context-shorter",
        numbers(_CONTEXT, "max_position_embeddings", lambda _: 512),
        "The context length is cut to 512.",
        ("context",),
        _BOTH,
    ),
    _fault(
        "heads-differ",
        gguf_keys(ARCH__attention__head_count=8, ARCH__attention__head_count_kv=4),
        "Twice as many heads of half the width are declared; every shape still fits.",
        ("head",),
    ),
    _fault(
        "file-type-label",
        gguf_keys(general__file_type=2),
        "The file is labelled Q4_0, its tensors are not.",
        ("q4_0",),
    ),
    _fault(
        "end-token-wrong",
        gguf_keys(tokenizer__ggml__eos_token_id=638),
        "Another token is declared to end a turn, so that answers never stop.",
        ("end token",),
    ),
    _fault(
        "begin-token-wrong",
        gguf_keys(tokenizer__ggml__bos_token_id=638),
        "Another token is declared to begin a text.",
        ("begin token",),
    ),
    _fault(
        "begin-token-added",
        gguf_keys(tokenizer__ggml__add_bos_token=True),
        "A begin token is put before every prompt, so that all positions are off by one.",
        ("begin", "add_bos"),
    ),
)
