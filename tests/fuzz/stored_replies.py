"""The law for what engines say: whatever reply came of it can be stored, and read back as it was."""

from __future__ import annotations

from apr_qa.evidence.codec import decode, encode
from apr_qa.vocab.observation import Observation, Reply


def stored(reply: Reply) -> None:
    """Encode and decode an observation with this reply."""
    seen = Observation(scenario="s", unit="u", reply=reply)
    assert decode(encode(seen, "0" * 64), "here").record == seen, "a stored reply is not the reply that was given"
