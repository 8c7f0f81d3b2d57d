"""Fills the minutes of an outage from the vendors' histories, once, and marks them as filled."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial

import numpy as np

import log
from desk import live as desk_live
from desk import market as markets
from desk.live import Gap
from desk.market import Database, MarketState
from feeds.candles import CANDLE_TYPE, Candles
from feeds.live.past import Past
from jobs.histories import Histories, Source, first_answer
from jobs.loop import Steady, patience
from jobs.market import MarketLoop

# The vendor's history has a minute a little after its end; of so many instruments it is asked for one outage.
LATER, MOST = timedelta(minutes=2), 200
# Seconds between two looks for outages: doubled with each in a row that the vendor refused, up to the longest.
EVERY, LONGEST_WAIT = 60.0, 960.0


@dataclass
class Progress:
    """What vendors have told of outages that are not filled yet, by outage and instrument, and how many times in a
    row it refused."""

    told: dict[tuple[int, int], Candles] = field(default_factory=dict)
    refusals: int = 0


class GapLoop(Steady):
    """Fills a live market's outages. A loop of its own: the vendor may take seconds for each of many answers."""

    every = EVERY

    def __init__(self, database: Database, market: MarketLoop, histories: Histories) -> None:
        super().__init__()
        self.name = f"gaps {market.market}"
        self._database, self._market, self._histories = database, market, histories
        self._progress = Progress()
        self._not_before = 0.0

    def step(self) -> None:
        """One look; nothing while another process leads, nor soon after a refusal."""
        if not self._market.leads() or not self._market.is_live or time.monotonic() < self._not_before:
            return
        fill(self._database, self._market.market, self._histories, None, self._progress, self.stopping.is_set)
        wait = patience(refusals, 2 * EVERY, LONGEST_WAIT) if (refusals := self._progress.refusals) else 0.0
        self._not_before = time.monotonic() + wait


def fill(
    database: Database,
    market: str,
    histories: Histories,
    now: datetime | None = None,
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
        written += _fill(database, state, gap, at, histories, progress, stopped)
        if progress.refusals > refusals or stopped():
            break  # who is refused asks for nothing else either
    return written


def _fill(
    database: Database, state: MarketState, gap: Gap, at: datetime, histories: Histories, progress: Progress,
    stopped: Callable[[], bool],
) -> int:  # fmt: skip
    wanted = markets.wanted(database, state.id)
    sources, why = histories.of(state, wanted)
    if not sources:
        desk_live.gap_failed(database, gap, f"It waits for a vendor, whose history fills it. {why}")
        return 0
    if gap.began_at.date() != at.date():
        desk_live.gap_failed(database, gap, "Its trading date is over before it could be filled.")
        return 0
    known = [number for number in wanted if any(number in source.keys for source in sources)][:MOST]
    parts, why = _asked(sources, known, gap, progress, stopped)
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
    sources: Sequence[Source], wanted: Sequence[int], gap: Gap, progress: Progress, stopped: Callable[[], bool]
) -> tuple[list[Candles], str]:
    """The minutes of each instrument, or why the outage cannot be filled now. What the vendors refuse of one
    instrument alone is left out, unless nothing else is there."""
    parts, why, down = [], "", set[int]()
    for number in wanted:
        if stopped():
            return [], "It goes on when the market's process runs again."
        if (gap.id, number) not in progress.told:
            minutes, waits, reason = first_answer(sources, down, number, partial(_minutes, number, gap))
            why = reason or why
            if waits:
                return [], why
            if minutes is None:
                log.get(__name__).info("No history of an instrument", extra={"instrument": number, "reason": why})
                continue
            progress.told[gap.id, number] = minutes
        parts.append(progress.told[gap.id, number])
    return parts, "" if parts else why


def _minutes(number: int, gap: Gap, past: Past, key: str) -> Candles:
    """Every minute of which a part was not seen."""
    candles = past.today(key, number, gap.began_at, gap.ended_at)
    first = int(gap.began_at.replace(second=0, microsecond=0).timestamp() * 1000)
    last = int(gap.ended_at.timestamp() * 1000)
    return candles[(candles["start"] >= first) & (candles["start"] <= last)]
