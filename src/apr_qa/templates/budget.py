"""How much work a chat template may make: steps, values and characters are counted, so that it ends without a clock."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from jinja2 import TemplateError
from jinja2.utils import Namespace

LIMIT_WORK = 50_000
"""Units; a template of the Hub spends some hundreds on a conversation of four messages."""
CHARACTERS_A_UNIT = 100
LIMIT_BITS = 4096
"""Of a product of whole numbers: squaring sixty times would fill the memory."""


class Budget:
    """What is left of the work that one template may make."""

    def __init__(self, units: int = LIMIT_WORK) -> None:
        self.left = units

    def spend(self, units: int) -> None:
        """Take `units` away. Raises TemplateError when they are not there."""
        self.left -= units
        if self.left < 0:
            raise TemplateError("makes too much work for a chat template")

    def charge(self, *values: object) -> None:
        """Take away what it costs to look at all of `values`. Raises TemplateError; never looks at more than is left.

        What stands in a list twice is counted twice: a list of two lists of two lists ... is short to hold and endless
        to write.
        """
        waiting: list[object] = list(values)
        while waiting:
            value = waiting.pop()
            self.spend(1)
            if isinstance(value, str):
                self.spend(len(value) // CHARACTERS_A_UNIT)
            elif isinstance(value, list | tuple):
                self._several(value, waiting)
            elif isinstance(value, Mapping):
                self._several(value.keys(), waiting)
                self._several(value.values(), waiting)
            elif isinstance(value, Namespace):
                waiting.append(object.__getattribute__(value, "_Namespace__attrs"))

    def _several(self, values: Any, waiting: list[object]) -> None:
        if len(values) > self.left:
            self.spend(len(values))
        waiting.extend(values)

    def counted(self, values: Iterable[Any]) -> Iterator[Any]:
        """Yield `values`, each for one unit."""
        for value in values:
            self.spend(1)
            yield value


def small_product(left: int, right: int) -> None:
    """Raise TemplateError when `left` times `right` would be a very large number."""
    if left.bit_length() + right.bit_length() > LIMIT_BITS:
        raise TemplateError("the operator * makes a very large number")
