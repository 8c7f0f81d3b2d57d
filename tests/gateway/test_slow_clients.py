"""Clients that are slow on purpose: no head, half of one, one that comes letter by letter, a body that does not end.
Each is let go in time, and others are served meanwhile, on the gateway's port and on one that Streamlit serves.
"""

import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from gateway.app import Application
from tests import prompt
from tests.gateway.conftest import serving
from tests.patience import PATIENCE
from tests.ports import listening
from tests.started import Started
from web import bodies, heads

SOON = 1.0
"""Seconds that a head may take here: far more than lie between opening a line and speaking, on a busy machine too."""
HELLO = b"GET / HTTP/1.1\r\nHost: kagaz\r\n\r\n"
HALF = b"GET / HTTP/1.1\r\nHost: kag"


class Streamlits(H11Protocol):
    """The class that uvicorn chooses for Streamlit, whose own one is left as it is here."""


heads.bound(Streamlits)
heads.bound(Streamlits)  # once is enough


@pytest.fixture(params=["gateway", "terminal"])
def port(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, int]]:
    """Where a process that starts still answers, with little patience for heads."""
    monkeypatch.setattr(heads, "HEAD_SECONDS", SOON)
    app = Application(Started(None, ["schema"]))
    if request.param == "gateway":
        with serving(app) as host:
            name, number = host.split(":")
            yield name, int(number)
        return
    listener = listening()
    server = prompt.server(uvicorn.Config(app, lifespan="off", log_config=None, http=Streamlits))
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    yield listener.getsockname()
    server.should_exit = True
    thread.join(PATIENCE)
    listener.close()


def line(port: tuple[str, int]) -> socket.socket:
    return socket.create_connection(port, PATIENCE)


def answered(one: socket.socket) -> bytes:
    """The whole of a small answer."""
    one.sendall(HELLO)
    return whole(one)


def whole(one: socket.socket) -> bytes:
    """What comes, up to the end of its JSON."""
    told = b""
    while not told.endswith(b"}"):
        part = one.recv(4_096)
        assert part, told
        told += part
    return told


def nothing(_: socket.socket) -> None:
    """Not a word."""


def half(one: socket.socket) -> None:
    """A head without its end."""
    one.sendall(HALF)


def half_after_one(one: socket.socket) -> None:
    """The same on a line that was served before."""
    assert answered(one).startswith(b"HTTP/1.1 200")
    one.sendall(HALF)


def letters(one: socket.socket) -> None:
    """A head that comes letter by letter and would take minutes."""
    end = time.monotonic() + PATIENCE
    for each in HALF * 100:
        one.sendall(bytes((each,)))
        assert time.monotonic() < end
        time.sleep(0.02)


def on_and_on(one: socket.socket) -> None:
    """A body that goes on letter by letter after it was answered."""
    one.sendall(b"POST / HTTP/1.1\r\nHost: kagaz\r\nContent-Length: 100000\r\n\r\nx")
    told = b""
    while not told.endswith(b"}"):
        heard = one.recv(4_096)
        assert heard, "hung up on before it was answered"
        told += heard
    assert told.startswith(b"HTTP/1.1 4")
    letters(one)


@pytest.mark.parametrize("slow", [nothing, half, half_after_one, letters, on_and_on])
def test_who_sends_no_head_is_hung_up_on_and_others_are_served(
    port: tuple[str, int], slow: Callable[[socket.socket], None]
) -> None:
    with line(port) as one:
        try:
            slow(one)
            assert one.recv(1) == b""
        except ConnectionError:
            assert slow in (letters, on_and_on)  # told so while it was still sending
        with line(port) as other:
            assert answered(other).startswith(b"HTTP/1.1 200")


def test_a_line_is_kept_for_the_next_request_as_long_as_programs_pause(
    port: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert heads.KEEP_SECONDS > 60  # a program that asks each minute
    with line(port) as one:
        answered(one)
        time.sleep(SOON * 1.5)  # longer than a head may take: nothing is awaited now
        answered(one)
        monkeypatch.setattr(heads, "KEEP_SECONDS", SOON)
        with line(port) as other:
            answered(other)
            assert other.recv(1) == b""
        answered(one)


def test_a_body_that_does_not_end_is_refused_in_time(desk: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "BODY_SECONDS", SOON)
    with serving(Application(Started(desk))) as host:
        name, number = host.split(":")
        with line((name, int(number))) as one:
            one.sendall(
                b"POST /session/token HTTP/1.1\r\nHost: kagaz\r\nContent-Length: 100\r\n"
                b"Content-Type: application/x-www-form-urlencoded\r\n\r\napi_key=a"
            )
            told = whole(one)
        assert told.startswith(b"HTTP/1.1 408")
        assert b'"error_type":"GeneralException"' in told
