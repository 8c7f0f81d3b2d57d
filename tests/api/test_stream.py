"""The stream as a client on the same machine reads it, over a real server and database."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import httpx
import numpy as np
import pytest

from api.late import PREFIX
from core.frames import Frame, row_type
from db.engine import Database
from desk import access, identity, masters, sharing, wallet
from tests import factories as make
from tests.api.streaming import Live, live
from tests.patience import PATIENCE
from tests.people import token
from tests.ports import free_port
from tests.started import Started
from web.ending import Ending

AT = int(datetime(2026, 11, 23, 6, 30, tzinfo=UTC).timestamp() * 1000)


@pytest.fixture
def server(desk: Database) -> Iterator[Live]:
    with live(Started(desk)) as running:
        yield running


@pytest.fixture
def alice(desk: Database) -> str:
    return token(desk, "alice")


def id_of(database: Database, key: str) -> int:
    return masters.get(database).by_key[key].id


def frame(database: Database, number: int, prices: dict[str, int], levels: int = 5, at: int = AT, **more: int) -> Frame:
    rows = np.zeros(len(prices), row_type(levels))
    for row, (key, price) in zip(rows, prices.items(), strict=True):
        row["instrument"] = id_of(database, key)
        row["last_price"], row["prev_close"], row["exchange_time"] = price, 100_000, at
        row["bid_price"][0], row["bid_quantity"][0], row["bid_orders"][0] = price - 5, 10, 2
        for name, value in more.items():
            row[name] = value
    made = Frame("sim", number, at, rows)
    make.frame(database, made)
    return made


def bump(database: Database, key: str, **changes: Any) -> None:
    """A deposit: the smallest change of an account there is."""
    account = access.by_key(database, key)
    assert wallet.deposit(database, "test", account.id, changes.get("amount", 100), None).ok


def start(database: Database, key: str = "sim") -> int:
    return int(make.ask(database, "select frame from markets where id = %s", key))


def test_a_stream_begins_with_hello_and_a_snapshot_of_all_that_was_asked(
    server: Live, desk: Database, alice: str
) -> None:
    number = start(desk) + 1
    make.quote(desk, id_of(desk, "NSE:INFY"), 150_005, prev_close=150_000)
    with server.reading(alice, "symbols=NSE:INFY,NSE:TCS,NSE:NOPE") as reader:
        assert reader.response.headers["content-type"].startswith("text/event-stream")
        event, hello = reader.next()
        assert (event, hello.keys()) == (
            "hello", {"stream_id", "epoch", "market", "account", "version", "session_expires_at"},
        )  # fmt: skip
        assert (hello["market"], hello["account"]) == ("sim", "alice/main")
        event, snapshot = reader.next()
        assert (event, snapshot.keys()) == (
            "snapshot", {"frame", "exchange_time", "cols", "rows", "closes", "orders", "positions", "wallet"},
        )  # fmt: skip
        assert snapshot["cols"] == ["symbol", "last_price", "change_percent", "bid", "ask", "volume", "oi"]
        assert snapshot["rows"] == [["NSE:INFY", 1500.05, 0.0, 1500, 1500.1, 1000, 0]]
        assert snapshot["wallet"]["version"] == hello["version"]
        assert (snapshot["orders"], snapshot["positions"]) == ([], [])
        frame(desk, number, {"NSE:TCS": 101_000, "NSE:SBIN": 5})
        assert reader.until("quotes") == {
            "frame": number, "exchange_time": "2026-11-23T12:00:00.000+05:30", "cols": snapshot["cols"],
            "rows": [["NSE:TCS", 1010, 1, 1009.95, None, 0, 0]], "closes": {"NSE:TCS": 1000},
        }  # fmt: skip
        assert [each.rpartition("-")[0] for each in reader.ids] == [hello["epoch"]] * len(reader.ids)
        assert [int(each.rpartition("-")[2]) for each in reader.ids] == list(range(1, len(reader.ids) + 1))


def test_frames_of_one_level_and_of_five_mix(server: Live, desk: Database, alice: str) -> None:
    number = start(desk)
    with server.reading(alice, "symbols=NSE:INFY&topics=quotes") as reader:
        reader.until("snapshot")
        for at, levels in enumerate((5, 1), 1):
            frame(desk, number + at, {"NSE:INFY": 100_000 + at}, levels)
            assert reader.until("quotes")["rows"][0][1] == 1000 + at / 100


def test_the_feed_pill_comes_each_second(server: Live, desk: Database, alice: str) -> None:
    frame(desk, start(desk) + 1, {"NSE:INFY": 100_000})
    with server.reading(alice, "topics=feed") as reader:
        pills = [reader.until("feed") for _ in range(2)]
    assert pills[0].keys() == {"market", "state", "age_ms", "frame", "phase", "until", "past_day", "ended"}
    assert pills[1]["age_ms"] > pills[0]["age_ms"] >= 0


def test_what_changes_in_the_account_comes_as_full_rows_once(server: Live, desk: Database, alice: str) -> None:
    book, infy = access.by_key(desk, "alice/main"), id_of(desk, "NSE:INFY")
    with server.reading(alice, "topics=orders,trades,positions,wallet") as reader:
        hello, snapshot = reader.next()[1], reader.next()[1]
        version, today = hello["version"] + 1, date.fromisoformat(snapshot["wallet"]["trading_date"])
        order = make.order(desk, book, infy, version=version, filled=4, turnover=4 * 150_000, trading_date=today)
        make.trade(desk, book, infy, order, version=version, quantity=4, trading_date=today)
        make.position(desk, book, infy, product="CNC", quantity=4, cost=4, mark=4, day_buy_quantity=4, version=version)
        make.lot(desk, book, infy, quantity=4, cost=4, bought_on=today, settles_on=today)
        with desk.connection() as connection:
            connection.execute("update accounts set version = %s where id = %s", (version, book.id))
        told = [reader.next() for _ in range(4)]
        assert [event for event, _ in told] == ["order", "trade", "position", "wallet"]
        assert [data["version"] for _, data in told] == [version] * 4
        assert (told[0][1]["filled_quantity"], told[2][1]["quantity"]) == (4, 4)
        assert told[3][1].keys() == snapshot["wallet"].keys()
        bump(desk, "alice/main")
        assert reader.next()[0] == "wallet"


def test_another_accounts_changes_are_nobodys_business(server: Live, desk: Database, alice: str) -> None:
    with server.reading(alice, "topics=wallet") as reader:
        reader.until("snapshot")
        bump(desk, "bob/main")
        bump(desk, "alice/main")
        assert reader.until("wallet")["account"] == "alice/main"


def test_depth_and_candles_come_for_the_instrument_asked(server: Live, desk: Database, alice: str) -> None:
    number = start(desk)
    with server.reading(alice, "topics=depth:NSE:INFY,candles:NSE:INFY") as reader:
        reader.until("snapshot")
        frame(desk, number + 1, {"NSE:INFY": 100_000, "NSE:TCS": 5_000}, volume=50)
        told = dict([reader.next(), reader.next()])
        while told.keys() != {"depth", "candle"} or told["depth"]["frame"] != number + 1:
            told |= dict([reader.next()])
        assert told["depth"] == {"frame": number + 1, "symbol": "NSE:INFY", "bids": [[999.95, 10, 2]], "asks": []}
        assert told["candle"] == {
            "symbol": "NSE:INFY", "interval": "1m", "start": "2026-11-23T12:00:00.000+05:30", "open": 1000,
            "high": 1000, "low": 1000, "close": 1000, "volume": 0, "oi": 0, "closed": False,
        }  # fmt: skip
        frame(desk, number + 2, {"NSE:INFY": 100_200}, at=AT + 59_999, volume=70)
        bar = reader.until("candle")
        assert (bar["high"], bar["close"], bar["volume"], bar["closed"]) == (1002, 1002, 20, False)
        frame(desk, number + 3, {"NSE:INFY": 100_100}, at=AT + 60_000, volume=75)
        finished, running = reader.until("candle"), reader.until("candle")
        assert (finished["close"], finished["closed"]) == (1002, True)
        assert (running["start"][14:19], running["open"], running["volume"]) == ("01:00", 1001, 5)


def test_the_set_of_symbols_changes_without_a_new_stream(server: Live, desk: Database, alice: str) -> None:
    make.quote(desk, id_of(desk, "NSE:TCS"), 300_000)
    with server.reading(alice, "symbols=NSE:INFY&topics=quotes") as reader:
        hello = reader.until("hello")
        reader.until("snapshot")
        assert server.post(alice, hello["stream_id"], symbols=["NSE:TCS"]) == 204
        assert reader.until("quotes")["rows"][0][:2] == ["NSE:TCS", 3000]
        number = start(desk) + 1
        frame(desk, number, {"NSE:INFY": 100_000, "NSE:TCS": 300_100})
        assert [row[0] for row in reader.until("quotes")["rows"]] == ["NSE:TCS"]


def test_a_stream_is_its_openers_alone(server: Live, desk: Database, alice: str) -> None:
    with server.reading(alice) as reader:
        hello = reader.until("hello")
        assert server.post(token(desk, "bob"), hello["stream_id"], symbols=[]) == 404
        assert server.post(token(desk, "alice"), hello["stream_id"], symbols=[]) == 404
        assert server.post(alice, "0" * 32, symbols=[]) == 404
        assert server.post(alice, hello["stream_id"], symbols=["NSE:INFY"], topics=["gossip"]) == 400
        assert server.post("wrong", hello["stream_id"], symbols=[]) == 401


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("topics=gossip", 400),
        ("topics=quotes:NSE:INFY", 400),
        ("symbols=%00", 400),
        ("symbols=" + ",".join(["NSE:X"] * 2001), 400),
        ("limit=3", 400),
        ("account=bob/main", 404),
        ("account=nobody/main", 404),
    ],
)
def test_a_stream_that_cannot_be_is_refused_as_any_request_is(
    server: Live, alice: str, query: str, status: int
) -> None:
    with server.reading(alice, query) as reader:
        assert reader.response.status_code == status
        assert reader.response.headers["content-type"] == "application/problem+json"


def test_who_comes_back_gets_what_was_missed_and_nothing_twice(server: Live, desk: Database, alice: str) -> None:
    with server.reading(alice, "topics=wallet") as reader:
        hello = reader.until("hello")
        reader.until("snapshot")
        bump(desk, "alice/main")
        reader.until("wallet")
        last = reader.ids[-1]
        bump(desk, "alice/main", amount=700)
        reader.until("wallet")
    bump(desk, "alice/main", amount=900)
    with server.reading(alice, "topics=wallet", last_id=last) as again:
        wallets = [again.until("wallet") for _ in range(2)]
        assert [each["version"] - hello["version"] for each in wallets] == [2, 3]
        numbers = [int(each.rpartition("-")[2]) for each in again.ids]
        assert numbers[0] == int(last.rpartition("-")[2]) + 1
        assert numbers == sorted(set(numbers))


@pytest.mark.parametrize("last_id", ["0123456789abcdef-7", "theirs"])
def test_who_comes_back_too_late_gets_a_gap_and_a_snapshot(
    server: Live, desk: Database, alice: str, last_id: str
) -> None:
    if last_id == "theirs":
        with server.reading(token(desk, "bob")) as other:
            other.until("snapshot")
            last_id = other.ids[-1]
            with server.reading(alice, last_id=last_id) as reader:
                assert [reader.next()[0] for _ in range(3)] == ["hello", "gap", "snapshot"]
    else:
        with server.reading(alice, last_id=last_id) as reader:
            assert [reader.next()[0] for _ in range(3)] == ["hello", "gap", "snapshot"]


def test_a_revoked_token_ends_its_streams(server: Live, desk: Database, alice: str) -> None:
    with server.reading(alice, "topics=feed") as reader:
        reader.until("hello")
        with desk.connection() as connection:
            connection.execute("update api_tokens set revoked_at = now()")
        assert reader.until("bye") == {"reason": "session"}
        assert reader.next() == ("", None)


def test_an_account_shared_no_longer_is_streamed_no_longer(server: Live, desk: Database) -> None:
    with server.reading(token(desk, "ana"), "account=alice/main&topics=feed") as reader:
        reader.until("hello")
        owner = identity.principal_from_token(desk, token(desk, "alice"))
        assert owner is not None
        sharing.unshare(desk, owner, "alice/main", "ana")
        assert reader.until("bye") == {"reason": "session"}


def test_an_archived_account_sends_its_readers_to_the_new_one(server: Live, desk: Database, alice: str) -> None:
    with server.reading(alice, "topics=feed") as reader:
        reader.until("hello")
        with desk.connection() as connection:
            connection.execute("update accounts set archived_at = now()")
        assert reader.until("bye") == {"reason": "restart"}


def test_the_end_of_the_server_is_announced(server: Live, alice: str) -> None:
    with server.reading(alice, "topics=feed") as reader:
        reader.until("hello")
        assert server.streams is not None
        server.streams.close()
        assert reader.until("bye") == {"reason": "restart"}


def test_what_streams_look_at_is_told_to_those_who_price_options(server: Live, desk: Database, alice: str) -> None:
    with server.reading(alice, "symbols=NSE:INFY&topics=feed,quotes") as reader:
        for _ in range(2):
            reader.until("feed")
        found = make.ask(desk, "select detail -> 'looked_at' -> 'sim' from heartbeats where role = 'web'")
    assert found == [id_of(desk, "NSE:INFY")]


def test_a_reader_far_behind_the_tape_gets_the_latest_quotes(server: Live, desk: Database, alice: str) -> None:
    with server.reading(alice, "symbols=NSE:INFY&topics=quotes") as reader:
        reader.until("snapshot")
        make.quote(desk, id_of(desk, "NSE:INFY"), 123_400)
        with desk.connection() as connection:
            connection.execute("update markets set frame = frame + 100, frame_at = now()")
        assert reader.until("quotes")["rows"][0][1] == 1234


def test_a_server_told_to_stop_does_not_wait_for_its_readers(desk: Database, alice: str) -> None:
    port = free_port()
    child = subprocess.Popen([sys.executable, "-m", "tests.api.stream_child", desk.url, str(port)])
    try:
        url = f"http://127.0.0.1:{port}{PREFIX}"
        while httpx_fails(f"{url}/health"):
            assert child.poll() is None
            time.sleep(0.05)
        with Live(url, None).reading(alice, "topics=feed") as reader:
            reader.until("hello")
            child.send_signal(signal.SIGTERM)
            assert reader.until("bye") == {"reason": "restart"}
            assert child.wait(PATIENCE) in (0, -signal.SIGTERM)
    finally:
        child.kill()
        child.wait()


def test_a_server_told_to_stop_before_its_first_stream_takes_none_on(server: Live, alice: str) -> None:
    """A request that was on its way held the server open for ever: nobody told a stream that began afterwards."""
    assert server.streams is not None
    server.streams.ending = Ending()
    server.streams.ending.begin()
    for _ in range(2):
        with server.reading(alice, "topics=feed") as reader:
            assert reader.response.status_code == 503


def test_signals_are_heard_before_the_handlers_that_were_there_and_once() -> None:
    told: list[str] = []
    before = signal.signal(signal.SIGTERM, lambda *_: told.append("the server"))
    other = signal.getsignal(signal.SIGINT)
    try:
        ending = Ending()
        ending.watch()
        ending.watch()
        ending.tell(lambda: told.append("streams"))
        signal.raise_signal(signal.SIGTERM)
        ending.tell(lambda: told.append("who came later"))
    finally:
        signal.signal(signal.SIGTERM, before)
        signal.signal(signal.SIGINT, other)
    assert (ending.told, told) == (True, ["streams", "the server", "who came later"])


def httpx_fails(url: str) -> bool:
    """Whether nobody answers there yet."""
    try:
        return httpx.get(url, timeout=PATIENCE).status_code != 200
    except httpx.TransportError:
        time.sleep(0.02)
        return True
