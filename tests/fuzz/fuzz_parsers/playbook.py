"""Playbooks, as pull requests bring them."""

from __future__ import annotations

from fuzz_target import Target, text
from playbook_shapes import BLOCKS, SHAPES, text_of

from apr_qa.playbook.load import PlaybookError, parse_playbook


def _read(data: bytes) -> None:
    parse_playbook(text(data), source="p.yaml")


TARGET = Target(
    name="playbook",
    read=_read,
    refusals=(PlaybookError,),
    seeds=tuple(text_of(name).encode() for name in SHAPES),
    words=(*(name.encode() for name in BLOCKS), b"!!", b"&a ", b"*a", b"---", b"? ", b"<<: ", b'"\\U', b"1e999", b"{{"),
)
