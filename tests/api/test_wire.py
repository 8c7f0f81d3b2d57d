"""Small answers leave at once: a line about an order must not wait for the receipt of the one before."""

import asyncio
import socket

from api import wire


async def delays(listener: socket.socket) -> bool:
    """Whether a connection that asyncio accepts here holds small writes back (Nagle's algorithm)."""
    accepted: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    def serve(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        held = writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 0
        accepted.set_result(held)
        writer.close()

    async with await asyncio.start_server(serve, sock=listener):
        _, writer = await asyncio.open_connection(*listener.getsockname())
        held = await accepted
        writer.close()
        return held


def listener() -> socket.socket:
    """Bound as web servers bind: without naming the protocol, so that asyncio does not know it for TCP."""
    found = socket.socket(socket.AF_INET)
    found.bind(("127.0.0.1", 0))
    found.listen()
    return found


def test_connections_accepted_from_here_on_send_at_once():
    with listener() as one:
        assert wire.send_at_once() >= 1
        assert asyncio.run(delays(one)) is False


def test_other_sockets_of_the_process_are_left_alone():
    with listener() as one, socket.create_connection(one.getsockname()) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 0)
        wire.send_at_once()
        assert client.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 0
        client.sendall(b"still open")
