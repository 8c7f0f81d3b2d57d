"""A vendor's partial words as rows of a frame: whole, fresh or without depth, and as the guard wants them."""

import json
from datetime import date
from typing import Any

import numpy as np
import pytest

from core.frames import Rows
from feeds.guard import Guard
from feeds.live.clock import VendorClock
from feeds.live.feed import STALE_MS, LiveFeed
from feeds.live.line import LineState, SegmentState
from tests.feeds.listings import NIFTY, SHARES, universe
from tests.feeds.live.lines import ScriptedLine, depth

MARKET = universe(always_open=False)
NOW = MARKET.opened + 3_600_000
A, B = SHARES[:2]
KEYS = {A: "NSE_EQ|A", B: "NSE_EQ|B", NIFTY: "NSE_INDEX|Nifty 50"}
CLOSE = int(MARKET.prev_close[MARKET.row[A]]) / 100
BOOK = depth(CLOSE - 0.05, CLOSE + 0.05)


@pytest.fixture
def line() -> ScriptedLine:
    return ScriptedLine()


@pytest.fixture
def feed(line: ScriptedLine) -> LiveFeed:
    return LiveFeed(MARKET, line, KEYS)


def stale(feed: LiveFeed) -> list[int]:
    """The instruments that have a price and nothing that may be traded on."""
    priced = feed._rows["last_price"] > 0
    return [int(number) for number in feed._universe.id[priced & ~feed._shown]]


def one(rows: Rows, instrument: int = A) -> Rows:
    (row,) = rows[rows["instrument"] == instrument]
    return row


def values(row: Any, *names: str) -> tuple[int, ...]:
    return tuple(int(row[name]) for name in names)


def test_a_whole_word_becomes_a_row_that_the_guard_passes(line: ScriptedLine, feed: LiveFeed) -> None:
    line.say(
        KEYS[A], CLOSE + 1, NOW - 50, traded=NOW - 400, close=CLOSE, day=(CLOSE, CLOSE + 2, CLOSE - 3), volume=1_234,
        oi=7, depth=BOOK,
    )  # fmt: skip
    guard = Guard(MARKET)
    rows = guard.check(feed.next_rows(NOW), feed.clock(NOW))
    assert not guard.dropped
    row = one(rows)
    assert row["last_price"] == round(CLOSE * 100) + 100
    assert values(row, "open", "high", "low") == tuple(round(CLOSE * 100) + n for n in (0, 200, -300))
    assert values(row, "prev_close", "volume", "oi") == (round(CLOSE * 100), 1_234, 7)
    assert row["exchange_time"] == NOW - 50
    assert row["bid_price"][0] == round(CLOSE * 100) - 5
    assert row["ask_quantity"].tolist() == [100, 0, 0, 0, 0]
    assert not len(feed.next_rows(NOW + 250))


def test_a_last_price_alone_is_made_whole_by_what_the_day_has_shown(line: ScriptedLine, feed: LiveFeed) -> None:
    guard = Guard(MARKET)
    for number, price in enumerate((CLOSE, CLOSE + 2, CLOSE - 1)):
        line.say(KEYS[A], price, NOW + number * 1_000, traded=NOW + number * 1_000)
        rows = guard.check(feed.next_rows(NOW + number * 1_000 + 30), NOW + number * 1_000 + 30)
    row, paise = one(rows), round(CLOSE * 100)
    assert not guard.dropped
    assert values(row, "open", "high", "low", "last_price") == (paise, paise + 200, paise - 100, paise - 100)
    assert row["prev_close"] == paise  # our own books' where the vendor said none
    assert not row["bid_price"].any()


def test_a_picture_of_an_old_trade_is_shown_and_cannot_be_traded_on(line: ScriptedLine, feed: LiveFeed) -> None:
    guard = Guard(MARKET)
    hours_ago = NOW - 3 * 3_600_000
    line.say(KEYS[A], CLOSE, NOW, traded=hours_ago, close=CLOSE, volume=10, depth=BOOK, snapshot=True)
    line.say(
        KEYS[B], 1367.0, NOW, traded=NOW - 500, close=1367.0, volume=10, depth=depth(1366.9, 1367.1), snapshot=True
    )
    rows = guard.check(feed.next_rows(NOW + 30), NOW + 30)
    assert not guard.dropped, "an old trade must not look like a late tick"
    assert one(rows)["last_price"] == round(CLOSE * 100)
    assert not one(rows)["bid_price"].any()
    assert one(rows, B)["bid_price"][0] == 136_690
    assert stale(feed) == [A]
    # The first live word makes it tradable, though nothing was traded.
    line.say(KEYS[A], CLOSE, NOW + 700, traded=hours_ago, close=CLOSE, volume=10, depth=BOOK)
    rows = guard.check(feed.next_rows(NOW + 730), NOW + 730)
    assert one(rows)["bid_price"][0] == round(CLOSE * 100) - 5
    assert not guard.dropped


def test_an_old_word_is_shown_where_nothing_else_is_known_and_dropped_where_something_is(
    line: ScriptedLine, feed: LiveFeed
) -> None:
    guard = Guard(MARKET)
    line.say(KEYS[A], CLOSE, NOW - 3_600_000, traded=NOW - 3_600_000, depth=BOOK)  # before anybody pulled
    line.say(KEYS[B], 1367.0, NOW, traded=NOW, depth=depth(1366.9, 1367.1))
    rows = guard.check(feed.next_rows(NOW), feed.clock(NOW))
    assert values(one(rows), "last_price", "exchange_time") == (round(CLOSE * 100), NOW)
    assert not one(rows)["bid_price"].any()
    assert not guard.dropped
    line.say(KEYS[B], 1300.0, NOW + 1_000, traded=NOW + 1_000, depth=depth(1299.9, 1300.1))
    row = one(guard.check(feed.next_rows(NOW + 20_000), feed.clock(NOW + 20_000)), B)
    assert not guard.dropped
    assert values(row, "last_price", "exchange_time") == (136_700, NOW + 20_000), "what was on display, taken back"
    assert not row["bid_price"].any()
    assert not row["ask_quantity"].any()
    assert B in stale(feed)
    line.say(KEYS[B], 1301.0, NOW + 2_000, traded=NOW + 2_000, depth=depth(1300.9, 1301.1))
    assert not len(guard.check(feed.next_rows(NOW + 21_000), feed.clock(NOW + 21_000)))
    assert guard.dropped == {"late": 1}
    ids, prices = feed.closes(NOW + 21_000)
    assert dict(zip(ids.tolist(), prices.tolist(), strict=True))[B] == 130_100, "late, but the day's last"


def test_a_late_word_that_counts_less_than_was_shown_takes_the_depth_back_too(
    line: ScriptedLine, feed: LiveFeed
) -> None:
    guard = Guard(MARKET)
    line.say(KEYS[A], CLOSE, NOW, traded=NOW, volume=50, depth=BOOK)
    assert one(guard.check(feed.next_rows(NOW), feed.clock(NOW)))["bid_price"].any()
    line.say(KEYS[A], CLOSE - 1, NOW + 1_000, traded=NOW, volume=40, depth=BOOK)
    row = one(guard.check(feed.next_rows(NOW + 9_000), feed.clock(NOW + 9_000)))
    assert not row["bid_price"].any()
    assert values(row, "last_price", "volume") == (round(CLOSE * 100), 50)
    line.say(KEYS[A], CLOSE, NOW + 9_500, traded=NOW + 9_500, volume=51, depth=BOOK)
    assert one(guard.check(feed.next_rows(NOW + 9_550), feed.clock(NOW + 9_550)))["bid_price"].any()
    assert not guard.dropped


def test_a_stream_that_lags_by_minutes_is_no_clock_and_offers_nothing(line: ScriptedLine, feed: LiveFeed) -> None:
    guard, ours = Guard(MARKET), NOW + 180_000
    for number in range(3):
        now = ours + number * 1_000
        line.say(KEYS[A], CLOSE, NOW + number * 1_000, traded=NOW, depth=BOOK, received=now)
        rows = guard.check(feed.next_rows(now), feed.clock(now))
        assert len(rows) == (1 if number == 0 else 0)
        assert not rows["bid_price"].any()
        assert feed.clock(now) == now
        assert "180 s behind" in feed.state()["reason"]
    line.say(KEYS[A], CLOSE, ours + 4_000, traded=NOW, depth=BOOK)
    assert one(guard.check(feed.next_rows(ours + 4_000), feed.clock(ours + 4_000)))["bid_price"].any()
    assert feed.state()["reason"] == "Connected."


@pytest.mark.parametrize(("behind", "offset", "lags"), [(1_000, 0, 0), (3_000, -3_000, 0), (6_000, 0, 6_000)])
def test_how_far_behind_a_clock_is_believed(behind: int, offset: int, lags: int) -> None:
    clock = VendorClock()
    clock.hear(np.array([NOW - behind]), np.array([NOW]))
    assert (clock.offset, clock.behind) == (offset, lags)
    clock.hear(np.array([NOW + 60_000]), np.array([NOW + 60_000]))
    assert (clock.offset, clock.behind) == (0, 0)


def test_yesterdays_volume_and_range_are_not_todays(line: ScriptedLine, feed: LiveFeed) -> None:
    guard = Guard(MARKET)
    yesterday = NOW - 18 * 3_600_000
    line.say(KEYS[A], CLOSE + 9, NOW, traded=yesterday, close=CLOSE - 4, day=(1, 2, 1), volume=9_999_999, snapshot=True)
    row = one(guard.check(feed.next_rows(NOW), NOW))
    paise = round(CLOSE * 100)
    assert row["volume"] == 0
    assert values(row, "open", "high", "low") == (paise + 900,) * 3
    assert row["prev_close"] == paise + 900, "before the first trade, the last close is the last price"
    line.say(KEYS[A], CLOSE + 5, NOW + 500, traded=NOW + 500, close=CLOSE + 9, volume=25)
    row = one(guard.check(feed.next_rows(NOW + 530), NOW + 530))
    assert not guard.dropped, "the day's first volume is no fall of yesterday's"
    assert values(row, "volume", "open", "high") == (25, paise + 500, paise + 500)


def test_a_lost_line_takes_the_depth_away_at_once(line: ScriptedLine, feed: LiveFeed) -> None:
    guard = Guard(MARKET)
    line.say(KEYS[A], CLOSE, NOW, traded=NOW, volume=5, depth=BOOK)
    assert one(guard.check(feed.next_rows(NOW), NOW))["bid_price"][0]
    line.be(LineState.BACKING_OFF, "The connection ended.")
    row = one(guard.check(feed.next_rows(NOW + 250), NOW + 250))
    assert not guard.dropped
    assert not row["bid_price"].any()
    assert not row["ask_quantity"].any()
    assert row["last_price"] == round(CLOSE * 100)
    assert feed.state()["stale"] == 1
    assert not len(feed.next_rows(NOW + 500)), "once"
    line.be(LineState.LIVE)
    line.say(KEYS[A], CLOSE, NOW + 700, traded=NOW, volume=5, depth=BOOK)
    assert one(guard.check(feed.next_rows(NOW + 750), NOW + 750))["bid_price"][0]
    assert feed.state()["stale"] == 0


def test_what_a_line_said_just_before_it_was_lost_cannot_be_traded_on(line: ScriptedLine, feed: LiveFeed) -> None:
    line.say(KEYS[A], CLOSE, NOW, traded=NOW, volume=5, depth=BOOK)
    feed.next_rows(NOW)
    line.say(KEYS[A], CLOSE + 1, NOW + 200, traded=NOW + 200, volume=6, depth=BOOK)
    line.be(LineState.BACKING_OFF, "The connection ended.")
    row = one(feed.next_rows(NOW + 250))
    assert row["last_price"] == round(CLOSE * 100) + 100
    assert not row["bid_price"].any()


def test_an_instrument_that_fell_silent_is_marked_while_others_tick(line: ScriptedLine, feed: LiveFeed) -> None:
    for key in (KEYS[A], KEYS[B]):
        line.say(key, CLOSE, NOW, traded=NOW, depth=BOOK)
    feed.next_rows(NOW)
    later = NOW + STALE_MS + 1_000
    line.say(KEYS[B], CLOSE, later, traded=later, depth=BOOK)
    rows = feed.next_rows(later)
    assert not one(rows, A)["ask_price"].any()
    assert one(rows, B)["ask_price"].any()
    assert stale(feed) == [A]


def test_a_segment_that_the_vendor_calls_closed_shows_no_depth(line: ScriptedLine, feed: LiveFeed) -> None:
    line.segments_ = {"NSE_EQ": SegmentState.CLOSED, "NSE_INDEX": SegmentState.OPEN}
    line.say(KEYS[A], CLOSE, NOW, traded=NOW, depth=BOOK)
    assert not one(feed.next_rows(NOW))["bid_price"].any()
    line.segments_ = {"NSE_EQ": SegmentState.OPEN}
    line.say(KEYS[A], CLOSE, NOW + 500, traded=NOW, depth=BOOK)
    assert one(feed.next_rows(NOW + 500))["bid_price"].any()
    line.segments_ = {"NSE_EQ": SegmentState.CLOSED}
    assert not one(feed.next_rows(NOW + 750))["bid_price"].any(), "a halt comes without a word of the instrument"


def test_a_clock_that_is_wrong_by_minutes_is_put_right(line: ScriptedLine, feed: LiveFeed) -> None:
    guard, ours = Guard(MARKET), NOW - 180_000
    row = (CLOSE, NOW, CLOSE, 0.0, NOW, ours + 20)
    line.board.take(short=[(line.board.slot(KEYS[A]), *row)])
    rows = feed.next_rows(ours + 40)
    assert abs(feed.clock(ours + 40) - NOW) < 100
    assert len(guard.check(rows, feed.clock(ours + 40))) == 1
    assert feed.clock(ours) >= feed.clock(ours - 5_000)


def test_wishes_become_keys_in_order_of_importance(line: ScriptedLine, feed: LiveFeed) -> None:
    feed.wish(held=[B], watched=[A, 99_999], priced=[NIFTY])
    assert line.wanted == ([KEYS[B], KEYS[A]], [KEYS[NIFTY]], [])
    feed.want({NIFTY, A})
    assert line.wanted == ([KEYS[NIFTY], KEYS[A]], [], [])


def test_closes_are_last_prices_then_previous_closes(line: ScriptedLine, feed: LiveFeed) -> None:
    line.say(KEYS[A], CLOSE + 3, NOW, traded=NOW, close=CLOSE + 1)
    feed.next_rows(NOW)
    ids, prices = feed.closes(NOW)
    known = dict(zip(ids.tolist(), prices.tolist(), strict=True))
    assert known[A] == round(CLOSE * 100) + 300
    assert known[B] == MARKET.prev_close[MARKET.row[B]]
    kept = json.loads(json.dumps(feed.resume()))
    tomorrow = universe(date(2026, 11, 24), always_open=False)
    ids, prices = LiveFeed(tomorrow, line, KEYS, kept).closes(NOW)
    assert dict(zip(ids.tolist(), prices.tolist(), strict=True))[A] == round(CLOSE * 100) + 300


def test_a_feed_opened_again_on_a_date_goes_on_from_the_dates_last_prices(line: ScriptedLine, feed: LiveFeed) -> None:
    line.say(KEYS[A], CLOSE + 3, NOW, traded=NOW, close=CLOSE + 1)
    feed.next_rows(NOW)
    kept = feed.resume()
    for _ in range(2):  # as often as it happens, though the vendor never says it again
        again = LiveFeed(MARKET, line, KEYS, json.loads(json.dumps(kept)))
        ids, prices = again.closes(NOW)
        assert dict(zip(ids.tolist(), prices.tolist(), strict=True))[A] == round(CLOSE * 100) + 300
        kept = again.resume()
    tomorrow = LiveFeed(universe(date(2026, 11, 24), always_open=False), line, KEYS, kept)
    ids, prices = tomorrow.closes(NOW)
    assert dict(zip(ids.tolist(), prices.tolist(), strict=True))[A] == round(CLOSE * 100) + 300
    assert not len(tomorrow.next_rows(NOW)), "yesterday's price is none of today"


def test_it_says_that_it_has_ended_only_when_somebody_must_act(line: ScriptedLine, feed: LiveFeed) -> None:
    for state, ended in (
        (LineState.LIVE, False), (LineState.QUIET, False), (LineState.BACKING_OFF, False),
        (LineState.CONNECTING, False),
        (LineState.TOKEN_EXPIRED, True), (LineState.REFUSED, True), (LineState.STOPPED, True),
    ):  # fmt: skip
        line.be(state, "Why.")
        told = feed.state()
        assert (told["ended"], told["reason"], told["feed"]) == (ended, "Why.", "upstox")
        json.dumps(told)


def test_how_far_a_price_went_within_a_frame_is_told_and_stays_within_the_day(
    line: ScriptedLine, feed: LiveFeed
) -> None:
    day = (CLOSE, CLOSE + 2, CLOSE - 3)
    for number, move in enumerate((0.0, 1.5, -2.0, 5.0, 1.0)):
        line.say(KEYS[A], CLOSE + move, NOW + number, traded=NOW, day=day, depth=BOOK)
    rows = feed.next_rows(NOW + 10)
    assert rows["last_price"].tolist() == [round(CLOSE * 100) + 100]
    high, low = feed.swings(rows)
    assert (high.tolist(), low.tolist()) == ([round(CLOSE * 100) + 200], [round(CLOSE * 100) - 200])
    line.say(KEYS[A], CLOSE + 1.2, NOW + 100, traded=NOW, day=day, depth=BOOK)
    rows = feed.next_rows(NOW + 110)
    assert [each.tolist() for each in feed.swings(rows)] == [rows["last_price"].tolist()] * 2
