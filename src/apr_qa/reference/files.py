"""Reading the small JSON files beside the weights."""

from __future__ import annotations

import json
from pathlib import Path

from apr_qa.reference.record import UnsupportedModel

LIMIT_BYTES = 16 << 20


def read_json(file: Path) -> dict[str, object]:
    """Return the JSON object in `file`. Raises UnsupportedModel when it is missing, too large, or none."""
    if not file.is_file():
        raise UnsupportedModel(f"{file.name} is missing beside the weights")
    if file.stat().st_size > LIMIT_BYTES:
        raise UnsupportedModel(f"{file.name} is over {LIMIT_BYTES} bytes")
    try:
        value = json.loads(file.read_bytes())
    except (ValueError, RecursionError) as error:
        raise UnsupportedModel(f"{file.name} is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise UnsupportedModel(f"{file.name} is not a JSON object")
    return value
