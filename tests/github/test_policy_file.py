"""The policy file: read strictly, with good defaults."""

from __future__ import annotations

import pytest

from apr_qa.errors import InputError
from apr_qa.github.policy import Policy, Quiet, Role, parse_policy
from apr_qa.vocab.axes import Tier


def test_without_a_file_the_defaults_hold() -> None:
    """An empty text is the default policy."""
    assert parse_policy("") == Policy()
    assert parse_policy("").tier(Tier.DEEP).least is Role.MAINTAIN


def test_a_file_changes_what_it_names_only() -> None:
    """A tier that the file names keeps the defaults of what it leaves out, and so do the other tiers."""
    policy = parse_policy("tiers:\n  deep: {role: admin}\nmemory_gb: 64\nquiet: results\nmaintainers: [ann]\n")
    assert policy.tier(Tier.DEEP).least is Role.ADMIN
    assert policy.tier(Tier.DEEP).minutes == Policy().tier(Tier.DEEP).minutes
    assert policy.tier(Tier.SMOKE) == Policy().tier(Tier.SMOKE)
    assert (policy.memory_gb, policy.quiet, policy.maintainers) == (64.0, Quiet.RESULTS, ("ann",))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("memory: 64\n", "memory_gb"),
        ("tiers:\n  deep:\n    rol: admin\n", ":3"),
        ("tiers:\n  deep: {role: maintian}\n", "maintain"),
        ("tiers:\n  deep: {role: none}\n", "none of"),
        ("tiers: {huge: {role: admin}}\n", "huge"),
        ("quiet: maybe\n", "quiet"),
        ("shards: 0\n", "shards"),
        ("tickets: {passes: 0}\n", "tickets.passes"),
        ("tickets: {engine_repo: ../x}\n", "tickets.engine_repo"),
        ("tickets: {engine: x}\n", "tickets.engine"),
        ("a: [", "not readable"),
        ("- a\n", "dictionary"),
    ],
)
def test_a_broken_file_is_refused_with_its_place(text: str, said: str) -> None:
    """A policy that cannot be read is never half obeyed; the message names key, line or the nearest word."""
    with pytest.raises(InputError) as caught:
        parse_policy(text)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("name", "role"), [("maintain", Role.MAINTAIN), ("ADMIN", Role.ADMIN), ("security", Role.NONE)]
)
def test_roles_by_name(name: str, role: Role) -> None:
    """A role that GitHub does not define is worth nothing."""
    assert Role.of(name) is role
    assert str(Role.MAINTAIN) == "maintain"
