"""Fills the minutes of an outage from the vendor's history, once, and marks them as filled."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np

import log
import settings
from core.vendors import Vendor
from desk import live as desk_live
from desk import market as markets
from desk import vendors
from desk.live import Gap
from desk.market import Database, MarketState
from desk.sealing import LostKeyError
from feeds.candles import CANDLE_TYPE, Candles
from feeds.live import upstox_history
from feeds.live.upstox_rest import RestRefusal
from jobs import live

MINUTE = timedelta(minutes=1)
# The vendor's history has a minute a little after its end; of so many instruments it is asked for one outage.
LATER, MOST = timedelta(minutes=2), 200
# Token, key, instrument: today's minutes so far.
Ask = Callable[[str, str, int], Candles]


def ask(token: str, key: str, instrument: int) -> Candles:
    """Today's minutes of Upstox. Raises RestRefusal."""
    return upstox_history.today(token, key, instrument, settings.load().kagaz_upstox_url)


def fill(database: Database, market: str, now: datetime | None = None, past: Ask = ask) -> int:
    """Fills the outages of a live market that are over; how many candles were written.

    One that cannot be filled stays noted with the reason and is tried again at the next call.
    """
    at = now or datetime.now(UTC)
    waiting = [gap for gap in desk_live.gaps(database, market) if gap.ended_at + LATER <= at]
    if not waiting:
        return 0
    state = markets.state(database, market)
    return sum(_fill(database, state, gap, at, past) for gap in waiting)


def _fill(database: Database, state: MarketState, gap: Gap, at: datetime, past: Ask) -> int:
    try:
        credential = None if state.owner_id is None else vendors.of(database, state.owner_id, Vendor.UPSTOX)
    except LostKeyError as lost:
        desk_live.gap_failed(database, gap, str(lost))
        return 0
    if credential is None or credential.token is None:
        desk_live.gap_failed(database, gap, "It waits for a token of Upstox, whose history fills it.")
        return 0
    if gap.began_at.date() != at.date():
        desk_live.gap_failed(database, gap, "Its trading date is over before it could be filled.")
        return 0
    keys = live.keys_of(database, Vendor.UPSTOX, state.trading_date)
    wanted = [number for number in markets.wanted(database, state.id) if number in keys][:MOST]
    try:
        parts = [_within(past(credential.token, keys[number], number), gap) for number in wanted]
    except RestRefusal as refused:
        desk_live.gap_failed(database, gap, log.redact(str(refused)))
        return 0
    candles = np.concatenate(parts) if parts else np.zeros(0, CANDLE_TYPE)
    if not desk_live.fill_gap(database, state.id, gap, candles):
        return 0
    told = {"market": state.id, "began": gap.began_at.isoformat(), "candles": len(candles)}
    log.get(__name__).info("An outage is filled in", extra=told)
    return len(candles)


def _within(candles: Candles, gap: Gap) -> Candles:
    """Every minute of which a part was not seen."""
    first = int(gap.began_at.replace(second=0, microsecond=0).timestamp() * 1000)
    last = int(gap.ended_at.timestamp() * 1000)
    return candles[(candles["start"] >= first) & (candles["start"] <= last)]
