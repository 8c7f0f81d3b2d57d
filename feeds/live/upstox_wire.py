"""What Upstox's stream says, as numbers for the board: read straight from its protobuf messages.

The vendor's client would make a dictionary of each message first, which costs three to four times as much. Defaults of
proto3 are not on the wire: a price of 0 was not said, and a message without a type is the picture at subscription.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from core.frames import DEPTH
from feeds.live.line import SegmentState
from feeds.live.ticks import NAN, NO_DEPTH, NO_GREEKS

PICTURE, LIVE, MARKET_INFO = 0, 1, 2
DAY = "1d"
# By the vendor's numbers: pre-open begins, ends; normal trading, its end; the closing session, its end.
SEGMENT_STATES = (
    SegmentState.PRE_OPEN, SegmentState.PRE_OPEN, SegmentState.OPEN, SegmentState.CLOSED, SegmentState.CLOSING,
    SegmentState.CLOSED,
)  # fmt: skip

NO_DAY = (NAN,) * 3
_ZEROS = (0.0,) * DEPTH
Tick = tuple[float, ...]


class Heard(NamedTuple):
    """One message: ticks as ``Board.take`` wants them, states of segments, and when it was sent (NaN: not said)."""

    short: list[Tick]
    whole: list[Tick]
    segments: dict[str, SegmentState]
    sent: float


def read(message: Any, received: float, slot: Callable[[str], int]) -> Heard:
    """Reads a ``FeedResponse``. A field whose value is the default counts as not said."""
    sent = float(message.currentTs) or NAN
    if message.type == MARKET_INFO:
        return Heard([], [], _segments(message.marketInfo), sent)
    picture = 1.0 if message.type == PICTURE else 0.0
    short: list[Tick] = []
    whole: list[Tick] = []
    for key, feed in message.feeds.items():
        kind = feed.WhichOneof("FeedUnion")
        if kind == "ltpc":
            short.append((slot(key), *_leading(feed.ltpc, picture, sent, received)))
        elif kind == "fullFeed":
            full = feed.fullFeed
            if full.WhichOneof("FullFeedUnion") == "marketFF":
                whole.append((slot(key), *_market(full.marketFF, picture, sent, received)))
            else:
                index = full.indexFF
                day = _day(index.marketOHLC)
                leading = _leading(index.ltpc, picture, sent, received)
                whole.append((slot(key), *leading, *day, NAN, NAN, *NO_DEPTH, *NO_GREEKS))
        elif kind == "firstLevelWithGreeks":
            whole.append((slot(key), *_first_level(feed.firstLevelWithGreeks, picture, sent, received)))
    return Heard(short, whole, {}, sent)


def segment_of(key: str) -> str:
    """``NSE_EQ`` of ``NSE_EQ|INE002A01018``."""
    return key.split("|", maxsplit=1)[0]


def _segments(info: Any) -> dict[str, SegmentState]:
    known = len(SEGMENT_STATES)
    return {name: SEGMENT_STATES[state] for name, state in info.segmentStatus.items() if 0 <= state < known}


def _leading(ltpc: Any, picture: float, sent: float, received: float) -> Tick:
    return (ltpc.ltp or NAN, float(ltpc.ltt) or NAN, ltpc.cp or NAN, picture, sent, received)


def _market(full: Any, picture: float, sent: float, received: float) -> Tick:
    return (
        *_leading(full.ltpc, picture, sent, received),
        *_day(full.marketOHLC),
        float(full.vtt) or NAN,
        full.oi or NAN,
        *(_depth(full.marketLevel.bidAskQuote) if full.HasField("marketLevel") else NO_DEPTH),
        *(_greeks(full.optionGreeks, full.iv) if full.HasField("optionGreeks") else NO_GREEKS),
    )


def _first_level(level: Any, picture: float, sent: float, received: float) -> Tick:
    return (
        *_leading(level.ltpc, picture, sent, received),
        *NO_DAY,
        float(level.vtt) or NAN,
        level.oi or NAN,
        *(_depth((level.firstDepth,)) if level.HasField("firstDepth") else NO_DEPTH),
        *(_greeks(level.optionGreeks, level.iv) if level.HasField("optionGreeks") else NO_GREEKS),
    )


def _day(ohlc: Any) -> Tick:
    for one in ohlc.ohlc:
        if one.interval == DAY:
            return (one.open or NAN, one.high or NAN, one.low or NAN)
    return NO_DAY


def _depth(quotes: Any) -> Tick:
    """Five levels; a level that is not on the wire is empty, for the book it belongs to was said."""
    five = [(one.bidP, one.bidQ, one.askP, one.askQ) for one in quotes[:DEPTH]]
    five += [(0.0, 0, 0.0, 0)] * (DEPTH - len(five))
    bid, bid_units, ask, ask_units = zip(*five, strict=True)
    return (*bid, *bid_units, *_ZEROS, *ask, *ask_units, *_ZEROS)


def _greeks(greeks: Any, iv: float) -> Tick:
    return (greeks.delta, greeks.theta, greeks.gamma, greeks.vega, greeks.rho, iv)
