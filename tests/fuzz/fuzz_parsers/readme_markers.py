"""A README with the markers between which the table goes."""

from __future__ import annotations

from fuzz_target import Target, text

from apr_qa.errors import InputError
from apr_qa.registry.table import END, START, replace_block

_BLOCK = "| a |\n"


def _read(data: bytes) -> None:
    readme = text(data)
    once = replace_block(readme, _BLOCK)
    assert replace_block(once, _BLOCK) == once, "putting the same table in twice changes the page"
    assert once.startswith(readme.partition(START)[0]), "text before the markers was touched"
    assert once.endswith(readme.rpartition(END)[2]), "text after the markers was touched"


TARGET = Target(
    name="readme_markers",
    read=_read,
    refusals=(InputError,),
    seeds=(f"# A\n{START}\nold\n{END}\nrest\n".encode(), f"{END}{START}".encode()),
    words=(START.encode(), END.encode(), b"<!--", b"-->", b"\r\n"),
)
