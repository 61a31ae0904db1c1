"""The policy file of a repository."""

from __future__ import annotations

from fuzz_target import Target, text

from apr_qa.errors import InputError
from apr_qa.github.policy import parse_policy


def _read(data: bytes) -> None:
    parse_policy(text(data))


TARGET = Target(
    name="policy",
    read=_read,
    refusals=(InputError,),
    seeds=(
        b"tiers:\n  deep: {role: admin, minutes: 10, cooldown_minutes: 5}\ndefault_tier: smoke\nmemory_gb: 8.5\n",
        b"gpu: true\norganisations: [a, b]\nquiet: results\nnightly: 'tiny smoke'\nmaintainers: [ann]\n",
        b"",
    ),
    words=(b"tiers: ", b"smoke: ", b"role: ", b"none", b".nan", b".inf", b"null", b"[]", b"{}"),
)
