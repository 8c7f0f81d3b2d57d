"""The parts of the stream by themselves: what waits for a slow reader, and what is encoded once."""

import asyncio
import json
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.bars import Bars
from api.board import Board
from api.pens import Due, Pen
from api.subscriber import MOST_KEPT, MOST_QUEUED, Subscriber
from api.wishes import Wish
from core.frames import Frame, row_type
from core.instruments import Instrument, Kind
from desk.access import AccountRef
from desk.principal import Principal
from web.eager import begin

AT = int(datetime(2026, 11, 23, 6, 30, tzinfo=UTC).timestamp() * 1000)
ALICE = Principal(1, "alice", "trader", "session-1", None, None, ("read",))
BOOK = AccountRef(7, "alice/main", 1, "sim", "main", False)
SHOWN = Wish((), (), (1, 2), frozenset({"quotes", "orders", "trades", "positions", "wallet", "feed"}))
KNOWN = {n: Instrument(n, "NSE", f"S{n}", f"S{n}", Kind.EQ, 1, 5, 100) for n in (1, 2, 3)}


def subscriber() -> Subscriber:
    return Subscriber(ALICE, BOOK, SHOWN)


def told(stream: Subscriber) -> list[tuple[str, Any]]:
    return [(event.decode(), json.loads(body)) for _, event, body in stream.take()]


def frame(number: int, prices: dict[int, int], at: int = AT, **more: int) -> Frame:
    rows = np.zeros(len(prices), row_type())
    rows["instrument"], rows["last_price"], rows["exchange_time"] = list(prices), list(prices.values()), at
    rows["prev_close"] = 10_000
    for name, value in more.items():
        rows[name] = value
    return Frame("sim", number, at, rows)


def board() -> Board:
    made = Board("sim")
    made.know(KNOWN)
    return made


def test_of_what_may_be_skipped_the_newest_wins_in_its_place() -> None:
    stream = subscriber()
    for n in range(100):
        stream.may(b"wallet", b"%d" % n)
        stream.may(b"position", b"%d" % (n % 2), n % 2)
    assert told(stream) == [("wallet", 99), ("position", 0), ("position", 1)]


def test_orders_and_trades_are_all_there_in_order() -> None:
    stream = subscriber()
    for n in range(500):
        stream.must(b"order" if n % 2 else b"trade", b"%d" % n)
        stream.may(b"wallet", b"%d" % n)
    events = told(stream)
    assert [data for event, data in events if event != "wallet"] == list(range(500))
    assert events[-1] == ("wallet", 499)


def test_more_than_can_wait_becomes_a_gap_and_then_a_snapshot() -> None:
    stream = subscriber()
    body = b'"' + b"x" * 10_000 + b'"'
    for _ in range(MOST_QUEUED // 10_000 + 5):
        stream.must(b"order", body)
    assert told(stream) == [("gap", {})]
    stream.must(b"order", b"1")
    stream.may(b"wallet", b"2")
    assert told(stream) == []
    stream.snapshot(b"3", 9, 0)
    stream.must(b"order", b"4")
    assert told(stream) == [("snapshot", 3), ("order", 4), ("wallet", 2)]


@given(sizes=st.lists(st.integers(0, 200_000), max_size=60), taken=st.integers(0, 60))
def test_what_is_held_for_one_client_is_bounded(sizes: list[int], taken: int) -> None:
    stream = subscriber()
    for n, size in enumerate(sizes):
        stream.must(b"order", b"x" * size)
        if n < taken:
            stream.take()
    assert stream._queued <= MOST_QUEUED
    assert stream._kept_bytes <= MOST_KEPT
    assert stream._kept_bytes == sum(len(body) for _, _, body in stream._kept)


@given(batches=st.lists(st.integers(0, 4), max_size=20), back=st.integers(0, 80))
def test_a_replay_goes_on_where_the_reader_stopped(batches: list[int], back: int) -> None:
    stream = subscriber()
    sent: list[tuple[int, bytes, bytes]] = []
    for batch in batches:
        for n in range(batch):
            stream.must(b"order", b"%d" % n)
        sent += stream.take()
    assert [number for number, _, _ in sent] == list(range(1, len(sent) + 1))
    after = len(sent) - back
    assert stream.replay(after) == (after >= 0)
    assert stream.take() == (sent[after:] if after >= 0 else [])


def test_what_is_no_longer_kept_is_not_replayed() -> None:
    stream = subscriber()
    for _ in range(3):
        stream.must(b"order", b"x" * (MOST_KEPT // 2))
        stream.take()
    assert [stream.replay(after) for after in (0, 1, 3, 4, -1)] == [False, True, True, False, False]


def test_a_snapshot_is_not_kept_and_what_follows_it_is_replayed() -> None:
    stream = subscriber()
    stream.must(b"order", b"1")
    stream.snapshot(b"x" * 100_000, 3, 0)
    stream.must(b"order", b"2")
    stream.take()
    assert (stream._kept_bytes, [stream.replay(after) for after in (0, 1, 2, 3)]) == (1, [False, False, True, True])
    assert stream.replay(2)
    assert stream.take() == [(3, b"order", b"2")]


def test_goodbye_is_said_once_and_last() -> None:
    stream = subscriber()
    stream.must(b"order", b"1")
    stream.end("session")
    stream.end("restart")
    assert told(stream) == [("order", 1), ("bye", {"reason": "session"})]
    assert told(stream) == []


def test_server_sent_events_are_numbered_and_a_comment_stands_alone() -> None:
    stream = subscriber()
    stream.comment()
    assert stream.frames() == b": still here\n\n"
    stream.must(b"order", b"1")
    stream.comment()
    epoch = stream.epoch.encode()
    assert stream.frames() == b"id: " + epoch + b"-1\nevent: order\ndata: 1\n\n"
    assert stream.frames() == b""
    stream.may(b"feed", b"{}")
    assert json.loads(stream.messages()[0]) == {"event": "feed", "id": f"{stream.epoch}-2", "data": {}}


def test_readers_of_the_same_instruments_are_sent_the_same_bytes() -> None:
    market = board()
    group = market.group((1, 2))
    streams = [subscriber() for _ in range(3)]
    for stream in streams:
        stream.group, stream.seen = group, group.number
    body = market.encode(group, market.put([frame(5, {1: 10_100, 3: 7})]))
    assert body is not None
    group.move(body)
    assert all(stream.take()[0][2] is body for stream in streams)
    assert json.loads(body)["rows"] == [["NSE:S1", 101, 1, None, None, 0, 0]]
    assert market.encode(group, market.put([frame(6, {3: 8})])) is None


def test_who_missed_a_frame_gets_the_whole_state_encoded_once() -> None:
    market = board()
    group = market.group((1, 2))
    slow, slower = subscriber(), subscriber()
    for stream in (slow, slower):
        stream.group, stream.seen = group, group.number
    for number, prices in ((1, {1: 10_000, 2: 20_000}), (2, {1: 10_001}), (3, {2: 20_002})):
        body = market.encode(group, market.put([frame(number, prices)]))
        assert body is not None
        group.move(body)
    first, second = slow.take()[0][2], slower.take()[0][2]
    assert first is second
    assert [row[:2] for row in json.loads(first)["rows"]] == [["NSE:S1", 100.01], ["NSE:S2", 200.02]]
    assert slow.take() == []


@given(
    price=st.integers(1, 2 * 10**9), before=st.integers(0, 2 * 10**9), volume=st.integers(0, 2**60),
    bid=st.integers(0, 2),
)  # fmt: skip
def test_prices_are_exact_to_the_paisa(price: int, before: int, volume: int, bid: int) -> None:
    market = board()
    group = market.group((1,))
    given_ = frame(1, {1: price}, prev_close=before, volume=volume)
    given_.rows["bid_price"][0, 0], given_.rows["bid_quantity"][0, 0] = price, bid
    body = market.encode(group, market.put([given_]))
    assert body is not None
    (row,) = json.loads(body)["rows"]
    assert round(row[1] * 100) == price
    assert str(row[1]) == str(price / 100)
    assert row[2] == (pytest.approx((price - before) * 100 / before, abs=0.00501) if before else 0)
    assert row[3] == (price / 100 if bid else None)
    assert row[5] == volume


def test_a_previous_close_is_told_once_and_again_when_it_is_put_right() -> None:
    made = board()
    group = made.group((1, 2))

    def told_of(*frames: Frame) -> Any:
        body = made.encode(group, made.put(frames))
        assert body is not None
        return json.loads(body).get("closes")

    assert told_of(frame(1, {1: 10_100, 3: 500})) == {"NSE:S1": 100}
    assert told_of(frame(2, {1: 10_200})) is None
    assert told_of(frame(3, {1: 10_200, 2: 50}, prev_close=9_995), frame(4, {1: 10_300}, prev_close=9_990)) == {
        "NSE:S1": 99.9, "NSE:S2": 99.95,
    }  # fmt: skip
    assert json.loads(made.encode_full(group))["closes"] == {"NSE:S1": 99.9, "NSE:S2": 99.95}


def test_an_instrument_without_a_price_yet_is_not_shown() -> None:
    market = board()
    assert json.loads(market.group((1, 2)).whole())["rows"] == []


def test_rows_of_unknown_instruments_are_passed_over() -> None:
    market = board()
    assert market.put([frame(1, {99: 5, 1: 6, -4: 7})]).tolist() == [1]


def test_a_bar_ends_with_its_minute_and_keeps_what_was_between_two_looks() -> None:
    bars, names = Bars(), {1: "NSE:S1"}
    looks = [
        frame(1, {1: 100}, volume=10),
        frame(2, {1: 300}, volume=15),
        frame(3, {1: 200}, AT + 59_000, volume=16),
        frame(4, {1: 250, 2: 9}, AT + 61_000, volume=20),
    ]
    ((_, closed), (_, running)) = bars.put(looks, names)[1]
    done, now = json.loads(closed), json.loads(running)
    assert (done["open"], done["high"], done["low"], done["close"], done["volume"]) == (1, 3, 1, 2, 6)
    assert (done["closed"], now["closed"]) == (True, False)
    assert (now["open"], now["volume"], now["start"][11:19]) == (2.5, 4, "12:01:00")


def test_a_bar_goes_on_from_its_stored_minute_and_forgets_with_its_readers() -> None:
    bars, names = Bars(), {1: "NSE:S1"}
    stored = SimpleNamespace(
        start=datetime.fromtimestamp(AT / 1000, UTC), open=90, high=400, low=80, close=100, volume=7, oi=0
    )
    assert bars.missing([1]) == [1]
    bars.begin(1, stored, 50)
    ((_, body),) = bars.put([frame(1, {1: 120}, volume=53)], names)[1]
    bar = json.loads(body)
    assert (bar["open"], bar["high"], bar["low"], bar["close"], bar["volume"]) == (0.9, 4, 0.8, 1.2, 10)
    bars.keep([])
    assert bars.missing([1]) == [1]


def test_a_coroutine_that_need_not_wait_is_done_at_once() -> None:
    done: list[int] = []

    async def quick() -> None:
        done.append(1)

    assert begin(quick()) is None
    assert done == [1]


def test_a_coroutine_that_waits_is_finished_later_or_cancelled() -> None:
    seen: list[str] = []

    async def slow(gates: list["asyncio.Future[None]"]) -> None:
        try:
            for gate in gates:
                await gate
                seen.append("passed")
        except asyncio.CancelledError:
            seen.append("cancelled")
            raise

    async def play() -> None:
        loop = asyncio.get_running_loop()
        gates = [loop.create_future() for _ in range(3)]
        rest = begin(slow(gates))
        assert rest is not None
        task = asyncio.ensure_future(rest)
        for gate in gates[:2]:
            gate.set_result(None)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(play())
    assert seen == ["passed", "passed", "cancelled"]


def test_what_a_write_raises_ends_the_writing_and_nothing_else() -> None:
    async def broken() -> None:
        raise OSError("gone")

    async def play() -> bool:
        pen = Pen(Due(), subscriber(), broken)
        pen.flush()
        return pen.finished.result()

    assert asyncio.run(play()) is False


def test_a_reader_that_takes_nothing_is_written_to_once_until_it_does() -> None:
    async def play() -> list[list[tuple[str, Any]]]:
        stream, gate, writes = subscriber(), asyncio.get_running_loop().create_future(), []

        async def wait() -> None:
            await gate

        def write() -> Any:
            events = told(stream)
            if events:
                writes.append(events)
            return wait() if events else None

        stream.writer = Pen(Due(), stream, write)
        for n in range(50):
            stream.may(b"wallet", b"%d" % n)
            await asyncio.sleep(0)
        waited = stream.sending_since
        gate.set_result(None)
        for _ in range(5):
            await asyncio.sleep(0)
        assert (waited is None, stream.sending_since is None) == (False, True)
        return writes

    assert asyncio.run(play()) == [[("wallet", 0)], [("wallet", 49)]]
