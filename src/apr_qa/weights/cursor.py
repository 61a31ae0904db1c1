"""A bounded little-endian reader: no read passes the end, no length is trusted before it is compared with the file."""

from __future__ import annotations

import codecs
import struct

from apr_qa.weights.checks import Scene

Buffer = memoryview
_LENGTH = struct.Struct("<Q")
_LENGTH_BYTES = 8


class Cursor:
    """Reads numbers and strings from `buffer`, moving forward; every refusal names the field and its offset."""

    def __init__(self, scene: Scene, buffer: Buffer, position: int = 0) -> None:
        self.scene = scene
        self.buffer = buffer
        self.position = position

    def left(self) -> int:
        """Return how many bytes remain."""
        return len(self.buffer) - self.position

    def at(self, field: str) -> str:
        """Return `field` with the present offset, for messages."""
        return f"{field} at offset {self.position}"

    def take(self, count: int, field: str) -> Buffer:
        """Return the next `count` bytes without copying them."""
        if count > self.left():
            self.scene.refuse(self.at(field), f"needs {count} bytes, the file has {self.left()} left", _CUT)
        start = self.position
        self.position += count
        return self.buffer[start : self.position]

    def number(self, code: str, field: str) -> int:
        """Return the next integer of struct type `code` (`B`, `H`, `I`, `Q`, ...)."""
        (value,) = struct.unpack("<" + code, self.take(struct.calcsize(code), field))
        return int(value)

    def real(self, code: str, field: str) -> float:
        """Return the next float of struct type `code` (`f` or `d`)."""
        (value,) = struct.unpack("<" + code, self.take(struct.calcsize(code), field))
        return float(value)

    def text(self, length_code: str, field: str, limit_bytes: int) -> str:
        """Return the next length-prefixed UTF-8 string of at most `limit_bytes`."""
        start = self.position  # messages are made only when needed: vocabularies have 150 000 strings
        length = self.number(length_code, field)
        if length > limit_bytes:
            self.scene.refuse(f"{field} at offset {start}", f"is {length} bytes long; the limit is {limit_bytes}")
        try:
            return str(self.take(length, field), "utf-8")
        except UnicodeDecodeError as error:
            self.scene.refuse(f"{field} at offset {start}", f"is not UTF-8 (byte {error.start})")

    def numbers(self, count: int, code: str, field: str) -> tuple[int | float, ...]:
        """Return `count` numbers of struct type `code`, at once: vocabularies have a score and a type for each word."""
        self.hold(count, struct.calcsize(code), field)
        return struct.unpack(f"<{count}{code}", self.take(count * struct.calcsize(code), field))

    def texts(self, count: int, field: str, limit_bytes: int) -> tuple[str, ...]:
        """Return `count` strings, each with a 64-bit length before it."""
        self.hold(count, _LENGTH_BYTES, field)
        buffer, position, end = self.buffer, self.position, len(self.buffer)
        found: list[str] = []
        lengths, decode, keep = _LENGTH.unpack_from, codecs.utf_8_decode, found.append
        try:
            while len(found) < count and position + _LENGTH_BYTES <= end:
                (length,) = lengths(buffer, position)
                start = position + _LENGTH_BYTES
                if length > limit_bytes or start + length > end:
                    break
                keep(decode(buffer[start : start + length], "strict", True)[0])
                position = start + length
        except UnicodeDecodeError:
            pass
        self.position = position
        while len(found) < count:  # only what is wrong comes here, and is refused with its place
            found.append(self.text("Q", field, limit_bytes))
        return tuple(found)

    def hold(self, count: int, smallest: int, field: str) -> None:
        """Refuse a count that the file could not hold at `smallest` bytes each."""
        self.scene.require(
            count * smallest <= self.left(),
            self.at(field),
            f"says {count} items, which need {count * smallest} bytes; the file has {self.left()} left",
            _CUT,
        )


_CUT = "The file is cut short or its header is damaged: fetch it again and compare its digest."
