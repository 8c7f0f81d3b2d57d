"""The hub by itself: who joins, leaves, stalls or may no longer listen."""

import asyncio
import json
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from api.fields import Fields
from api.hub import PARKED_SECONDS, Hub, over_because
from api.stream import Streams
from api.subscriber import Subscriber
from api.wishes import Wish
from core.instruments import Instrument, Kind
from core.reasons import Reason, Refusal
from desk.access import AccountRef
from desk.events import Change, Join
from desk.principal import Principal

DAY = date(2026, 11, 23)
ALICE = Principal(1, "alice", "trader", "session-1", None, None, ("read",))
BOOK = AccountRef(7, "alice/main", 1, "sim", "main", False)
SHOWN = Wish((), (), (1, 2), frozenset({"quotes", "orders", "trades", "positions", "wallet", "feed"}))
KNOWN = {n: Instrument(n, "NSE", f"S{n}", f"S{n}", Kind.EQ, 1, 5, 100) for n in (1, 2, 3)}


def subscriber() -> Subscriber:
    return Subscriber(ALICE, BOOK, SHOWN)


def told(stream: Subscriber) -> list[tuple[str, Any]]:
    return [(event.decode(), json.loads(body)) for _, event, body in stream.take()]


def change(since: int, version: int) -> Change:
    orders = [{"order_id": str(n), "version": n} for n in range(since + 1, version + 1)]
    return Change(BOOK.id, since, version, DAY, orders, [], [], {"version": version})


def join(hub: Hub, version: int) -> Subscriber:
    stream = subscriber()
    hub.place("sim").board.know(KNOWN)
    hub.attach(stream, Join(version, DAY, [], [], None))
    return stream


def orders_of(stream: Subscriber) -> list[int]:
    return [data["version"] for event, data in told(stream) if event == "order"]


def test_who_joins_between_two_looks_misses_nothing_and_sees_nothing_twice() -> None:
    async def play() -> None:
        hub = Hub(None)
        early = join(hub, 10)
        read = change(10, 13)  # was read before the next two joined, and is told after
        behind, ahead = join(hub, 8), join(hub, 12)
        hub.tell_changes([read])
        assert orders_of(early) == [11, 12, 13]
        assert orders_of(ahead) == [13]
        assert orders_of(behind) == []
        assert hub.accounts[BOOK.id].version == 8
        hub.tell_changes([change(8, 14)])
        assert orders_of(behind) == [9, 10, 11, 12, 13, 14]
        assert orders_of(early) == orders_of(ahead) == [14]
        assert hub.accounts[BOOK.id].version == 14

    asyncio.run(play())


def test_one_user_leaves_room_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.hub.MOST_OF_ONE", 3)

    async def play() -> None:
        hub = Hub(None)
        first, second, _ = (join(hub, 1) for _ in range(3))
        assert hub.crowded(ALICE.user_id)
        assert not hub.crowded(ALICE.user_id + 1)
        hub.park(first)  # whose reader has gone gives way
        assert not hub.crowded(ALICE.user_id)
        assert first.id not in hub.streams
        hub.forget(second)
        hub.forget(second)
        assert hub.of_user == {ALICE.user_id: 1}

    asyncio.run(play())


@pytest.mark.parametrize(
    ("bound", "reason"), [("hub.MOST_OF_ONE", Reason.RATE_LIMIT), ("stream.MOST_STREAMS", Reason.TRY_AGAIN)]
)
def test_who_opens_many_at_once_gets_no_more(monkeypatch: pytest.MonkeyPatch, bound: str, reason: Reason) -> None:
    """Each is counted when it is attached, which is after all of them were asked for."""
    monkeypatch.setattr(f"api.{bound}", 3)

    async def play() -> None:
        hub, all_asked = Hub(None), asyncio.Event()
        hub.place("sim").board.know(KNOWN)
        waiting = []

        async def prove(_: object) -> tuple[Principal, AccountRef]:
            return ALICE, BOOK

        async def show(asked: object) -> tuple[Wish, Join]:
            waiting.append(asked)
            if len(waiting) == 5:
                all_asked.set()
            await all_asked.wait()
            return SHOWN, Join(1, DAY, [], [], None)

        server: Any = SimpleNamespace(state=SimpleNamespace(ready=True, database=None))
        streams: Any = Streams(server)
        streams.listening = lambda: (hub, None)
        streams._door, streams._joins = SimpleNamespace(ask=prove), SimpleNamespace(ask=show)
        scope = {"type": "http", "headers": [(b"authorization", b"Bearer x")]}
        found = await asyncio.gather(*(streams.open(scope, Fields({}), None) for _ in range(5)), return_exceptions=True)
        assert len(hub.streams) == 3
        assert [each.reason for each in found if isinstance(each, Refusal)] == [reason] * 2

    asyncio.run(play())


def test_a_stream_leaves_nothing_behind() -> None:
    async def play() -> None:
        hub = Hub(None)
        stream = join(hub, 1)
        hub.change(stream, Wish((), (), (3,), frozenset({"quotes"}), frozenset({1}), frozenset({2})))
        assert hub.place("sim").looked_at() == {1, 2, 3}
        hub.forget(stream)
        place = hub.place("sim")
        assert (hub.streams, hub.by_epoch, hub.accounts, place.groups, place.readers) == ({}, {}, {}, {}, set())
        assert place.looked_at() == set()

    asyncio.run(play())


def test_a_stalled_reader_is_given_up_and_a_quiet_one_gets_a_comment(monkeypatch: pytest.MonkeyPatch) -> None:
    async def play() -> None:
        hub = Hub(None)
        stalled, quiet = join(hub, 1), join(hub, 1)
        stalled.sending_since = quiet.written_at = -1_000.0
        quiet.take()
        hub.tick({}, set())
        assert stalled.ending == b'{"reason":"slow"}'
        assert b"DOWN" in quiet.frames()
        quiet.written_at = -1_000.0
        hub.change(quiet, Wish((), ()))
        hub.tick({}, set())
        assert quiet.frames() == b": still here\n\n"

    asyncio.run(play())


def test_a_parked_stream_is_forgotten_after_a_while() -> None:
    async def play() -> None:
        hub = Hub(None)
        stream = join(hub, 1)
        hub.park(stream)
        hub.tick({}, set())
        assert stream.id in hub.streams
        hub.parked[stream] -= PARKED_SECONDS + 1
        hub.tick({}, set())
        assert stream.id not in hub.streams

    asyncio.run(play())


@pytest.mark.parametrize(
    ("over", "reason"),
    [
        (("session", "session-1"), "session"),
        (("session", "another"), None),
        (("token", "None"), None),
        (("access", "1/7"), "session"),
        (("access", "2/7"), None),
        (("archived", "7"), "restart"),
    ],
)
def test_a_stream_ends_when_its_session_its_access_or_its_book_does(over: tuple[str, str], reason: str | None) -> None:
    assert over_because(subscriber(), {over}) == reason
