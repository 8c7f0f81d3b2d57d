"""Fills the minutes of an outage from the vendor's history, once, and marks them as filled."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
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
from jobs.loop import Steady
from jobs.market import MarketLoop

MINUTE = timedelta(minutes=1)
# The vendor's history has a minute a little after its end; of so many instruments it is asked for one outage.
LATER, MOST = timedelta(minutes=2), 200
# Seconds between two looks for outages: doubled with each in a row that the vendor refused, up to the longest.
EVERY, LONGEST_WAIT = 60.0, 960.0
# Refusals of whoever asks, and not of what was asked for: a token, a permission, a pace.
OF_ALL = frozenset({401, 403, 408, 429})
# Token, key, instrument: today's minutes so far.
Ask = Callable[[str, str, int], Candles]


def ask(token: str, key: str, instrument: int) -> Candles:
    """Today's minutes of Upstox. Raises RestRefusal."""
    return upstox_history.today(token, key, instrument, settings.load().kagaz_upstox_url)


@dataclass
class Progress:
    """What the vendor has told of outages that are not filled yet, by outage and instrument, and how many times in a
    row it refused."""

    told: dict[tuple[int, int], Candles] = field(default_factory=dict)
    refusals: int = 0


class GapLoop(Steady):
    """Fills a live market's outages. A loop of its own: the vendor may take seconds for each of many answers."""

    every = EVERY

    def __init__(self, database: Database, market: MarketLoop, past: Ask = ask) -> None:
        super().__init__()
        self.name = f"gaps {market.market}"
        self._database, self._market, self._past = database, market, past
        self._progress = Progress()
        self._not_before = 0.0

    def step(self) -> None:
        """One look; nothing while another process leads, nor soon after a refusal."""
        if not self._market.leads() or not self._market.is_live or time.monotonic() < self._not_before:
            return
        fill(self._database, self._market.market, None, self._past, self._progress, self.stopping.is_set)
        wait = min(LONGEST_WAIT, EVERY * 2**self._progress.refusals) if self._progress.refusals else 0.0
        self._not_before = time.monotonic() + wait


def fill(
    database: Database,
    market: str,
    now: datetime | None = None,
    past: Ask = ask,
    progress: Progress | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> int:
    """Fills the outages of a live market that are over; how many candles were written.

    One that cannot be filled stays noted with the reason and is tried again at the next call, which asks for what
    ``progress`` does not hold. Ends after the present question once ``stopped`` says so.
    """
    at = now or datetime.now(UTC)
    waiting = [gap for gap in desk_live.gaps(database, market) if gap.ended_at + LATER <= at]
    if not waiting:
        return 0
    state = markets.state(database, market)
    progress = progress or Progress()
    written = 0
    for gap in waiting:
        refusals = progress.refusals
        written += _fill(database, state, gap, at, past, progress, stopped)
        if progress.refusals > refusals or stopped():
            break  # who is refused asks for nothing else either
    return written


def _fill(
    database: Database, state: MarketState, gap: Gap, at: datetime, past: Ask, progress: Progress,
    stopped: Callable[[], bool],
) -> int:  # fmt: skip
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
    parts, why = _asked(credential.token, {number: keys[number] for number in wanted}, gap, past, progress, stopped)
    if why:
        progress.refusals += 1
        desk_live.gap_failed(database, gap, why)
        return 0
    progress.refusals = 0
    candles = np.concatenate(parts) if parts else np.zeros(0, CANDLE_TYPE)
    written = desk_live.fill_gap(database, state.id, gap, candles)
    progress.told = {asked: minutes for asked, minutes in progress.told.items() if asked[0] != gap.id}
    if not written:
        return 0
    told = {"market": state.id, "began": gap.began_at.isoformat(), "candles": len(candles)}
    log.get(__name__).info("An outage is filled in", extra=told)
    return len(candles)


def _asked(
    token: str, keys: Mapping[int, str], gap: Gap, past: Ask, progress: Progress, stopped: Callable[[], bool]
) -> tuple[list[Candles], str]:
    """The minutes of each instrument, or why the outage cannot be filled now. What the vendor refuses of one
    instrument alone is left out, unless nothing else is there."""
    parts, why = [], ""
    for number, key in keys.items():
        if stopped():
            return [], "It goes on when the market's process runs again."
        if (gap.id, number) not in progress.told:
            try:
                progress.told[gap.id, number] = _within(past(token, key, number), gap)
            except RestRefusal as refused:
                why = log.redact(str(refused))
                if not 400 <= refused.status < 500 or refused.status in OF_ALL:
                    return [], why
                log.get(__name__).info("No history of an instrument", extra={"instrument": number, "reason": why})
                continue
        parts.append(progress.told[gap.id, number])
    return parts, "" if parts else why


def _within(candles: Candles, gap: Gap) -> Candles:
    """Every minute of which a part was not seen."""
    first = int(gap.began_at.replace(second=0, microsecond=0).timestamp() * 1000)
    last = int(gap.ended_at.timestamp() * 1000)
    return candles[(candles["start"] >= first) & (candles["start"] <= last)]
