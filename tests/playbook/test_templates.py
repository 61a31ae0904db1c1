from __future__ import annotations

from pathlib import Path

import pytest

from apr_qa.errors import InputError
from apr_qa.playbook.load import PlaybookError, load_playbook
from apr_qa.playbook.template import fill_template

TEMPLATES = Path(__file__).parents[2] / "playbooks" / "templates"
VALUES = {"MODEL_ID": "some-org/Some-1.5B", "MODEL_NAME": "some-1.5b"}
SIZES = {"mvp": 18, "quick-check": 10, "basic-verify": 9, "ci-pipeline": 225, "full-qualification": 1800}


def test_there_are_exactly_five_templates():
    """The documented templates are there and no others."""
    assert {path.stem for path in TEMPLATES.iterdir()} == set(SIZES)


@pytest.mark.parametrize(("name", "size"), SIZES.items())
def test_a_template_has_its_documented_matrix_size(name, size):
    """Cells times scenarios is the number the tables promise."""
    playbook = load_playbook(TEMPLATES / f"{name}.yaml", values=VALUES)
    cells = len(playbook.model.formats) * len(playbook.matrix.backends) * len(playbook.matrix.modalities)
    assert cells * playbook.matrix.scenario_count == size


@pytest.mark.parametrize("name", SIZES)
def test_a_template_is_refused_unfilled(name):
    """A placeholder left in place is said with its line, never sent to an engine."""
    with pytest.raises(PlaybookError, match="is not filled in: this is a template"):
        load_playbook(TEMPLATES / f"{name}.yaml")


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"MODEL_ID": "a/b"}, "needs a value for MODEL_NAME"),
        ({**VALUES, "MODEL_NAMES": "x"}, "did you mean MODEL_NAME"),
        ({**VALUES, "MODEL_NAME": "x\nfailure_policy: fail-fast"}, "cannot stand in a playbook"),
    ],
)
def test_a_missing_unknown_or_unusable_value_is_refused(values, says):
    """Values cannot change the meaning of the file around them."""
    with pytest.raises(InputError, match=says):
        fill_template("name: ${MODEL_NAME}\nmodel: ${MODEL_ID}\n", values)
