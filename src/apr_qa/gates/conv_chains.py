"""F-CONV-RT-00n: there and back again through several formats, and the ground truth is still in the file."""

from __future__ import annotations

from apr_qa.gates import _conversion_values, _conversions
from apr_qa.gates._conversions import A, G, S
from apr_qa.vocab.axes import Category
from apr_qa.vocab.conversions import Route
from apr_qa.vocab.gates import Gate, GateSpec

_CHAINS: tuple[Route, ...] = ((G, A, S, G), (S, A, G, S), (S, A, G, A, S), (S, A, G, A))


def _gate(number: int, route: Route) -> Gate:
    return Gate(
        spec=GateSpec(
            id=f"F-CONV-RT-{number:03}",
            claim=f"After {' to '.join(route)} by the engine, the values are still those of the ground truth.",
            category=Category.REGR,
            formats=(route[-1],),
            tiers=_conversions.ROUTES_AT,
            remedy="Look at the gates of its single steps (F-CONV-X-Y): the first that falls is where values are lost.",
        ),
        draw=_conversions.draw_for(route),
        judge=_conversion_values.judge,
    )


GATES = tuple(_gate(number, route) for number, route in enumerate(_CHAINS, start=1))
