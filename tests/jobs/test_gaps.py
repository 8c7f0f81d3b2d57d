"""Outages are filled from the vendor's history: every minute that was not seen whole, exactly once, and marked."""

from datetime import datetime, timedelta

import numpy as np
import pytest

from core.vendors import Vendor
from desk import identity, live, masters, vendors
from desk import market as markets
from feeds.candles import CANDLE_TYPE, Candles
from feeds.live.upstox_rest import RestRefusal
from jobs import gaps
from tests.desk.test_vendors import UPSTOX
from tests.jobs.test_live_market import KEY, TEN, Stage, stage
from tests.people import signed_in

__all__ = ["stage"]
BEGAN, ENDED = TEN + timedelta(seconds=30), TEN + timedelta(minutes=2, seconds=10)
LATER = ENDED + timedelta(minutes=3)


def minute(instrument: int, at: datetime, price: int) -> tuple[int, ...]:
    return (instrument, int(at.timestamp() * 1000), price, price + 5, price - 5, price, 100, 0)


class History:
    """The vendor's minutes of the day, from ten minutes before ten."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.refuses = False
        self.refused: dict[int, int] = {}  # by instrument, the status

    def __call__(self, token: str, key: str, instrument: int) -> Candles:
        self.asked.append((token, key))
        if self.refuses:
            raise RestRefusal(429, "too many questions (HTTP 429)")
        if instrument in self.refused:
            raise RestRefusal(self.refused[instrument], f"refused (HTTP {self.refused[instrument]})")
        rows = [minute(instrument, TEN + timedelta(minutes=n), 150_000 + n) for n in range(-10, 10)]
        return np.array(rows, CANDLE_TYPE)


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
    assert gaps.fill(stage.database, "live/asha", ENDED, gap) == 0  # the vendor may not have its last minute yet
    assert gap.asked == []
    assert gaps.fill(stage.database, "live/asha", LATER, gap) == 3
    assert bars(stage) == FILLED
    assert gap.asked == [("the token of today", KEY[Vendor.UPSTOX])]
    assert gaps.fill(stage.database, "live/asha", LATER, gap) == 0
    assert len(gap.asked) == 1


def test_of_two_who_fill_at_once_one_does(stage: Stage, gap: History) -> None:
    (same,) = live.gaps(stage.database, "live/asha")
    assert gaps.fill(stage.database, "live/asha", LATER, gap) == 3
    late = np.array([minute(stage.infy, TEN, 1)], CANDLE_TYPE)
    assert live.fill_gap(stage.database, "live/asha", same, late) is False
    assert bars(stage) == FILLED


def test_a_refusal_is_told_and_tried_again(stage: Stage, gap: History) -> None:
    gap.refuses = True
    assert gaps.fill(stage.database, "live/asha", LATER, gap) == 0
    assert bars(stage) == [(0, 149_000, False)]
    with stage.database.connection() as connection:
        assert connection.execute("select failed from feed_gaps").fetchone() == ("too many questions (HTTP 429)",)
    gap.refuses = False
    assert gaps.fill(stage.database, "live/asha", LATER, gap) == 3


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
    assert gaps.fill(stage.database, "live/asha", LATER, gap) == 3
    assert bars(stage) == FILLED
    assert live.gaps(stage.database, "live/asha") == []


@pytest.mark.parametrize("first", ["infy", "other"])
def test_what_was_told_is_not_asked_again(stage: Stage, gap: History, other: int, first: str) -> None:
    progress = gaps.Progress()
    gap.refused = {other if first == "infy" else stage.infy: 503}
    for refusals in (1, 2):
        assert gaps.fill(stage.database, "live/asha", LATER, gap, progress) == 0
        assert progress.refusals == refusals
    gap.refused = {}
    assert gaps.fill(stage.database, "live/asha", LATER, gap, progress) == 6
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

    loop = gaps.GapLoop(stage.database, stage.loop, gap)
    with monkeypatch.context() as patched:
        patched.setattr(gaps, "fill", refuse)
        patched.setattr(gaps.time, "monotonic", lambda: now)
        for _ in range(60):
            loop.step()
            now += gaps.EVERY
    assert tried[:6] == [0, 120, 360, 840, 1800, 2760]
    assert gaps.fill(stage.database, "live/asha", LATER, gap, None, lambda: len(gap.asked) == 1) == 0
    assert len(gap.asked) == 1


def test_without_a_token_it_waits(stage: Stage, gap: History) -> None:
    vendors.put(stage.database, signed_in(stage.database, "asha")[1], Vendor.UPSTOX, UPSTOX)
    assert gaps.fill(stage.database, "live/asha", LATER, gap) == 0
    assert gap.asked == []
    assert len(live.gaps(stage.database, "live/asha")) == 1
