"""Command lines that ask the same again, quoted for a shell."""

from __future__ import annotations

import shlex

from apr_qa.text import without_password
from apr_qa.vocab.command import Command, HttpRequest


def command_line(command: Command, stdin: bytes = b"") -> str:
    """Return `command`, fed with its own or the given standard input."""
    # Folders of the session are gone by then; the user has a home.
    variables = [f"{n}={v}" for n, v in sorted(command.env.items()) if n not in ("HOME", "TMPDIR")]
    line = shlex.join((*(("env", *variables) if variables else ()), *command.argv))
    fed = stdin or command.stdin
    return f"printf %b {_escaped(fed)} | {line}" if fed else line


def server_line(command: Command, base: str, request: HttpRequest) -> str:
    """Return a line that starts the server, asks it with curl and ends it."""
    return f"{command_line(command)} & {request_line(base, request)}; kill $!"


def request_line(base: str, request: HttpRequest) -> str:
    """Return the request as a curl command that waits for a server to come up."""
    parts = ["curl", "-sS", "--retry", "30", "--retry-connrefused", "-X", request.method]
    for name, value in request.headers.items():
        # Secrets are never written down: a key is named by its header, a password by its place; the user fills it in.
        parts += ["-H", f"{name}: {'...' if name.lower() == 'authorization' else value}"]
    body = f" --data-binary {_quoted(request.body)}" if request.body else ""
    return f"{shlex.join(parts)}{body} {shlex.quote(without_password(base) + request.path)}"


def _quoted(data: bytes) -> str:
    return shlex.quote(data.decode("utf-8", "replace"))


def _escaped(data: bytes) -> str:
    """For `printf %b`: one line, with what a shell word cannot hold, NUL and broken UTF-8, as octal escapes."""
    text = data.replace(b"\\", b"\\\\").replace(b"\n", b"\\n").decode("utf-8", "surrogateescape")
    safe = "".join(f"\\0{ord(c) & 0xFF:03o}" if 0xD800 <= ord(c) <= 0xDFFF or c == "\0" else c for c in text)
    return shlex.quote(safe)
