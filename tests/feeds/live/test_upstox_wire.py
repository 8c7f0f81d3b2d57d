"""Messages of Upstox as numbers: what is not on the wire was not said, save the empty levels of a book that was."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.live.line import SegmentState
from feeds.live.ticks import NAN, NO_DEPTH, NO_GREEKS, WIDTH
from feeds.live.upstox_wire import NO_DAY, Heard, read, segment_of
from tests.feeds.standins.upstox import pb

NOW = 1_795_000_000_123


def heard(message: Any) -> Heard:
    return read(pb.FeedResponse.FromString(message.SerializeToString()), NOW + 7.0, len)


def same(got: tuple[float, ...], wanted: tuple[float, ...]) -> bool:
    return len(got) == len(wanted) and all(
        a == b or (math.isnan(a) and math.isnan(b)) for a, b in zip(got, wanted, strict=True)
    )


def a_market(**more: Any) -> Any:
    message = pb.FeedResponse(type=pb.live_feed, currentTs=NOW)
    full = message.feeds["X|1"].fullFeed.marketFF
    full.ltpc.ltp = 100.0
    for name, value in more.items():
        setattr(full, name, value)
    return message, full


def test_zero_is_what_was_not_said() -> None:
    message, _ = a_market(vtt=0, oi=0.0)
    ((slot, *tick),) = heard(message).whole
    assert slot == 3
    assert same(tuple(tick), (100.0, NAN, NAN, 0.0, NOW, NOW + 7, *NO_DAY, NAN, NAN, *NO_DEPTH, *NO_GREEKS))
    assert len(tick) == WIDTH


@pytest.mark.parametrize("levels", [0, 1, 5, 30])
def test_a_book_that_was_said_has_five_levels_empty_ones_among_them(levels: int) -> None:
    message, full = a_market()
    full.marketLevel.SetInParent()
    for level in range(levels):
        full.marketLevel.bidAskQuote.add(bidP=99.0 - level, bidQ=level + 1, askP=101.0 + level)
    tick = heard(message).whole[0][1:]
    depth, shown = tick[11:41], min(levels, 5)
    empty = (0.0,) * (5 - shown)
    assert depth[:5] == (*(99.0 - n for n in range(shown)), *empty)
    assert depth[5:10] == (*(n + 1 for n in range(shown)), *empty)
    assert depth[15:20] == (*(101.0 + n for n in range(shown)), *empty)
    assert depth[20:25] == (0.0,) * 5, "a quantity of zero is not on the wire"


def test_of_several_candles_the_days_counts() -> None:
    message, full = a_market()
    full.marketOHLC.ohlc.add(interval="I1", open=1, high=2, low=1)
    assert same(heard(message).whole[0][7:10], NO_DAY)
    full.marketOHLC.ohlc.add(interval="1d", open=99.0, high=103.0, low=98.5)
    assert heard(message).whole[0][7:10] == (99.0, 103.0, 98.5)


def test_a_message_without_a_type_is_a_picture_and_one_without_a_time_has_none() -> None:
    message = pb.FeedResponse()
    message.feeds["X|1"].ltpc.ltp = 5.0
    ((_, _, _, _, picture, sent, _),) = heard(message).short
    assert picture == 1.0
    assert math.isnan(sent)
    assert math.isnan(heard(message).sent)


def test_a_state_that_is_not_known_is_left_out() -> None:
    message = pb.FeedResponse(type=pb.market_info, currentTs=NOW)
    for number, name in enumerate(("A", "B", "C", "D", "E", "F", "G")):
        message.marketInfo.segmentStatus[name] = number
    assert heard(message).segments == {
        "A": SegmentState.PRE_OPEN, "B": SegmentState.PRE_OPEN, "C": SegmentState.OPEN, "D": SegmentState.CLOSED,
        "E": SegmentState.CLOSING, "F": SegmentState.CLOSED,
    }  # fmt: skip
    assert segment_of("NSE_FO|47983|17-04-2025") == "NSE_FO"


@given(st.binary(max_size=200))
def test_whatever_can_be_decoded_can_be_read(data: bytes) -> None:
    try:
        message = pb.FeedResponse.FromString(data)
    except Exception:
        return
    said = read(message, 1.0, lambda key: 0)
    assert all(len(tick) == 7 for tick in said.short)
    assert all(len(tick) == WIDTH + 1 for tick in said.whole)
