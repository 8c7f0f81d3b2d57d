"""How a line's process and its parent speak: pieces with a letter and a length before them."""

import contextlib
import fcntl
import struct
from typing import IO

HEAD = struct.Struct("<cI")
LONGEST = 64 * 1024 * 1024

# From the child: what it is called, its status, names of slots, ticks. To the child: a wish, room for more, an end.
STATUS, NAMES, TICKS = b"S", b"N", b"T"
SETUP, WANT, ROOM, END = b"U", b"W", b"R", b"E"


def send(pipe: IO[bytes], kind: bytes, data: bytes = b"") -> None:
    """One piece, at once. Raises OSError or ValueError where the other end is gone."""
    pipe.write(HEAD.pack(kind, len(data)) + data)
    pipe.flush()


def widen(pipe: IO[bytes], size: int) -> None:
    """Makes room for so many bytes in a pipe, where the system allows it: who reads is woken less often."""
    ask = getattr(fcntl, "F_SETPIPE_SZ", None)
    if ask is not None:
        with contextlib.suppress(OSError):
            fcntl.fcntl(pipe.fileno(), ask, size)


def receive(pipe: IO[bytes]) -> tuple[bytes, bytes] | None:
    """The next piece; None at the end of the pipe, also in the middle of a piece."""
    head = _exactly(pipe, HEAD.size)
    if head is None:
        return None
    kind, length = HEAD.unpack(head)
    if length > LONGEST:
        return None
    data = _exactly(pipe, length)
    return None if data is None else (kind, data)


def _exactly(pipe: IO[bytes], count: int) -> bytes | None:
    parts = []
    while count:
        part = pipe.read(count)
        if not part:
            return None
        parts.append(part)
        count -= len(part)
    return b"".join(parts)
