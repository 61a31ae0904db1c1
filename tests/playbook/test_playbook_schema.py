from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest
import yaml

from apr_qa.playbook.marked_yaml import read_marked
from apr_qa.playbook.schema import schema, schema_text

from . import playbook_shapes

PUBLISHED = Path(__file__).parents[2] / "playbooks" / "playbook.schema.yaml"


def test_the_published_schema_is_the_generated_one():
    """Schema and code cannot drift apart."""
    assert PUBLISHED.read_text() == schema_text()


def test_the_schema_is_a_valid_schema_that_refuses_unknown_keys():
    """A strict validator accepts the schema, and every section refuses keys it does not know."""
    jsonschema.Draft202012Validator.check_schema(yaml.safe_load(PUBLISHED.read_text()))
    sections = [part for part in (schema(), *schema()["$defs"].values()) if "properties" in part]
    assert len(sections) > 20
    assert all(part["additionalProperties"] is False for part in sections)


@pytest.mark.parametrize("name", playbook_shapes.SHAPES)
def test_playbooks_that_load_are_valid_by_the_schema(name):
    """Editors that use the schema agree with the loader."""
    jsonschema.validate(read_marked(playbook_shapes.text_of(name)).value, schema())


def test_an_unknown_key_is_invalid_by_the_schema():
    """The schema finds what the loader finds."""
    data = read_marked(playbook_shapes.text_of("some-1.5b")).value | {"oracle": []}
    with pytest.raises(jsonschema.ValidationError, match="oracle"):
        jsonschema.validate(data, schema())
