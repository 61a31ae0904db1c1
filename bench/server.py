"""An engine that costs next to nothing: an OpenAI-compatible server that always says `4`. Prints its port."""

from __future__ import annotations

import socket

BODIES = {
    b"GET": b'{"object": "list", "data": [{"id": "nothing", "object": "model"}]}',
    b"POST": b'{"choices": [{"message": {"role": "assistant", "content": "4"}, "finish_reason": "stop"}],'
    b' "usage": {"prompt_tokens": 9, "completion_tokens": 1}}',
}


def serve(connection: socket.socket) -> None:
    """Answer every request of one connection."""
    with connection, connection.makefile("rb") as stream:
        while line := stream.readline():
            length = 0
            while (header := stream.readline().strip()) != b"":
                name, _, value = header.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
            stream.read(length)
            body = BODIES.get(line.split(b" ")[0], b"{}")
            head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
            connection.sendall(head + body)


def main() -> None:
    """Serve one connection after another until killed."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(listener.getsockname()[1], flush=True)
        while True:
            connection, _ = listener.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            serve(connection)


if __name__ == "__main__":
    main()
