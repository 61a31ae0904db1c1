"""The door to the child that renders: one that hangs is killed, one that dies is replaced; the template is at fault."""

from __future__ import annotations

import atexit
import json
import os
import select
import subprocess  # noqa: TID251  (a sandbox: it starts this package's own program and nothing else)
import sys
import threading
import time
from collections.abc import Mapping
from datetime import datetime

from jinja2 import TemplateError

from apr_qa.templates.sandbox import TemplateRefusedError

LIMIT_S = 20.0
"""Of one rendering, by the clock: ordinary ones take milliseconds."""
REPLY_LIMIT_BYTES = 16 << 20
RENDERINGS = 200
"""Of one child, whose limit of processor time counts all of them together."""
_PIECE_BYTES = 1 << 16


class Renderer:
    """A child that is started when it is first needed, shared by all threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._left = 0

    def render(
        self,
        text: str,
        messages: list[dict[str, str]],
        tokens: Mapping[str, str],
        *,
        open_turn: bool,
        today: datetime | None = None,
    ) -> str:
        """Return the conversation as the template writes it, on the day `today` or on one fixed day.

        Raises TemplateRefusedError when the template itself refuses the messages, TemplateError when it fails, takes
        too long or too much, and OSError when no child can be started.
        """
        request: dict[str, object] = {
            "text": text,
            "messages": messages,
            "tokens": dict(tokens),
            "open_turn": open_turn,
        }
        request |= {"today": today.isoformat() if today else ""}
        with self._lock:
            reply = self._asked(json.dumps(request).encode() + b"\n")
        if "refused" in reply:
            raise TemplateRefusedError(reply["refused"])
        if "text" not in reply:
            raise TemplateError(reply.get("failed", "it says nothing that can be read"))
        return reply["text"]

    @property
    def pid(self) -> int:
        """Process id of the child; 0 without one."""
        return self._child.pid if self._child else 0

    def close(self) -> None:
        """End the child."""
        child, self._child = self._child, None
        if child is not None:
            child.kill()
            child.wait()
            for pipe in (child.stdin, child.stdout):
                if pipe:
                    pipe.close()

    def _asked(self, request: bytes) -> dict[str, str]:
        if self._child is None or self._left <= 0 or self._child.poll() is not None:
            self._start()
        self._left -= 1
        try:
            line = self._exchanged(request)
        except (TimeoutError, ConnectionError) as error:
            self.close()
            return {"failed": str(error)}
        found = json.loads(line)
        return found if isinstance(found, dict) else {}

    def _start(self) -> None:
        self.close()
        argv = (sys.executable, "-I", "-m", "apr_qa.templates")
        self._child = subprocess.Popen(
            argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={}, cwd="/"
        )
        self._left = RENDERINGS

    def _exchanged(self, request: bytes) -> bytes:
        """Return the reply. Raises TimeoutError, and ConnectionError for a child that ended."""
        child = self._child
        if child is None or child.stdin is None or child.stdout is None:
            raise ConnectionError("its process is gone")
        try:
            child.stdin.write(request)
            child.stdin.flush()
        except BrokenPipeError:
            raise ConnectionError("its process ended before it was asked") from None
        ends, found = time.monotonic() + LIMIT_S, bytearray()
        while not found.endswith(b"\n"):
            left = ends - time.monotonic()
            if left <= 0 or not select.select([child.stdout], [], [], left)[0]:
                raise TimeoutError(f"it takes more than {LIMIT_S:g} s")
            piece = os.read(child.stdout.fileno(), _PIECE_BYTES)
            if not piece or len(found) > REPLY_LIMIT_BYTES:
                raise ConnectionError("it ended the process that rendered it")
            found += piece
        return bytes(found)


_RENDERER = Renderer()
atexit.register(_RENDERER.close)


render_apart = _RENDERER.render
"""The conversation as the template writes it, in the child of this process. Raises as `Renderer.render`."""
