"""JSON that is safe wherever it is pasted: in a page, a log, a terminal."""

from __future__ import annotations

import json
from typing import Any


def safe_json(value: Any) -> str:
    """Return indented ASCII JSON that opens no tag and starts no workflow command. NaN is refused (ValueError)."""
    text = json.dumps(value, indent=2, ensure_ascii=True, allow_nan=False)
    return (
        text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026").replace("##[", "#\\u0023[") + "\n"
    )


def well_formed(text: str, limit: int = 10_000) -> str:
    """Return foreign text that any JSON reader takes: lone surrogates replaced, the length capped."""
    capped = text if len(text) <= limit else f"{text[:limit]} [{len(text) - limit:,} more characters]"
    return capped.encode("utf-8", "replace").decode("utf-8")
