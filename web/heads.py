"""Connections that wait for a request: for its head not longer than a slow line takes, and for the next one as long as
programs pause.

uvicorn bounds neither the time in which a first request comes nor that of one that comes letter by letter, so that
whoever opens connections and says nothing holds a descriptor each for as long as they like. And it hangs up five
seconds after an answer: programs ask every five seconds, whose request then meets a connection that is being closed,
and an order that met one is sent again by nobody.
"""

from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_SECONDS = 10.0
KEEP_SECONDS = 75
_TIMER = "head_timer"


def expect(connection: Any) -> None:
    """A head has to come; where one is awaited already, its time goes on."""
    if getattr(connection, _TIMER, None) is None:
        connection.head_timer = connection.loop.call_later(HEAD_SECONDS, connection.transport.close)


def relax(connection: Any) -> None:
    """Nothing is awaited."""
    timer = getattr(connection, _TIMER, None)
    if timer is not None:
        timer.cancel()
        connection.head_timer = None


def look(connection: Any) -> None:
    """Whether what has come so far is a part of a head, or all of it. What goes on after its answer was given, as it
    was too long or took too long, has the time of a head."""
    answered = connection.cycle is not None and connection.cycle.response_complete
    if connection.conn.their_state is h11.IDLE or (answered and connection.conn.their_state is h11.SEND_BODY):
        expect(connection)
    else:
        relax(connection)


def bound(kind: Any) -> None:
    """Have connections of this class keep these bounds. Safe to repeat."""
    if "bounded" in vars(kind):
        return
    made, received, lost = kind.connection_made, kind.data_received, kind.connection_lost

    def connection_made(connection: Any, transport: Any) -> None:
        made(connection, transport)
        connection.timeout_keep_alive = KEEP_SECONDS
        expect(connection)

    def data_received(connection: Any, data: bytes) -> None:
        received(connection, data)
        look(connection)

    def connection_lost(connection: Any, error: Exception | None) -> None:
        relax(connection)
        lost(connection, error)

    kind.connection_made, kind.data_received, kind.connection_lost = connection_made, data_received, connection_lost
    kind.bounded = True


class Protocol(H11Protocol):
    """HTTP within these bounds, for a server that we start by ourselves."""


bound(Protocol)


def install() -> None:
    """From now on every HTTP connection of this process keeps them, where Streamlit starts the server."""
    bound(H11Protocol)
