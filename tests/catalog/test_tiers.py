from __future__ import annotations

import pytest

from apr_qa.catalog import _data
from apr_qa.catalog.tiers import parse_tier, tiers
from apr_qa.errors import InputError
from apr_qa.vocab.axes import Backend, Format, Modality, Tier
from apr_qa.vocab.catalog import TierSpec
from apr_qa.vocab.score import Status


def _size(spec: TierSpec) -> int:
    return len(spec.cells) * spec.scenario_count


def test_all_five_tiers_are_there_lightest_first():
    """The catalogue holds exactly the five tiers, ordered by what they claim."""
    assert list(tiers()) == list(Tier)


@pytest.mark.parametrize(
    ("tier", "least", "most"),
    [
        (Tier.SMOKE, 3, 10),
        (Tier.MVP, 18, 18),
        (Tier.QUICK, 19, 170),
        (Tier.STANDARD, 170, 1800),
        (Tier.DEEP, 1800, 2000),
    ],
)
def test_matrix_sizes_are_those_of_the_tiers_table(tier, least, most):
    """Each tier asks as many matrix scenarios as it promises."""
    assert least <= _size(tiers()[tier]) <= most


def test_smoke_is_one_cell_and_gives_at_most_provisional():
    """Smoke looks at ground truth on the cpu only, and its claim is capped."""
    smoke = tiers()[Tier.SMOKE]
    assert [str(cell) for cell in smoke.cells] == ["safetensors-cpu-run"]
    assert smoke.best_status is Status.PROVISIONAL


def test_every_tier_above_smoke_asks_for_all_cells():
    """From mvp upwards, all formats, backends and modalities are required."""
    for tier in list(Tier)[1:]:
        assert set(tiers()[tier].cells) == set(tiers()[Tier.MVP].cells)
        assert len(tiers()[tier].cells) == len(Format) * len(Backend) * len(Modality)


def test_a_higher_tier_asks_all_that_a_lower_one_asks():
    """Prompts only ever grow with the tier."""
    for lower, higher in zip(list(Tier), list(Tier)[1:], strict=False):
        asked = {prompt.text for prompt in tiers()[higher].prompts}
        assert {prompt.text for prompt in tiers()[lower].prompts} <= asked


def test_every_prompt_of_a_tier_fits_into_its_matrix():
    """No tier lists more prompts than its full matrix holds."""
    assert all(len(spec.prompts) <= _size(spec) for spec in tiers().values())


def test_only_deep_wants_more_than_850_points():
    """The certified bound is 850, for tier deep 900."""
    assert {tier: spec.certified_at for tier, spec in tiers().items()} == dict.fromkeys(Tier, 850) | {Tier.DEEP: 900}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"formats": []}, "no cells"),
        ({"formats": ["pickle"]}, "formats"),
        ({"scenario_count": 0}, "asks nothing"),
        ({"prompts": {}}, "asks nothing"),
        ({"prompts": {"esentials": 3}}, "did you mean essentials"),
        ({"best_status": "PENDING"}, "no pass"),
        ({"certified_at": 1001}, "1001"),
        ({"repeats": 1}, "two answers"),
    ],
)
def test_an_unsound_tier_is_refused_with_its_name(change, says):
    """A broken tier is an error of the catalogue, found when it is read."""
    data = _data.document("tiers/mvp.yaml") | change
    with pytest.raises(InputError) as caught:
        parse_tier(Tier.MVP, data)
    assert says in str(caught.value)


def test_a_tier_without_prompts_key_is_refused():
    """A missing key is named, not a traceback."""
    data = _data.document("tiers/mvp.yaml")
    del data["prompts"]
    with pytest.raises(InputError, match="tier mvp: no prompts"):
        parse_tier(Tier.MVP, data)
