"""Frames as they come, whole or torn, many at once or letter by letter, and what no server may send."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.server import ServerProtocol

from feeds.live import websocket
from feeds.live.websocket import Address, Channel, ConnectionLost
from tests.patience import PATIENCE


def frame(data: bytes, opcode: Opcode = Opcode.TEXT, fin: bool = True) -> bytes:
    return Frame(opcode, data, fin).serialize(mask=False)


@contextmanager
def saying(*pieces: bytes, pause: float = 0.0) -> Iterator[tuple[Channel, "list[bytes]"]]:
    """A channel to a server that says these bytes behind its answer, and hears what comes; it stays until the end."""
    heard: list[bytes] = []
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            taken, _ = server.accept()
            with taken:
                protocol = ServerProtocol()
                asked: list[Request] = []
                while not asked:
                    protocol.receive_data(taken.recv(1 << 16))
                    asked = [event for event in protocol.events_received() if isinstance(event, Request)]
                protocol.send_response(protocol.accept(asked[0]))
                taken.sendall(b"".join(protocol.data_to_send()) + (pieces[0] if pieces else b""))
                for piece in pieces[1:]:
                    time.sleep(pause)
                    taken.sendall(piece)
                taken.settimeout(0.05)
                while not over.is_set():
                    try:
                        heard.append(taken.recv(1 << 16))
                    except TimeoutError:
                        continue
                    except OSError:
                        return

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        channel = Channel(Address("127.0.0.1", server.getsockname()[1], tls=None), PATIENCE)
        try:
            yield channel, heard
        finally:
            over.set()
            channel.close()
            thread.join(PATIENCE)


def received(channel: Channel, count: int) -> list[bytes]:
    got: list[bytes] = []
    until(lambda: got.extend(channel.receive(0.05)) or len(got) >= count)
    return got


def until(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline


SIZES = [0, 1, 125, 126, 127, 65_535, 65_536, 70_000]


def test_messages_of_all_lengths_come_whole_and_in_order() -> None:
    messages = [bytes([65 + number]) * size for number, size in enumerate(SIZES)]
    with saying(b"".join(map(frame, messages))) as (channel, _):
        assert received(channel, len(messages)) == messages


@settings(max_examples=10, deadline=None)
@given(st.lists(st.integers(1, 200), min_size=1, max_size=40))
def test_wherever_the_bytes_are_cut_the_messages_are_the_same(cuts: list[int]) -> None:
    messages = [b"x" * size for size in (3, 130, 0, 300, 125)]
    data, pieces = b"".join(map(frame, messages)), []
    for cut in cuts:
        pieces.append(data[:cut])
        data = data[cut:]
    with saying(*pieces, data, pause=0.0005) as (channel, _):
        assert received(channel, len(messages)) == messages


def test_pieces_of_a_message_are_put_together_with_a_ping_between_them() -> None:
    said = [
        frame(b"one"), frame(b"tw", fin=False), frame(b"are you there", Opcode.PING), frame(b"o", Opcode.CONT),
        frame(b"three"),
    ]  # fmt: skip
    with saying(b"".join(said)) as (channel, heard):
        assert received(channel, 3) == [b"one", b"two", b"three"]
        until(lambda: b"".join(heard)[:1] == bytes([0x80 | Opcode.PONG]))


@pytest.mark.parametrize(
    "wrong",
    [
        Frame(Opcode.TEXT, b"masked").serialize(mask=True),
        frame(b"tw", fin=False) + frame(b"another"),
        frame(b"o", Opcode.CONT),
        b"\xc1\x01x",
        b"\x83\x00",
        b"\x81\x7f" + (websocket.LARGEST + 1).to_bytes(8) + b"x",
    ],
    ids=["masked", "within a message", "of no message", "with an extension", "of no kind", "too long"],
)
def test_what_no_server_may_send_ends_the_connection_after_what_came_before(wrong: bytes) -> None:
    with saying(frame(b"good") + wrong) as (channel, _):
        got: list[bytes] = []
        with pytest.raises(ConnectionLost):
            until(lambda: got.extend(channel.receive(0.05)))
        assert got == [b"good"]


def test_what_came_before_the_end_is_heard_before_it() -> None:
    with saying(frame(b"last words") + frame(b"\x03\xe8", Opcode.CLOSE)) as (channel, _):
        assert received(channel, 1) == [b"last words"]
        with pytest.raises(ConnectionLost, match="closed the connection"):
            until(lambda: channel.receive(0.05))
