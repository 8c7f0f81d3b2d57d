"""The masters: instruments with the terms of the date, calendars and charge rates, kept in memory.

``get`` is called by every order, so it costs a dictionary look-up; once a second one caller asks the database
whether the masters or the trading date have changed, while the others go on with what they have.
"""

import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from functools import cache, cached_property
from itertools import islice
from types import MappingProxyType
from typing import Any
from weakref import WeakKeyDictionary

from psycopg import Connection

from core import charges, contracts, square_off
from core.calendar import IST, Calendar
from core.charges import Rates, TariffRow
from core.contracts import Terms
from core.corporate import Action
from core.instruments import DERIVATIVES, Instrument, Kind, Segment
from core.orders import Product
from core.risk_book import RiskBook
from core.search import Search
from core.sessions import Board, board_of
from db import corporate, risk_rows, seeds
from db import masters as store
from db.engine import Database, DatabaseBusy, DatabaseUnavailable, retrying
from db.masters import Listing
from db.screen_rows import PositionRow
from db.seeds import SeedRow

CHECK_SECONDS = 1.0
# In so many trading dates before an expiry the next month's futures have an opening auction as well.
NEXT_MONTH_DAYS = 5
CASH_FREEZE = 100_000
INDEX_TICK = 5
LISTED_SINCE = date(2000, 1, 1)
HOME_EXCHANGE = {"NFO": "NSE", "BFO": "BSE"}


class Master:
    """The masters on a date. Never changes after it is made; a change makes another one.

    ``by_id`` and ``by_key`` hold expired contracts too, because old orders name them; ``listed`` and
    ``search`` leave them out. ``calendar`` is the NSE's, seen through its own session: use ``under``.
    """

    def __init__(
        self,
        on: date,
        instruments: list[Instrument],
        ended: set[int],
        calendars: Mapping[str, Calendar],
        tariffs: list[TariffRow],
    ) -> None:
        self.on = on
        self.by_id: dict[int, Instrument] = {one.id: one for one in instruments}
        self.by_key: dict[str, Instrument] = {one.key: one for one in instruments}
        self.calendars = dict(calendars)
        self.calendar: Calendar = self.calendars.get("NSE") or Calendar.of(())
        self.leads = frozenset(one.underlying_id for one in instruments if one.underlying_id and one.id not in ended)
        self._intraday: dict[tuple[str, date], Mapping[Board, datetime]] = {}
        self._ended = ended
        self._tariffs = tariffs
        self._rates: dict[date, Rates] = {}
        self._chains: dict[int, list[Instrument]] | None = None
        self._risk: RiskBook | None = None
        self._search: Search | None = None
        self._lazy = threading.Lock()

    def listed(self, on: date | None = None) -> Iterator[Instrument]:
        """Instruments that have not expired by a date (the master's own by default), ascending by id."""
        day = on or self.on
        for one in self.by_id.values():
            if one.id not in self._ended and (one.expiry is None or one.expiry >= day):
                yield one

    def chain(self, underlying_id: int) -> list[Instrument]:
        """The listed futures and options on an underlying: expiry first, its future, then by strike."""
        if self._chains is None:
            chains: dict[int, list[Instrument]] = {}
            for one in self.listed():
                if one.underlying_id is not None:
                    chains.setdefault(one.underlying_id, []).append(one)
            for chain in chains.values():
                chain.sort(key=lambda one: (one.expiry or self.on, one.strike or 0, one.kind))
            self._chains = chains
        return self._chains.get(underlying_id, [])

    @cached_property
    def near(self) -> frozenset[int]:
        """Futures that trade in the opening auction: of the month, and of the next one in its last five days."""
        futures: dict[int, list[Instrument]] = {}
        for one in self.listed():
            if one.kind is Kind.FUT and one.underlying_id is not None:
                futures.setdefault(one.underlying_id, []).append(one)
        found: set[int] = set()
        for chain in futures.values():
            chain.sort(key=lambda one: one.expiry or self.on)
            left = self.calendar.trading_dates(self.on, chain[0].expiry or self.on)
            last_days = len(list(islice(left, NEXT_MONTH_DAYS + 1))) <= NEXT_MONTH_DAYS
            found.update(one.id for one in chain[: 2 if last_days else 1])
        return frozenset(found)

    def board(self, instrument_id: int) -> Board:
        """Whose hours an instrument keeps."""
        one = self.by_id[instrument_id]
        return board_of(one.kind, one.id in self.leads, one.id in self.near)

    def rates(self, on: date) -> Rates:
        """The tariffs of a trade date."""
        found = self._rates.get(on)
        if found is None:
            found = self._rates[on] = charges.in_force(self._tariffs, on)
        return found

    def intraday_ends(self, session: str, on: date) -> Mapping[Board, datetime]:
        """When each board's intraday positions are squared off on a trading date of a session."""
        found = self._intraday.get((session, on))
        if found is None:
            found = self._intraday[session, on] = square_off.ends(self.calendar.under(session), on)
        return found

    def intraday_until(self, instrument_id: int, session: str, on: date) -> datetime:
        """When an instrument's intraday positions are squared off on a trading date of a session."""
        one = self.by_id[instrument_id]
        return self.intraday_ends(session, on)[self.board(one.id)]

    def risk(self, connection: Connection[Any], version: int) -> RiskBook:
        """Limits, restrictions and switches, at ``version`` or newer: read anew where what is kept is older."""
        if self._risk is None or self._risk.version < version:
            self._risk = risk_rows.book(connection)
        return self._risk

    def search(self, text: str, limit: int = 20, segment: Segment | str | None = None) -> list[Instrument]:
        """What a text may mean, best first: symbols, names, and contracts as people say them. Never raises.

        ``segment`` is CASH or DERIVATIVES; an unknown one finds nothing.
        """
        if segment is not None and segment not in list(Segment):
            return []
        return self._index().find(text, limit, Segment(segment) if segment is not None else None)

    def seed(self, instrument_id: int) -> SeedRow | None:
        """What the seed says of a share, fund or index; None of contracts and of what was added later."""
        return seed_rows().get(self.by_id[instrument_id].key)

    def _index(self) -> Search:
        if self._search is None:
            with self._lazy:
                if self._search is None:
                    self._search = self._build_search()
        return self._search

    def _build_search(self) -> Search:
        liquidity: dict[int, float] = {}
        aliases: dict[int, tuple[str, ...]] = {}
        with_contracts = {one.underlying_id for one in self.by_id.values() if one.kind in DERIVATIVES}
        for key, row in seed_rows().items():
            one = self.by_key.get(key)
            if one is None:
                continue
            turnover = row.price * row.volume / 1e12
            liquidity[one.id] = row.nifty_weight + turnover + (10.0 if one.id in with_contracts else 0.0)
            if one.kind is Kind.INDEX:
                liquidity[one.id] += 50.0 / (1 + len(aliases))
            aliases[one.id] = row.aliases
        return Search(self.listed(), liquidity, aliases)


class _Kept:
    """A master with what it was made from, and when that was last looked at."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.master: Master | None = None
        self.version = -1
        self.checked = 0.0


_kept: WeakKeyDictionary[Database, _Kept] = WeakKeyDictionary()
_kept_lock = threading.Lock()


@cache
def seed_rows() -> Mapping[str, SeedRow]:
    """The seed's shares, funds and indices by ``NSE:INFY``: prices, volatilities, approximate weights."""
    return MappingProxyType({row.key: row for row in seeds.instruments()})


def square_off_at(master: Master, position: PositionRow) -> datetime | None:
    """When the broker closes an open intraday position; None of any other, and of what was listed a moment ago."""
    if position.product != Product.MIS or not position.quantity or position.instrument_id not in master.by_id:
        return None
    return master.intraday_until(position.instrument_id, position.session, position.trading_date)


def derivative_terms(on: date) -> dict[str, Terms]:
    """What the exchanges list on each underlying on a date, by the underlying's ``NSE:INFY``."""
    return {row.underlying: row for row in seeds.terms_on(on)}


def get(database: Database) -> Master:
    """The masters on the running markets' trading date (today in India where none runs).

    A change becomes visible within a second. While the database cannot be asked, the last known masters
    are given; only where there are none yet does its error come through.
    """
    with _kept_lock:
        kept = _kept.get(database)
        if kept is None:
            kept = _kept[database] = _Kept()
    master = kept.master
    if master is not None and time.monotonic() - kept.checked < CHECK_SECONDS:
        return master
    if not kept.lock.acquire(blocking=master is None):
        assert master is not None
        return master
    try:
        if kept.master is None or time.monotonic() - kept.checked >= CHECK_SECONDS:
            _refresh(database, kept)
    except (DatabaseBusy, DatabaseUnavailable):
        if kept.master is None:
            raise
        kept.checked = time.monotonic()
    finally:
        kept.lock.release()
    assert kept.master is not None
    return kept.master


def forget(database: Database) -> None:
    """Has the next ``get`` ask the database, for callers that have just changed the masters."""
    with _kept_lock:
        kept = _kept.get(database)
    if kept is not None:
        kept.checked = -CHECK_SECONDS


def _refresh(database: Database, kept: _Kept) -> None:
    with database.connection() as connection:
        version, trading_date = store.version_and_date(connection)
        on = trading_date or datetime.now(IST).date()
        if kept.master is None or kept.version != version or kept.master.on != on:
            instruments, ended = store.load(connection, on)
            days = store.calendar_days(connection)
            calendars = {exchange: Calendar.of(rows) for exchange, rows in days.items()}
            kept.master = Master(on, instruments, ended, calendars, store.charge_rates(connection))
            kept.version = version
    kept.checked = time.monotonic()


def seed(database: Database, today: date) -> None:
    """Writes the masters a new installation starts with, and the contracts of ``today``.

    What is there already stays as it is, so it may run at every start, and by two processes at once; one that would
    seed what was seeded before sees that by one question.
    """
    mark = f"{seeds.mark()} {today}"
    with database.connection() as connection:
        if store.seeded(connection) == mark:
            return
    retrying(lambda: _seed(database, today))
    with database.connection() as connection:
        store.note_seeded(connection, mark)
    forget(database)


def _seed(database: Database, today: date) -> None:
    with database.connection() as connection:
        store.lock(connection)
        added = store.insert_calendar_days(connection, seeds.calendar_days())
        added += store.insert_charge_rates(connection, seeds.charge_rates())
        added += store.insert(connection, (_listing(row) for row in seeds.instruments()))
        if added:
            store.raise_version(connection)
    contracts_for(database, today)


def _listing(row: SeedRow) -> Listing:
    index = row.kind is Kind.INDEX
    return Listing(
        exchange=row.exchange,
        symbol=row.symbol,
        name=row.name,
        kind=row.kind,
        lot=1,
        tick=INDEX_TICK if index else contracts.share_tick(row.price),
        freeze_quantity=CASH_FREEZE,
        listed_from=LISTED_SINCE,
        isin=row.isin,
        sector=row.sector,
    )


def contracts_for(database: Database, today: date, prices: Mapping[int, int] | None = None) -> int:
    """Lists the futures and options that must exist on a trading date, and ends those that have expired.

    ``prices`` gives underlyings' prices in paise by instrument id, round which strikes are listed; the seed's
    reference prices serve where it is silent. Nothing is ever deleted. Answers how many were added.
    """
    added = retrying(lambda: _contracts_for(database, today, prices or {}))
    forget(database)
    return added


def restated(price: int, instrument_id: int, happened: Iterable[Action]) -> int:
    """A price of before all actions of the instrument, in the units of after them."""
    for action in happened:
        if action.instrument_id == instrument_id:
            price = action.price(price)
    return price


def _restated_terms(terms: Terms, underlying_id: int, happened: Iterable[Action]) -> Terms:
    """Terms with the lots that splits since their date have made of them."""
    for action in happened:
        if action.instrument_id == underlying_id and action.ex_date > terms.effective_from:
            lot = action.lot(terms.lot)
            terms = replace(terms, lot=lot, freeze_quantity=terms.freeze_quantity * lot // terms.lot)
    return terms


def _contracts_for(database: Database, today: date, prices: Mapping[int, int]) -> int:
    with database.connection() as connection:
        store.lock(connection)
        days = store.calendar_days(connection)
        known = store.ids_by_key(connection)
        split = corporate.list_due(connection, today)
        happened = corporate.actions(connection, date.min, today)
        listings: list[Listing] = []
        for key, first in derivative_terms(today).items():
            row = seed_rows().get(key)
            if key not in known or row is None:
                continue
            number, kind = known[key]
            terms = _restated_terms(first, number, happened)
            calendar = Calendar.of(days.get(HOME_EXCHANGE[terms.exchange], ()))
            price = prices.get(number) or restated(row.price, number, happened)
            listings += [
                Listing(
                    exchange=one.exchange,
                    symbol=one.symbol,
                    name=one.name,
                    kind=one.kind,
                    lot=one.lot,
                    tick=one.tick,
                    freeze_quantity=one.freeze_quantity,
                    listed_from=today,
                    underlying_id=number,
                    sector=row.sector,
                    expiry=one.expiry,
                    strike=one.strike,
                )
                for one in contracts.contracts(calendar, terms, kind, price, today)
            ]
        added = store.insert(connection, listings)
        if added + store.delist_expired(connection, today) + split:
            store.raise_version(connection)
    return added
