"""WebSockets whose frames of prices are put together once and written as they are to everybody who gets them.

A server that is handed a message puts a head before it, looks at the state of the connection and joins the two, once a
socket: half of what a frame for thousands of readers costs. Here the head is made once with the message, and the bytes
go to the transport. Everything else about a connection stays the server's: whoever serves us without this class (the
terminal's own port does) has its messages sent one by one.
"""

from collections.abc import Callable
from typing import Any, cast

import h11
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request
from websockets.protocol import State

from gateway import reply
from web import heads
from web.handshakes import hang_up_if_unread

EXTENSION = "kagaz.frames"
"""Where the scope of a connection carries ``Protocol.write``."""
Write = Callable[[bytes], bool]
_BINARY = 0x82  # the last and only frame of its message
_SHORT, _LONG = 126, 1 << 16


def framed(message: bytes) -> bytes:
    """A binary message as a server's frame, after RFC 6455, section 5.2: head and payload, not masked."""
    size = len(message)
    if size < _SHORT:
        head = bytes((_BINARY, size))
    elif size < _LONG:
        head = bytes((_BINARY, 126)) + size.to_bytes(2, "big")
    else:
        head = bytes((_BINARY, 127)) + size.to_bytes(8, "big")
    return head + message


def writer_of(scope: Any) -> Write | None:
    """How this connection is written to, or None where its server cannot."""
    return cast("Write | None", scope.get("extensions", {}).get(EXTENSION))


class Http(heads.Protocol):
    """One connection by HTTP; what is no request is told in the envelope too."""

    def send_400_response(self, msg: str) -> None:
        """Say that nothing could be read, and hang up."""
        found = reply.nowhere(400, "This is no request of HTTP that can be read: its head is broken, or far too long.")
        head = [("content-type", found.media), ("content-length", str(len(found.body))), ("connection", "close")]
        for event in (h11.Response(status_code=400, headers=head), h11.Data(data=found.body), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()


class Protocol(WebSocketsSansIOProtocol):
    """One connection, with its ``write`` in the scope."""

    def handle_connect(self, event: Request) -> None:
        """Begin the handshake; the application, which runs from the next turn of the loop, finds the extension."""
        super().handle_connect(event)
        if not self.handshake_complete:
            cast("dict[str, Any]", self.scope)["extensions"][EXTENSION] = self.write

    def data_received(self, data: bytes) -> None:
        """Take in what came."""
        super().data_received(data)
        hang_up_if_unread(self)

    def write(self, frame: bytes) -> bool:
        """Write a whole frame; False where the reader still has to take what was written before, and nothing is done.

        Raises ClientDisconnected where the connection is over.
        """
        if self.disconnected or self.close_sent or self.conn.state is not State.OPEN:
            raise ClientDisconnected
        if not self.writable.is_set():
            return False
        self.transport.write(frame)
        return True
