"""The exchange's closes of a date that a live market did not see the end of, from its vendors' histories.

Only of what somebody holds or has ordered, and what that is on. A date waits for them as long as it sensibly can
(``core.exchange_close.may_wait``); then it settles at the last prices seen, and its owner is told of which.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from functools import partial

import log
from core import exchange_close
from core.calendar import IST, Calendar
from core.exchange_close import Minute
from core.instruments import OPTIONS, Instrument, Kind
from core.sessions import Board
from desk import corporate, masters
from desk import jobs as runs
from desk import market as markets
from desk.market import Database, MarketState
from feeds.candles import Candles
from feeds.live.past import Past
from jobs.histories import Histories, first_answer
from jobs.loop import patience
from jobs.market import MarketLoop

JOB = "closes"
"""The run of a date in the list of jobs; there is one only where the close was missed."""
# Of so many instruments a date, and for so many seconds at a look: the clock's other work waits meanwhile.
MOST, AT_ONCE = 200, 5.0
# Seconds until those that refused are asked again: doubled with each time in a row, up to the longest.
FIRST_WAIT, LONGEST_WAIT = 5.0, 300.0
OPENS = clock_time(9)
NAMED = 5
# Dates that are due one after the other wait together, and not each as long again.
TOGETHER = timedelta(minutes=10)


@dataclass
class Asking:
    """How far the closes of one date are asked for: ``prices`` that were told, and why there is ``none`` of others."""

    day: date
    ids: Sequence[int]
    began: float
    prices: dict[int, int] = field(default_factory=dict)
    none: dict[int, str] = field(default_factory=dict)
    why: str = ""
    refusals: int = 0
    not_before: float = 0.0
    held_since: datetime | None = None
    said: str = ""

    @property
    def open(self) -> list[int]:
        """What there is no answer of yet."""
        return [one for one in self.ids if one not in self.prices and one not in self.none]


class ExchangeCloses:
    """Asks for one market, by the steps of its clock."""

    def __init__(self, database: Database, market: MarketLoop, histories: Histories | None) -> None:
        self._database, self._market, self._histories = database, market, histories
        self._asking: Asking | None = None
        self._since: datetime | None = None
        self._looked_at: datetime | None = None

    def look(self, day: date) -> Mapping[int, int] | None:
        """What the exchange made of a date that is due, in paise by instrument, as far as it is needed and was told;
        None while that has to be waited for."""
        missed = self._market.missed_close(day)
        if missed is None:
            self._market.look()
            return None
        if not missed or self._histories is None:
            return {}
        if self._asking is None or self._asking.day != day:
            self._asking = self._begin(day)
        asking, now = self._asking, self._market.clock()
        if not asking.open:
            return asking.prices
        if self._since is None or self._looked_at is None or now - self._looked_at > TOGETHER:
            self._since = now
        self._looked_at = now
        state = markets.state(self._database, self._market.market)
        calendar = markets.calendar_of(self._database, state)
        if time.monotonic() >= asking.not_before:
            self._ask(asking, state, calendar, now, self._histories)
        if not asking.open or not self._may_wait(asking, calendar, now, self._since):
            return asking.prices
        return None

    def conclude(self, day: date) -> None:
        """Keep how it went, once the date's prices are struck: whatever becomes of its roll, they stay."""
        asking = self._asking
        if asking is None or asking.day != day:
            return
        self._asking = None
        left = {one: asking.none.get(one, asking.why) for one in asking.ids if one not in asking.prices}
        if not asking.ids:
            return
        names = [masters.get(self._database).by_id[one].symbol for one in left]
        error = _sentence(day, names, next(iter(left.values()))) if left else None
        detail = {"told": len(asking.prices), "last_seen": names}
        took = time.monotonic() - asking.began
        runs.note(self._database, self._market.market, JOB, day, detail, took, error)
        told = {"market": self._market.market, "trading_date": day.isoformat(), **detail}
        if error:
            log.get(__name__).warning("A date settles at the last prices seen", extra=told)
        else:
            log.get(__name__).info("A date settles at closes that a vendor told", extra=told)

    def _begin(self, day: date) -> Asking:
        """What is asked for: nothing any more once the date's prices are struck."""
        database, market = self._database, self._market.market
        if runs.ended(database, market, JOB, day):
            return Asking(day, (), time.monotonic())
        master, found = masters.get(database), markets.held(database, market)
        # What ends on the date settles by what it is on.
        ids = [one for one in found if one in master.by_id and (master.by_id[one].expiry or date.max) > day]
        asking = Asking(day, ids, time.monotonic())
        asking.none |= dict.fromkeys(ids[MOST:], f"A vendor is asked for {MOST} closes of a date, and no more.")
        today = self._market.clock().astimezone(IST).date()
        for each in corporate.between(database, day, today):
            why = "The vendor adjusts its past for the split, so that its close of that date is in other units."
            on = [one for one in ids if each.instrument_id in (one, master.by_id[one].underlying_id)]
            asking.none |= dict.fromkeys(on, why)
        return asking

    def _ask(self, asking: Asking, state: MarketState, calendar: Calendar, now: datetime, histories: Histories) -> None:
        """One round of questions, as many as fit in a few seconds."""
        sources, asking.why = histories.of(state, asking.open)
        awake = exchange_close.opens(calendar, now) <= now
        # Without a vendor nothing is shown of the next date either, so that none of its prices wait.
        asking.held_since = (asking.held_since or now) if sources and awake else None
        if not sources:
            return
        master, down, until = masters.get(self._database), set[int](), time.monotonic() + AT_ONCE
        last = markets.quotes(self._database, state.id, asking.open)
        for number in asking.open:
            if time.monotonic() > until or not self._market.leads() or self._market.stopping.is_set():
                return
            one = master.by_id[number]
            question = partial(_close, one, asking.day, calendar, master.board(number), now)
            price, waits, why = first_answer(sources, down, number, question)
            seen = int(last[number]["last_price"]) if number in last else 0
            if price is not None and exchange_close.is_believable(price, seen, one.kind in OPTIONS):
                asking.prices[number] = price
            elif waits:
                asking.why = why or asking.why
            elif price is not None:
                asking.none[number] = "What the vendor tells cannot be its close."
            else:
                asking.none[number] = why or "No vendor tells it."
        if asking.open:
            asking.refusals += 1
            asking.not_before = time.monotonic() + patience(asking.refusals, FIRST_WAIT, LONGEST_WAIT)

    def _may_wait(self, asking: Asking, calendar: Calendar, now: datetime, since: datetime) -> bool:
        opens = exchange_close.opens(calendar, since)
        if not exchange_close.may_wait(now, since, opens, asking.held_since):
            return False
        by = max(opens, since + exchange_close.PATIENCE).astimezone(IST)
        sentence = (
            f"Nobody saw the close of {asking.day:%d %b %Y}. The date waits for a vendor to tell it, until"
            f" {by:%d %b %H:%M} at the latest, and settles at the last prices seen if none does. {asking.why}"
        )
        if sentence != asking.said:
            runs.waits(self._database, self._market.market, JOB, asking.day, sentence.strip())
            asking.said = sentence
        return True


def _close(
    one: Instrument, day: date, calendar: Calendar, board: Board, now: datetime, past: Past, key: str
) -> int | None:
    """What one vendor tells of the close: its day's candle, and before there is one what the minutes say."""
    today = now.astimezone(IST).date()
    if day < today:
        for row in past.days(key, one.id, day, day):
            if datetime.fromtimestamp(int(row["start"]) / 1000, IST).date() == day:
                return int(row["close"])
        minutes = past.minutes(key, one.id, day, day)
    else:
        minutes = past.today(key, one.id, datetime.combine(day, OPENS, IST), now)
    hours, is_index = calendar.hours(day, board), one.kind is Kind.INDEX
    return exchange_close.of_minutes(_minutes(minutes), hours, day, one.tick, is_index)


def _minutes(candles: Candles) -> list[Minute]:
    return [
        Minute(
            datetime.fromtimestamp(int(row["start"]) / 1000, UTC),
            int(row["high"]), int(row["low"]), int(row["close"]), int(row["volume"]),
        )
        for row in candles
    ]  # fmt: skip


def _sentence(day: date, names: Sequence[str], why: str) -> str:
    named = ", ".join(names[:NAMED]) + (f" and {more} more" if (more := len(names) - NAMED) > 0 else "")
    return f"Nobody saw the close of {day:%d %b %Y}, so that it is the last price seen of {named}. {why}"
