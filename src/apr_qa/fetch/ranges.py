"""Some bytes of a file of the Hub, by HTTP range: of servers that keep to it, and of those that do not.

A server that ignores the range is read up to the last byte wanted and no further; one that is cut off is asked for the
rest; one whose length contradicts the Hub's listing is not believed.
"""

from __future__ import annotations

import re
from typing import Any

from apr_qa.errors import WorkspaceError
from apr_qa.fetch.hub_errors import explained

TRIES = 3
"""Answers in a row that may bring nothing new."""
TIMEOUT_S = 30.0
SKIPPED_LIMIT_BYTES = 128 << 20
"""Bytes before the wanted ones that are read and thrown away where a server knows no ranges."""
_PARTIAL, _WHOLE, _BEYOND = 206, 200, 416
_SPAN = re.compile(r"bytes (\d+)-(\d+)/(\d+)")


class RemoteFile:
    """One file of a repository at a pinned commit."""

    def __init__(self, repo: str, revision: str, name: str, size_bytes: int) -> None:
        self.name, self.size_bytes = name, size_bytes
        self._repo, self._revision = repo, revision
        self.read_bytes = 0
        """Received so far, also what was thrown away."""

    def read(self, start: int, stop: int) -> bytes:
        """Return the bytes from `start` to `stop`, fewer only where the file ends. Raises AprQaError."""
        stop = min(stop, self.size_bytes)
        found, in_vain = bytearray(), 0
        while len(found) < stop - start:
            with explained(self._repo, self._revision):
                part = self._once(start + len(found), stop)
            found += part
            in_vain = 0 if part else in_vain + 1
            if in_vain == TRIES:
                raise self._refused(f"the connection ended {TRIES} times after {len(found)} of {stop - start} bytes")
        return bytes(found)

    def _once(self, start: int, stop: int) -> bytes:
        """Return what one answer brings, perhaps less than was asked for."""
        from huggingface_hub import get_session, hf_hub_url
        from huggingface_hub.utils._headers import build_hf_headers
        from huggingface_hub.utils._http import hf_raise_for_status

        headers = build_hf_headers() | {"Range": f"bytes={start}-{stop - 1}", "Accept-Encoding": "identity"}
        url = hf_hub_url(self._repo, self.name, revision=self._revision)
        asked = get_session().stream("GET", url, headers=headers, follow_redirects=True, timeout=TIMEOUT_S)
        with asked as response:
            if response.status_code == _BEYOND:
                raise self._refused(f"it ends before byte {start}")
            hf_raise_for_status(response)
            skip = self._skipped(response, start)
            return self._body(response, skip, stop - start)

    def _skipped(self, response: Any, start: int) -> int:
        """Return how many bytes come before the wanted ones. Raises WorkspaceError for an answer not to be believed."""
        if response.status_code == _PARTIAL:
            span = _SPAN.fullmatch(response.headers.get("Content-Range", "").strip())
            if span is None or int(span[1]) != start:
                raise self._refused(f"another range came than the one from byte {start}")
            said, skip = int(span[3]), 0
        elif response.status_code == _WHOLE:
            said, skip = int(response.headers.get("Content-Length") or self.size_bytes), start
        else:
            raise self._refused(f"the answer has status {response.status_code}")
        if said != self.size_bytes:
            raise self._refused(f"it is {said} bytes long, and the Hub lists {self.size_bytes}")
        if skip > SKIPPED_LIMIT_BYTES:
            raise self._refused(f"the server knows no ranges, and {skip} bytes would have to be read first")
        return skip

    def _body(self, response: Any, skip: int, count: int) -> bytes:
        found = bytearray()
        try:
            for part in response.iter_raw():
                self.read_bytes += len(part)
                found += part[skip:]
                skip = max(0, skip - len(part))
                if len(found) >= count:
                    break
        except Exception as error:
            if not type(error).__module__.startswith("http"):
                raise
        return bytes(found[:count])

    def _refused(self, problem: str) -> WorkspaceError:
        return WorkspaceError(
            f"{self.name} cannot be read: {problem}", where=self._repo, remedy="Run the same command again later."
        )
