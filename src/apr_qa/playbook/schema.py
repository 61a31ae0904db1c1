"""The published JSON Schema of playbooks, generated from their shape."""

from __future__ import annotations

from typing import Any

import yaml

from apr_qa.playbook.shape import PlaybookFile

_HEADER = "# Generated from apr_qa/playbook/shape.py; a test compares the two. Do not edit.\n"


def schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a playbook file."""
    generated = PlaybookFile.model_json_schema(by_alias=True, mode="validation")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **generated, "title": "apr-qa playbook"}


def schema_text() -> str:
    """Return the schema as the YAML text of `playbooks/playbook.schema.yaml`."""
    return _HEADER + str(yaml.safe_dump(schema(), sort_keys=False, allow_unicode=True, width=120))
