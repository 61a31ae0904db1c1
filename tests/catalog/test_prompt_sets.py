from __future__ import annotations

import pytest

from apr_qa.catalog.prompts import UNIVERSAL, for_kernel_op, prompt_set, prompt_sets, take
from apr_qa.errors import InputError


def test_every_set_has_prompts_and_a_summary():
    """A set without questions would silently ask nothing."""
    assert all(found.prompts and found.summary for found in prompt_sets().values())


def test_no_set_repeats_a_prompt():
    """Each question stands once in its set."""
    for found in prompt_sets().values():
        texts = [prompt.text for prompt in found.prompts]
        assert len(texts) == len(set(texts)), found.name


def test_sums_hold_every_pair_of_digits():
    """The grid covers all hundred pairs, mixed from the start."""
    texts = {prompt.text for prompt in prompt_set("sums").prompts}
    assert texts == {f"What is {a}+{b}?" for a in range(10) for b in range(10)}
    assert len({prompt.text[8] for prompt in prompt_set("sums").prompts[:10]}) > 3


def test_universal_prompts_are_sums_a_greeting_and_a_list():
    """A model without a playbook gets questions that any model can answer."""
    texts = [prompt.text for prompt in prompt_set(UNIVERSAL).prompts]
    assert "Hello" in texts
    assert sum("+" in text for text in texts) >= 3
    assert any(text.startswith("List") for text in texts)


@pytest.mark.parametrize("kernel_op", ["GroupedQueryAttention", "Rope", "BiasAdd", "TiedEmbeddings"])
def test_kernels_have_prompts_of_their_own(kernel_op):
    """A kernel profile finds the questions that exercise it."""
    assert for_kernel_op(kernel_op)


def test_taking_shares_drops_repeated_texts_and_unknown_sets_are_named():
    """Shares are taken from the top; a mistyped set is explained."""
    assert [prompt.text for prompt in take({"essentials": 1, "universal": 2})] == ["What is 2+2?", "What is 3+4?"]
    with pytest.raises(InputError, match="did you mean sums"):
        take({"sum": 3})
