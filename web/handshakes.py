"""WebSockets whose handshake cannot be read are hung up on, and the address of none is logged.

A first line that is too long, or a head that is no head: uvicorn keeps the connection of such a one for ever, and
answers nothing. On the terminal's own port Streamlit chooses the class that serves, so that the class is mended there.
Where its log is on it writes each address down, with the keys that programs of the gateway's dialect carry in it.
"""

import logging
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

import log

_NAME = "data_received"
_logger = log.get(__name__)


def _without_address(record: logging.LogRecord) -> bool:
    """Whether a record may be written: not one that tells where a WebSocket was opened."""
    return '"WebSocket %s"' not in str(record.msg)


def hang_up_if_unread(connection: Any) -> None:
    """Close the connection where what has come of its handshake is none."""
    if connection.conn.handshake_exc is not None:
        connection.transport.close()


def install() -> bool:
    """From now on every WebSocket of this process does so; whether uvicorn's class is the one that this stands before.
    Safe to repeat."""
    server = logging.getLogger("uvicorn.error")
    if _without_address not in server.filters:
        server.addFilter(_without_address)
    received: Any = vars(WebSocketsSansIOProtocol).get(_NAME)
    if received is None:
        _logger.warning("uvicorn reads WebSockets another way now: a handshake that is too long is kept open")
        return False
    if not getattr(received, "hangs_up", False):

        def data_received(connection: WebSocketsSansIOProtocol, data: bytes) -> None:
            received(connection, data)
            hang_up_if_unread(connection)

        data_received.hangs_up = True  # type: ignore[attr-defined]
        setattr(WebSocketsSansIOProtocol, _NAME, data_received)
    return True
