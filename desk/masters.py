"""The masters: instruments with the terms of the date, calendars and charge rates, kept in memory.

``get`` is called by every order, so it costs a dictionary look-up; once a second one caller asks the database
whether the masters or the trading date have changed, while the others go on with what they have.
"""

import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from weakref import WeakKeyDictionary

from core import contracts
from core.calendar import IST, Calendar
from core.contracts import Terms
from core.corporate import Action
from core.instruments import Kind
from core.orders import Product
from db import corporate, seeds
from db import masters as store
from db.engine import Database, DatabaseBusy, DatabaseUnavailable, retrying
from db.masters import Listing
from db.screen_rows import PositionRow
from db.seeds import SeedRow
from desk.master import Master, seed_rows

__all__ = [
    "Master",
    "contracts_for",
    "derivative_terms",
    "forget",
    "get",
    "restated",
    "seed",
    "seed_rows",
    "square_off_at",
]

CHECK_SECONDS = 1.0
CASH_FREEZE = 100_000
INDEX_TICK = 5
LISTED_SINCE = date(2000, 1, 1)
HOME_EXCHANGE = {"NFO": "NSE", "BFO": "BSE"}


class _Kept:
    """A master with what it was made from, and when that was last looked at."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.master: Master | None = None
        self.version = -1
        self.checked = 0.0


_kept: WeakKeyDictionary[Database, _Kept] = WeakKeyDictionary()
_kept_lock = threading.Lock()


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
            old = kept.master
            # What changed since, and no more: a list of a hundred thousand takes seconds to read whole.
            loaded = store.load(connection, on, old.seen, old.on) if old else store.load(connection, on)
            days = store.calendar_days(connection)
            calendars = {exchange: Calendar.of(rows) for exchange, rows in days.items()}
            kept.master = Master(on, loaded, calendars, store.charge_rates(connection), old)
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
            found = known.get(key) or (known.get(f"{row.exchange}:{row.isin}") if row else None)
            if found is None or row is None:
                continue
            number, kind = found
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
