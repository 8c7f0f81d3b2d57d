"""Outages are filled from the vendors' histories: every minute that was not seen whole, exactly once, and marked."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from core.vendors import Vendor
from desk import identity, live, masters, vendors
from desk import market as markets
from desk.vendors import Credential
from feeds.candles import CANDLE_TYPE, Candles
from feeds.live.refusal import VendorRefusal
from jobs import gaps
from jobs.histories import Histories
from tests.desk.test_vendors import UPSTOX
from tests.jobs.test_live_market import KEY, TEN, Stage, give, stage
from tests.people import signed_in

__all__ = ["stage"]
BEGAN, ENDED = TEN + timedelta(seconds=30), TEN + timedelta(minutes=2, seconds=10)
LATER = ENDED + timedelta(minutes=3)


def minute(instrument: int, at: datetime, price: int) -> tuple[int, ...]:
    return (instrument, int(at.timestamp() * 1000), price, price + 5, price - 5, price, 100, 0)


class History:
    """The vendors' minutes of the day, from ten minutes before ten, and their days."""

    def __init__(self) -> None:
        self.asked: list[tuple[Vendor, str]] = []
        self.refuses = dict[Vendor, int]()  # everything, with that status
        self.refused = dict[int, int]()  # by instrument, the status
        self.exact = False  # minutes of today just of the time that is asked for
        self.last = dict[str, tuple[int, int]]()  # last price and previous close, by key

    def __call__(self, credential: Credential) -> "Asked":
        return Asked(self, credential)


class Asked:
    """One vendor's."""

    def __init__(self, history: History, credential: Credential) -> None:
        self._history, self._vendor = history, credential.vendor

    def today(self, key: str, instrument: int, begin: datetime, end: datetime) -> Candles:
        found = self._rows(key, instrument, TEN, timedelta(minutes=1))
        if not self._history.exact:
            return found
        first, last = (int(each.timestamp() * 1000) for each in (begin, end))
        return found[(found["start"] >= first) & (found["start"] <= last)]

    def minutes(self, key: str, instrument: int, first: date, last: date) -> Candles:
        return self._rows(key, instrument, datetime.combine(last, TEN.timetz()), timedelta(minutes=1))

    def days(self, key: str, instrument: int, first: date, last: date) -> Candles:
        return self._rows(key, instrument, datetime.combine(last, TEN.timetz()) - timedelta(days=9), timedelta(days=1))

    def last(self, keys: Sequence[str]) -> Mapping[str, tuple[int, int]]:
        self._ask(",".join(keys))
        return {key: prices for key, prices in self._history.last.items() if key in keys}

    def _ask(self, what: str) -> None:
        told = self._history
        told.asked.append((self._vendor, what))
        if self._vendor in told.refuses:
            raise VendorRefusal(told.refuses[self._vendor], "too many questions (HTTP 429)")

    def _rows(self, key: str, instrument: int, at: datetime, step: timedelta) -> Candles:
        self._ask(key)
        told = self._history
        if instrument in told.refused:
            raise VendorRefusal(told.refused[instrument], f"refused (HTTP {told.refused[instrument]})")
        rows = [minute(instrument, at + n * step, 150_000 + n) for n in range(-10, 10)]
        return np.array(rows, CANDLE_TYPE)


def fill(stage: Stage, history: History, at: datetime = LATER, **more: Any) -> int:
    return gaps.fill(stage.database, "live/asha", Histories(stage.database, history), at, **more)


@pytest.fixture
def gap(stage: Stage) -> History:
    """An outage over three minutes of an instrument that somebody has in a list; the first was seen in part."""
    with stage.database.connection() as connection:
        user = identity.find(stage.database, "asha").id
        listed = connection.execute(
            "insert into watchlists (user_id, name, position) values (%s, 'of gaps', 9) returning id", (user,)
        ).fetchone()
        assert listed
        connection.execute("insert into watchlist_items values (%s, %s, 1)", (listed[0], stage.infy))
    seen = np.array([minute(stage.infy, TEN, 149_000)], CANDLE_TYPE)
    markets.add_candles(stage.database, "live/asha", "1m", seen)
    markets.note_gap(stage.database, "live/asha", BEGAN, ENDED)
    return History()


def bars(stage: Stage) -> list[tuple[int, int, bool]]:
    with stage.database.connection() as connection:
        return connection.execute(
            "select (extract(epoch from start - %s) / 60)::int, close, filled from candles"
            " where market = 'live/asha' order by 1",
            (TEN,),
        ).fetchall()


FILLED = [(0, 150_000, True), (1, 150_001, True), (2, 150_002, True)]


def test_the_minutes_of_an_outage_are_filled_once_and_marked(stage: Stage, gap: History) -> None:
    assert fill(stage, gap, ENDED) == 0  # the vendor may not have its last minute yet
    assert gap.asked == []
    assert fill(stage, gap) == 3
    assert bars(stage) == FILLED
    assert gap.asked == [(Vendor.UPSTOX, KEY[Vendor.UPSTOX])]
    assert fill(stage, gap) == 0
    assert len(gap.asked) == 1


def test_of_two_who_fill_at_once_one_does(stage: Stage, gap: History) -> None:
    (same,) = live.gaps(stage.database, "live/asha")
    assert fill(stage, gap) == 3
    late = np.array([minute(stage.infy, TEN, 1)], CANDLE_TYPE)
    assert live.fill_gap(stage.database, "live/asha", same, late) is False
    assert bars(stage) == FILLED


def test_a_refusal_is_told_and_tried_again(stage: Stage, gap: History) -> None:
    gap.refuses = {Vendor.UPSTOX: 429}
    assert fill(stage, gap) == 0
    assert bars(stage) == [(0, 149_000, False)]
    with stage.database.connection() as connection:
        assert connection.execute("select failed from feed_gaps").fetchone() == ("too many questions (HTTP 429)",)
    gap.refuses = {}
    assert fill(stage, gap) == 3


@pytest.fixture
def other(stage: Stage, gap: History) -> int:
    """Another instrument that is wanted and that the vendor knows."""
    number = masters.get(stage.database).by_key["NSE:TCS"].id
    with stage.database.connection() as connection:
        connection.execute(
            "insert into watchlist_items select id, %s, 2 from watchlists where name = 'of gaps'", (number,)
        )
        connection.execute(
            "insert into instrument_keys (vendor, key, since, instrument_id) values"
            " ('upstox', 'NSE_EQ|TCS', '2026-01-01', %s)",
            (number,),
        )
    return number


def test_one_instrument_that_is_refused_holds_up_no_other(stage: Stage, gap: History, other: int) -> None:
    gap.refused = {other: 400}
    assert fill(stage, gap) == 3
    assert bars(stage) == FILLED
    assert live.gaps(stage.database, "live/asha") == []


@pytest.mark.parametrize("first", ["infy", "other"])
def test_what_was_told_is_not_asked_again(stage: Stage, gap: History, other: int, first: str) -> None:
    progress = gaps.Progress()
    gap.refused = {other if first == "infy" else stage.infy: 503}
    for refusals in (1, 2):
        assert fill(stage, gap, progress=progress) == 0
        assert progress.refusals == refusals
    gap.refused = {}
    assert fill(stage, gap, progress=progress) == 6
    assert (progress.refusals, progress.told) == (0, {})
    assert len(gap.asked) == 4, "two that were refused, and each instrument once"


def test_the_loop_waits_longer_after_each_refusal_and_ends_between_two_questions(
    stage: Stage, gap: History, other: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.step()
    tried: list[float] = []
    now = 0.0

    def refuse(*given: object) -> int:
        tried.append(now)
        given[4].refusals += 1  # type: ignore[attr-defined]
        return 0

    loop = gaps.GapLoop(stage.database, stage.loop, Histories(stage.database, gap))
    with monkeypatch.context() as patched:
        patched.setattr(gaps, "fill", refuse)
        patched.setattr(gaps.time, "monotonic", lambda: now)
        for _ in range(60):
            loop.step()
            now += gaps.EVERY
    assert tried[:6] == [0, 120, 360, 840, 1800, 2760]
    assert fill(stage, gap, stopped=lambda: len(gap.asked) == 1) == 0
    assert len(gap.asked) == 1


def test_without_a_token_it_waits(stage: Stage, gap: History) -> None:
    vendors.put(stage.database, signed_in(stage.database, "asha")[1], Vendor.UPSTOX, UPSTOX)
    assert fill(stage, gap) == 0
    assert gap.asked == []
    assert len(live.gaps(stage.database, "live/asha")) == 1


@pytest.fixture
def both(stage: Stage, gap: History) -> None:
    """asha's market has TrueData behind Upstox."""
    give(stage, Vendor.TRUEDATA)


@pytest.mark.parametrize("why", ["no token", "too many questions", "unknown there"])
def test_the_second_vendors_history_fills_what_the_first_does_not(
    stage: Stage, gap: History, both: None, why: str
) -> None:
    if why == "no token":
        vendors.put(stage.database, signed_in(stage.database, "asha")[1], Vendor.UPSTOX, UPSTOX)
    elif why == "too many questions":
        gap.refuses = {Vendor.UPSTOX: 429}
    else:
        gap.refuses = {Vendor.UPSTOX: 400}
    assert fill(stage, gap) == 3
    assert bars(stage) == FILLED
    assert gap.asked[-1] == (Vendor.TRUEDATA, KEY[Vendor.TRUEDATA])


def test_truedata_alone_fills_its_own_outages(stage: Stage, gap: History) -> None:
    live.ensure(stage.database, identity.find(stage.database, "asha").id, "asha", Vendor.TRUEDATA, None)
    assert fill(stage, gap) == 3
    assert (bars(stage), gap.asked) == (FILLED, [(Vendor.TRUEDATA, KEY[Vendor.TRUEDATA])])


def test_where_both_refuse_the_outage_waits(stage: Stage, gap: History, both: None) -> None:
    gap.refuses = {Vendor.UPSTOX: 503, Vendor.TRUEDATA: 429}
    progress = gaps.Progress()
    assert fill(stage, gap, progress=progress) == 0
    assert (progress.refusals, [vendor for vendor, _ in gap.asked]) == (1, [Vendor.UPSTOX, Vendor.TRUEDATA])
    gap.refuses = {Vendor.UPSTOX: 503}
    assert fill(stage, gap, progress=progress) == 3
