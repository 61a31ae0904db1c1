"""The JSON Schema of a sealed evidence file, made from the records themselves."""

from __future__ import annotations

import json
from typing import Any

from apr_qa.evidence.codec import STREAMED
from apr_qa.evidence.lines import SealedFile

_TITLE = "Evidence of apr-qa"
_DESCRIPTION = (
    "A sealed run: what was planned, what came back, what was decided. Every record names the SHA-256 of the record "
    "before it (of its line as written); `seal` is that of the last one. What was not measured is null, never NaN."
)


def evidence_schema() -> dict[str, Any]:
    """Return the schema as JSON values (draft 2020-12)."""
    from pydantic import ConfigDict, TypeAdapter
    from pydantic.json_schema import GenerateJsonSchema

    config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)
    whole = TypeAdapter(list[SealedFile], config=config).json_schema()
    records = whole["$defs"]
    for name in STREAMED:
        records["RunRecord"]["properties"].pop(name)
    return {
        "$schema": GenerateJsonSchema.schema_dialect,
        **records.pop("SealedFile"),
        "title": _TITLE,
        "description": _DESCRIPTION,
        "$defs": records,
    }


def schema_text() -> str:
    """Return the text of `playbooks/evidence.schema.json`."""
    return json.dumps(evidence_schema(), indent=2) + "\n"
