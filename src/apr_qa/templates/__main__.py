"""The child that renders: `python -I -m apr_qa.templates`. A JSON request a line in, a JSON reply a line out.

It limits itself before it reads: memory, processor time, no file may grow, and hardly any may be opened.
"""

from __future__ import annotations

import json
import resource
import sys
from datetime import datetime
from typing import Any

from jinja2 import TemplateError

from apr_qa.templates.rendering import render
from apr_qa.templates.sandbox import TemplateRefusedError

MEMORY_BYTES = 1 << 30
PROCESSOR_S = 60
_FILES = 16


def limit() -> None:
    """Take from this process what a renderer has no need of."""
    wanted = {
        resource.RLIMIT_AS: MEMORY_BYTES,
        resource.RLIMIT_CPU: PROCESSOR_S,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NOFILE: _FILES,
    }
    for kind, wish in wanted.items():
        hard = resource.getrlimit(kind)[1]
        most = wish if hard == resource.RLIM_INFINITY else min(wish, hard)
        resource.setrlimit(kind, (most, most))


def reply_to(request: dict[str, Any]) -> dict[str, str]:
    """Return `{"text": ...}`, `{"refused": ...}` or `{"failed": ...}`."""
    try:
        today = datetime.fromisoformat(request["today"]) if request["today"] else None
        asked = (request["text"], request["messages"], request["tokens"])
        return {"text": render(*asked, open_turn=request["open_turn"], today=today)}
    except TemplateRefusedError as error:
        return {"refused": str(error)[:1000]}
    except TemplateError as error:
        return {"failed": str(error)[:1000]}
    except (MemoryError, RecursionError) as error:
        return {"failed": f"it asks for too much: {type(error).__name__}"}


def main() -> None:
    """Answer until there is nothing more to read."""
    limit()
    for line in sys.stdin.buffer:
        sys.stdout.buffer.write(json.dumps(reply_to(json.loads(line))).encode() + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
