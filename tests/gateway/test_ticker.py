"""The ticker: by the broker's own client, and by hand where the client would not go."""

import contextlib
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from queue import Empty, Queue
from typing import Any

import numpy as np
import psutil
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from core.frames import Frame, row_type
from db.engine import Database
from desk import identity
from gateway.app import Application
from gateway.ticker import endpoint, outbox
from gateway.ticker.outbox import BEAT
from gateway.tokens import token_of
from settings import PROJECT
from tests import factories
from tests.floor import Floor
from tests.gateway.conftest import Keys, client_of, keys_of, serving
from tests.gateway.test_orders import BUY, account_of
from tests.patience import PATIENCE
from tests.started import Started
from web.ending import Ending

AT = int(datetime(2026, 11, 23, 6, 30, tzinfo=UTC).timestamp())


def frame(database: Database, floor: Floor, number: int, prices: dict[str, int]) -> None:
    """A frame of some instruments, as the sidecar would store it."""
    rows = np.zeros(len(prices), row_type())
    for row, (key, price) in zip(rows, prices.items(), strict=True):
        row["instrument"], row["last_price"], row["exchange_time"] = floor.instrument(key).id, price, AT * 1000
        row["open"], row["high"], row["low"], row["prev_close"] = 1_000, 2_000, 500, 150_000
        row["volume"], row["oi"] = 77, 5
        row["bid_price"][:2], row["bid_quantity"][:2], row["bid_orders"][:2] = [price - 5, price - 10], [10, 20], [1, 2]
        row["ask_price"][0], row["ask_quantity"][0], row["ask_orders"][0] = price + 5, 30, 3
    factories.frame(database, Frame("sim", number, AT * 1000, rows))


class Bot:
    """The broker's client in a process of its own: ``program`` with its arguments."""

    program = "tests.gateway.bot"

    def __init__(self, host: str, keys: Keys, *arguments: object) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", self.program, host, keys.api_key, keys.access_token, *map(str, arguments)],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=PROJECT, text=True,
        )  # fmt: skip
        self.told: Queue[tuple[str, Any]] = Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.told.put(tuple(json.loads(line)))

    def until(self, kind: str, true: Callable[[Any], bool] = lambda _: True) -> Any:
        """The next of that kind for which it is true."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                found, told = self.told.get(timeout=max(0.01, deadline - time.monotonic()))
            except Empty:
                raise AssertionError(f"no such {kind} came") from None
            if found == kind and true(told):
                return told

    def end(self) -> None:
        self.process.kill()
        self.process.wait(PATIENCE)
        assert self.process.stdout
        self.process.stdout.close()


@pytest.fixture
def bots() -> Iterator[list[Bot]]:
    made: list[Bot] = []
    yield made
    for each in made:
        each.end()


def test_a_bot_hears_prices_and_its_orders(host, desk, floor, bots):
    keys = keys_of(desk, "alice")
    kite = client_of(host, keys)
    infy, nifty = floor.instrument("NSE:INFY"), floor.instrument("NSE:NIFTY 50")
    bot = Bot(host, keys, "full", token_of(infy), token_of(nifty))
    bots.append(bot)
    bot.until("connected")
    first = bot.until("tick")  # what there was when it came; subscribing and the mode are one wish
    assert (first["instrument_token"], first["last_price"], first["mode"]) == (token_of(infy), 1500, "full")
    frame(desk, floor, 7, {"NSE:INFY": 151_000, "NSE:NIFTY 50": 2_600_050})
    tick = bot.until("tick", lambda tick: tick["last_price"] == 1510)
    assert tick["tradable"]
    assert (tick["volume_traded"], tick["total_buy_quantity"], tick["total_sell_quantity"], tick["oi"]) == (
        77,
        30,
        30,
        5,
    )
    assert tick["ohlc"] == {"open": 10, "high": 20, "low": 5, "close": 1500}
    assert tick["depth"]["buy"][:2] == [
        {"quantity": 10, "price": 1509.95, "orders": 1}, {"quantity": 20, "price": 1509.9, "orders": 2},
    ]  # fmt: skip
    assert tick["depth"]["sell"][0] == {"quantity": 30, "price": 1510.05, "orders": 3}
    assert tick["exchange_timestamp"] == str(datetime.fromtimestamp(AT))  # noqa: DTZ006 - as the client reads it
    index = bot.until("tick", lambda tick: tick["instrument_token"] == token_of(nifty))
    assert (index["tradable"], index["last_price"]) == (False, 26_000.5)
    assert index["ohlc"] == {"open": 10, "high": 20, "low": 5, "close": 1500}
    order_id = kite.place_order(**BUY)
    order = bot.until("order", lambda order: order["order_id"] == order_id)
    assert (order["status"], order["user_id"], order["unfilled_quantity"]) == ("OPEN", "alice", 10)
    assert order["checksum"] == identity.checksum_of(order_id, order["order_timestamp"], keys.api_secret)
    floor.fill(account_of(floor), int(order_id), 10, 150_000)
    assert bot.until("order", lambda order: order["status"] == "COMPLETE")["filled_quantity"] == 10


def test_a_bot_with_a_wrong_token_is_turned_away(host, desk, bots):
    keys = keys_of(desk, "alice")
    bot = Bot(host, Keys(keys.api_key, keys.api_secret, "x" * 32), "ltp", 1)
    bots.append(bot)
    assert "403" in str(bot.until("error"))


def address_of(host: str, keys: Keys, path: str = "/") -> str:
    return f"ws://{host}{path}?api_key={keys.api_key}&access_token={keys.access_token}"


@pytest.fixture
def beating(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beats at each look, for those who wait for one."""
    monkeypatch.setattr(outbox, "BEAT_SECONDS", 0.2)


@pytest.fixture
def opened(host, desk) -> Iterator[Callable[..., ClientConnection]]:
    """Sockets of one program of alice's, by hand."""
    keys, open_ones = keys_of(desk, "alice"), contextlib.ExitStack()

    def opener(path: str = "/", given: Keys = keys, more: str = "") -> ClientConnection:
        return open_ones.enter_context(
            connect(address_of(host, given, path) + more, close_timeout=1, open_timeout=PATIENCE)
        )

    with open_ones:
        yield opener


def say(socket: ClientConnection, act: str, value: Any) -> None:
    socket.send(json.dumps({"a": act, "v": value}))


def hear(socket: ClientConnection, of: type = bytes, least: int = 3) -> Any:
    """The next message of that kind that is no beat."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        message = socket.recv(timeout=PATIENCE)
        if isinstance(message, of) and len(message) >= least:
            return message
    raise AssertionError("nothing came")


def lengths(message: bytes) -> list[int]:
    """The lengths of the packets of a frame."""
    count, at, found = int.from_bytes(message[:2], "big"), 2, []
    for _ in range(count):
        found.append(int.from_bytes(message[at : at + 2], "big"))
        at += 2 + found[-1]
    assert at == len(message)
    return found


def test_modes_and_their_packets(opened, desk, floor):
    infy, nifty = (token_of(floor.instrument(key)) for key in ("NSE:INFY", "NSE:NIFTY 50"))
    frame(desk, floor, 1, {"NSE:INFY": 150_000, "NSE:NIFTY 50": 2_600_000})
    with desk.connection() as connection:
        connection.execute("delete from quotes")
    for number, key in enumerate(("NSE:INFY", "NSE:NIFTY 50")):
        factories.quote(desk, floor.instrument(key).id, 150_000 + number)
    socket = opened()
    assert socket.response.headers.get("sec-websocket-extensions") is None  # nothing is compressed
    say(socket, "subscribe", [infy, nifty, 1, 2**40, -1])
    assert sorted(lengths(hear(socket))) == [28, 44]
    say(socket, "mode", ["ltp", [infy, nifty]])
    assert lengths(hear(socket)) == [8, 8]
    say(socket, "mode", ["full", [infy, nifty]])
    assert sorted(lengths(hear(socket))) == [32, 184]
    say(socket, "subscribe", [infy])  # a second time changes nothing
    assert lengths(hear(socket)) == [184]
    say(socket, "unsubscribe", [infy])
    time.sleep(0.3)
    frame(desk, floor, 2, {"NSE:INFY": 151_000, "NSE:NIFTY 50": 2_600_100})
    assert lengths(hear(socket)) == [32]


def test_a_mode_subscribes_and_indices_fall(opened, desk, floor):
    nifty = floor.instrument("NSE:NIFTY 50")
    factories.quote(desk, nifty.id, 2_599_900, prev_close=2_600_000, high=3, low=1, open=2)
    socket = opened("/oms", more="&user_id=alice&uid=1")
    say(socket, "mode", ["quote", [token_of(nifty)]])
    body = hear(socket)[4:]
    fields = [int.from_bytes(body[at : at + 4], "big", signed=True) for at in range(0, 28, 4)]
    assert fields == [token_of(nifty), 2_599_900, 3, 1, 2, 2_600_000, -100]


@pytest.mark.usefixtures("beating")
def test_an_idle_socket_is_kept_by_beats(opened):
    assert opened().recv(timeout=PATIENCE) == b"\x00"


@pytest.mark.usefixtures("beating")
@pytest.mark.parametrize(
    "said",
    ["", "{", "[]", "{}", '{"a":"subscribe"}', '{"a":"subscribe","v":["1"]}', '{"a":"subscribe","v":[true]}',
     '{"a":"mode","v":["big",[1]]}', '{"a":"mode","v":[1]}', '{"a":"order","v":[]}', "[" * 5000, "\x00"],
)  # fmt: skip
def test_nonsense_is_answered_in_words(opened, said):
    socket = opened()
    socket.send(said)
    told = json.loads(hear(socket, str))
    assert told["type"] == "error"
    assert told["data"]
    say(socket, "subscribe", [])
    assert socket.recv(timeout=PATIENCE) == b"\x00"  # it goes on


def refused(opener: Callable[..., Any], *arguments: Any, **named: Any) -> int:
    with pytest.raises(InvalidStatus) as no:
        opener(*arguments, **named)
    return int(no.value.response.status_code)


def test_who_may_not_listen_is_refused_at_the_door(opened, host, desk):
    keys = keys_of(desk, "bob")
    for wrong in (
        Keys(keys.api_key, "", "x" * 32),
        Keys("wrong", "", keys.access_token),
        Keys("", "", ""),
        Keys(keys.api_key, "", ""),
        Keys("%00", "", "%ff"),
    ):
        assert refused(opened, given=wrong) == 403
    with pytest.raises(InvalidStatus), connect(f"ws://{host}/nowhere"):
        pass


def test_a_program_opens_three_sockets(opened):
    three = [opened() for _ in range(3)]
    assert refused(opened) == 403
    three[0].close()
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            opened()
            break
        except InvalidStatus:
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_a_revoked_token_ends_its_sockets(opened, desk):
    socket = opened()
    with desk.connection() as connection:
        connection.execute("update api_tokens set revoked_at = now()")
    with pytest.raises(ConnectionClosed):
        while True:
            socket.recv(timeout=PATIENCE)


def test_another_users_orders_are_not_heard(opened, host, desk, floor):
    socket = opened()
    client_of(host, keys_of(desk, "bob")).place_order(**BUY)
    client_of(host, keys_of(desk, "alice")).place_order(**BUY | {"quantity": 3})
    assert json.loads(hear(socket, str))["data"]["quantity"] == 3


@pytest.mark.parametrize("early", [True, False])
def test_a_process_told_to_end_lets_go_of_its_sockets_and_of_who_comes_afterwards(desk, early):
    """A server waits for its sockets, and closes by itself those alone that it had when it stopped listening."""
    app, keys = Application(Started(desk)), keys_of(desk, "alice")
    app.ticker.ending = Ending()
    with serving(app) as host, contextlib.ExitStack() as sockets:

        def opener() -> ClientConnection:
            return sockets.enter_context(connect(address_of(host, keys), close_timeout=1, open_timeout=PATIENCE))

        opened = [opener()] if early else []
        assert [each.recv(timeout=PATIENCE) for each in opened] == [BEAT] * early
        app.ticker.ending.begin()
        for each in (*opened, opener()):
            with pytest.raises(ConnectionClosed) as over:
                for _ in range(3):
                    each.recv(timeout=PATIENCE)
            assert over.value.rcvd
            assert over.value.rcvd.code == 1001


def beat(socket: ClientConnection) -> None:
    """It is served still: a beat comes when nothing else does."""
    deadline = time.monotonic() + PATIENCE
    while socket.recv(timeout=PATIENCE) != BEAT:
        assert time.monotonic() < deadline


def test_what_is_said_in_one_go_is_one_wish_and_its_prices_come_once(opened, desk, floor):
    """Programs subscribe in a loop, and their client says all of it again when the line is back."""
    keys = ["NSE:INFY", "NSE:TCS", "NSE:NIFTY 50"]
    for number, key in enumerate(keys):
        factories.quote(desk, floor.instrument(key).id, 150_000 + number)
    socket = opened()
    for _ in range(20):
        for key in keys:
            say(socket, "subscribe", [token_of(floor.instrument(key))])
            say(socket, "mode", ["full", [token_of(floor.instrument(key))]])
    say(socket, "unsubscribe", [token_of(floor.instrument("NSE:TCS"))])
    told, deadline = [], time.monotonic() + PATIENCE
    while (message := socket.recv(timeout=PATIENCE)) != BEAT:
        assert time.monotonic() < deadline
        told.append(lengths(message))
    assert sorted(told[-1]) == [32, 184]
    assert len(told) <= 10


def test_a_socket_follows_as_many_instruments_as_the_rules_allow(opened, desk, floor, monkeypatch):
    rules = replace(endpoint.rules_at(datetime.now(UTC)), most_subscriptions=2)
    monkeypatch.setattr(endpoint, "rules_at", lambda _: rules)
    keys = ["NSE:INFY", "NSE:TCS", "NSE:SBIN"]
    for key in keys:
        factories.quote(desk, floor.instrument(key).id, 150_000)
    socket = opened()
    say(socket, "subscribe", [token_of(floor.instrument(key)) for key in keys])
    assert lengths(hear(socket)) == [44, 44]
    say(socket, "unsubscribe", [token_of(floor.instrument(keys[0]))])
    say(socket, "subscribe", [token_of(floor.instrument(keys[2]))])
    assert lengths(hear(socket)) == [44]


def test_a_flood_of_one_program_holds_up_nobody_else_and_memory_stays(opened, host, desk, floor):
    """Garbage, wishes and the largest messages as fast as they go: who sends them is heard late, others are served."""
    process = psutil.Process()
    tokens = [token_of(one) for one in floor.master.by_id.values()]
    large = json.dumps({"a": "subscribe", "v": (tokens * 20)[:6_000]})
    factories.quote(desk, floor.instrument("NSE:INFY").id, 150_000)
    flooding, quiet = opened(), opened(given=keys_of(desk, "bob"))
    stop = threading.Event()

    def flood() -> None:
        with contextlib.suppress(ConnectionClosed, TimeoutError, OSError):
            while not stop.is_set():
                for message in ("[" * 1_000, large, b"\xff\x00" * 30_000, '{"a":"mode","v":["ltp",[1]]}'):
                    flooding.send(message)

    before = process.memory_info().rss
    thread = threading.Thread(target=flood, daemon=True)
    thread.start()
    try:
        for _ in range(8):
            say(quiet, "subscribe", [token_of(floor.instrument("NSE:INFY"))])
            asked = time.monotonic()
            assert lengths(hear(quiet)) == [44]
            assert time.monotonic() - asked < PATIENCE / 4, "the flood is not read to its end first"
            assert thread.is_alive(), "the flood goes on"
        assert process.memory_info().rss - before < 200 << 20
    finally:
        stop.set()
        flooding.close_socket()
        thread.join(PATIENCE)


def test_what_is_no_websocket_ends_that_line_alone(opened, host):
    """Bytes that are no frame, a frame that is not masked, one without end, one larger than is taken."""
    other = opened()
    for garbage in (
        b"\x00" * 64,
        b"\xff" * 64,
        b"\x81\x05hello",
        b"\x81\xff" + b"\xff" * 8 + b"\x00" * 4,
        b"\x81\xfe\xff\xff" + b"\x00" * 4 + b"a" * 100,
        b"\x88\x80\x00\x00\x00\x00",
    ):
        one = opened()
        one.socket.sendall(garbage)
        one.close_socket()
    with pytest.raises(ConnectionClosed) as over:
        one = opened()
        one.send("x" * 100_000)
        for _ in range(5):
            one.recv(timeout=PATIENCE)
    assert over.value.rcvd
    assert over.value.rcvd.code == 1009
    beat(other)


def test_a_handshake_whose_first_line_is_too_long_is_hung_up_on(host):
    name, port = host.split(":")
    with socket.create_connection((name, int(port)), PATIENCE) as line:
        line.sendall(
            f"GET /?api_key={'k' * 9_000} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: YSBrZXkgb2Ygc2l4dGVlbg==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        assert line.recv(1) == b""


@pytest.mark.usefixtures("beating")
def test_all_programs_come_back_at_once(host, desk):
    """A hundred sockets at the same moment: each has its turn, none is told that its key is wrong."""
    keys = [keys_of(desk, name) for name in ("alice", "bob") for _ in range(17)]
    came: list[Any] = []

    def come(mine: Keys) -> None:
        try:
            with connect(address_of(host, mine), close_timeout=1, open_timeout=PATIENCE) as socket:
                came.append(socket.recv(timeout=PATIENCE))
        except Exception as error:  # it is told below
            came.append(error)

    threads = [threading.Thread(target=come, args=[each]) for each in keys for _ in range(3)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(2 * PATIENCE)
    assert came == [BEAT] * len(threads)


def test_while_it_starts_a_socket_is_told_to_come_again():
    with serving(Application(Started(None, ["schema"]))) as host, pytest.raises(InvalidStatus) as no:
        connect(f"ws://{host}/?api_key=a&access_token=b")
    assert no.value.response.status_code == 503
