"""What can come first while waiting for a program."""

from __future__ import annotations

from enum import StrEnum

from apr_qa.vocab.command import Stopped


class Seen(StrEnum):
    """What came first."""

    ACCEPTED = "accepted"
    ENDED = "ended"
    TIMEOUT = "timeout"
    OUTPUT_LIMIT = "output limit"
    EXCESS = "excess"
    CANCELLED = "cancelled"

    @property
    def stopped(self) -> Stopped | None:
        """Why the program must be ended now; None when it need not."""
        return None if self in (Seen.ACCEPTED, Seen.ENDED) else Stopped(self.value)
