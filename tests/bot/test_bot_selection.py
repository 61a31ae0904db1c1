"""Words of an order become models; what does not fit is listed with its reason."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from apr_qa.bot.parser import parse
from apr_qa.bot.selection import Registry, Selection, backends_here, formats_here, select
from apr_qa.catalog.models import find, known_models
from apr_qa.github.policy import Policy, TierPolicy
from apr_qa.vocab.axes import Backend, Format, Tier
from apr_qa.vocab.orders import Order

NOW = datetime(2026, 11, 25, tzinfo=UTC)
SMALL, LARGE = "Qwen/Qwen2.5-Coder-0.5B-Instruct", "Qwen/Qwen2.5-Coder-32B-Instruct"
ROWS = {
    SMALL: {"status": "BLOCKED", "last_certified": "2026-11-20T00:00:00Z"},
    "HuggingFaceTB/SmolLM2-135M-Instruct": {"status": "CERTIFIED", "last_certified": "2026-08-01T00:00:00Z"},
}
REGISTRY = Registry(rows=ROWS, changed=(SMALL,), now=NOW)
ROOMY = Policy(memory_gb=1e6, gpu=True, tiers=dict.fromkeys(Tier, TierPolicy(minutes=10**9)))


def _select(words: str, policy: Policy = ROOMY, tier: Tier = Tier.MVP) -> Selection:
    order = parse(f"/certify {words}")
    assert isinstance(order, Order), order
    return select(order, tier, policy, REGISTRY)


def _names(selection: Selection) -> list[str]:
    return [item.name for item in selection.chosen]


def test_a_family_is_all_of_its_models_the_smallest_first() -> None:
    """With room for everything nothing is left out."""
    found = _select("qwen-coder")
    assert set(_names(found)) == {m.model for m in find("qwen-coder")}
    assert _names(found)[0] == SMALL
    assert found.left_out == ()
    assert [item.minutes for item in found.chosen] == sorted(item.minutes for item in found.chosen)


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("failed", [SMALL]),
        ("changed", [SMALL]),
        ("stale:60", ["HuggingFaceTB/SmolLM2-135M-Instruct"]),
        ("stale:200", []),
        (f"{SMALL}, qwen-coder/0.5B", [SMALL]),
    ],
)
def test_rules_name_models(words: str, names: list[str]) -> None:
    """Each rule finds its models, each once."""
    assert _names(_select(words)) == names


def test_all_and_top() -> None:
    """All is the whole registry, top so many of it."""
    assert len(_select("all").chosen) == len(known_models())
    assert len(_select("top:3").chosen) == 3


@pytest.mark.parametrize(
    ("words", "policy", "reason"),
    [
        (LARGE, Policy(gpu=True), "GB of memory"),
        ("qwen-coder backend=gpu", Policy(memory_gb=1e6), "no runner with one"),
        (f"{LARGE} max-minutes=1", ROOMY, "max-minutes=1"),
        (LARGE, Policy(memory_gb=1e6, gpu=True, tiers={Tier.MVP: TierPolicy(minutes=1)}), "the policy's bound"),
        ("nobody/knows-this", ROOMY, "organisation nobody"),
    ],
)
def test_what_does_not_fit_is_left_out_with_its_reason(words: str, policy: Policy, reason: str) -> None:
    """Memory, runners, minutes, organisation: each is said."""
    found = _select(words, policy)
    assert found.chosen == ()
    assert all(reason in left.reason for left in found.left_out)
    assert found.left_out


def test_a_listed_organisation_may_be_named() -> None:
    """A model of the Hub that the registry does not know runs when the policy lists its organisation."""
    assert _names(_select("my-lab/model", Policy(organisations=("my-lab",)))) == ["my-lab/model"]


def test_without_gpu_runners_the_gap_is_shown() -> None:
    """Half of the cells cannot run; narrowed to cpu there is no gap."""
    (item,) = _select(SMALL, Policy()).chosen
    assert (item.cells, item.required, bool(item.gap)) == (9, 18, True)
    (item,) = _select(f"{SMALL} backend=cpu", Policy()).chosen
    assert (item.cells, item.required, item.gap) == (9, 9, "")


def test_what_a_tier_does_not_ask_for_narrows_nothing() -> None:
    """The policy says what the machines offer; a tier that asks for less of it is not narrowed by that."""
    policy = Policy(backends=(Backend.CPU,), formats=(Format.SAFETENSORS, Format.GGUF))
    assert (backends_here(policy, Tier.SMOKE), formats_here(policy, Tier.SMOKE)) == ((), ())
    assert backends_here(policy, Tier.MVP) == (Backend.CPU,)
    assert formats_here(policy, Tier.MVP) == (Format.SAFETENSORS, Format.GGUF)
    assert formats_here(Policy(formats=(Format.GGUF,)), Tier.SMOKE) == (Format.GGUF,)
