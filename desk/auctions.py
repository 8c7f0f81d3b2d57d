"""The auctions of a market's day: the crowd's book as it was displayed last, users' orders, one price, once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

from core.auction import Interest, at_told_price, equilibrium, shares
from core.book import Resting
from core.instruments import Instrument
from core.orders import OrderType
from core.outcomes import Fill
from db import auctions as rows
from db import market as market_rows
from db.auctions import Auction
from db.engine import Database
from desk.filling import Term
from desk.masters import Master

OPEN, CLOSE = "OPEN", "CLOSE"
REOPENINGS = ("REOPEN1", "REOPEN2")
"""The call auctions after halts of a day, in their order."""
KINDS = (OPEN, *REOPENINGS, CLOSE)
# A display older than this before the auction's end is of another time: then there is no crowd.
FRESH_MS = 120_000


@dataclass(frozen=True, slots=True)
class Entry:
    """An auction's order entry: of which instruments, from when to when (ms on the exchange's clock).

    ``sure`` is the first instant at which a real exchange may have struck it, ``over`` the one from which on what
    trades is no auction's.
    """

    kind: str
    instruments: tuple[int, ...] = ()
    began: int = 0
    ended: int = 0
    sure: int = 0
    over: int = 0


def hold(
    database: Database,
    term: Term,
    master: Master,
    market: str,
    day: date,
    entry: Entry,
    resting: Mapping[int, Sequence[Resting]],
) -> list[Fill]:
    """Strike every auction of an entry that was not struck yet, and say what users get of all of its kind.

    A market order that came during the entry has priority, one that came before is the limit that protects it.
    Raises NotLeader where the term has passed to another. Repeating it gives the same fills, which those that
    have had theirs no longer take.
    """
    kind = entry.kind
    with database.connection() as connection:
        term.guard(connection)
        struck = rows.struck(connection, market, day, kind)
        missing = [one for one in entry.instruments if one not in struck]
        if missing:
            quotes = {row["instrument_id"]: row for row in market_rows.quotes(connection, market, missing)}
            days = {row[0]: row[1:] for row in market_rows.days(connection, market, day)}
            references = rows.references(connection, market, day)
            found = [
                _strike(Book(master.by_id[one], *days[one], references.get(one)), quotes.get(one),
                        resting.get(one, ()), entry)
                for one in missing if one in days
            ]  # fmt: skip
            rows.strike(connection, market, day, kind, found)
            struck = rows.struck(connection, market, day, kind)
    return [fill for one in struck.values() for fill in _fills(one)]


def hear(
    database: Database, term: Term, market: str, day: date, entry: Entry, resting: Mapping[int, Sequence[Resting]]
) -> list[Fill]:
    """Take in what a live market has heard of a real exchange's auctions, and say what users get of all of its kind.

    The price is the exchange's. Orders that came when it may have been known already have no part in it. Raises
    NotLeader where the term has passed to another.
    """
    since, until = (datetime.fromtimestamp(each / 1000, UTC) for each in (entry.sure, entry.over))
    with database.connection() as connection:
        term.guard(connection)
        struck = rows.struck(connection, market, day, entry.kind)
        missing = [one for one in entry.instruments if one not in struck]
        found = rows.told(connection, market, entry.kind, missing, since, until) if missing else []
        if found:
            rows.strike(connection, market, day, entry.kind, [_told(one, resting, entry) for one in found])
            struck = rows.struck(connection, market, day, entry.kind)
    return [fill for one in struck.values() for fill in _fills(one)]


def _told(auction: Auction, resting: Mapping[int, Sequence[Resting]], entry: Entry) -> Auction:
    assert auction.price is not None
    own = [one for one in resting.get(auction.instrument_id, ()) if one.active_from < entry.sure]
    pending = {order.order_id: order for order in own}
    given = tuple(
        (each.name, pending[each.name].account_id, quantity, pending[each.name].pending)
        for each, quantity in at_told_price(list(_users(own, entry.began)), auction.price, auction.quantity)
        if each.name is not None
    )
    return replace(auction, shares=given)


@dataclass(frozen=True, slots=True)
class Book:
    """What an auction in an instrument is bound by, in paise."""

    instrument: Instrument
    prev_close: int
    lower: int | None
    upper: int | None
    reference: int | None


def _strike(book: Book, quote: Mapping[str, Any] | None, resting: Sequence[Resting], entry: Entry) -> Auction:
    seen = quote["exchange_time"] if quote else datetime.fromtimestamp(entry.ended / 1000, UTC)
    at = int(seen.timestamp() * 1000)
    frame, last = (quote["frame"], quote["last_price"]) if quote else (0, book.prev_close)
    shown = quote is not None and entry.began <= at and entry.ended - at < FRESH_MS
    orders = [*(_crowd(quote) if quote is not None and shown else ()), *_users(resting, entry.began)]
    instrument_id, near = book.instrument.id, book.reference or (last if entry.kind in REOPENINGS else book.prev_close)
    found = equilibrium(orders, near, book.instrument.tick, book.lower, book.upper)
    if found is None:
        return Auction(instrument_id, None, 0, frame, seen, last)
    pending = {order.order_id: order for order in resting}
    given = tuple(
        (each.name, pending[each.name].account_id, quantity, pending[each.name].pending)
        for each, quantity in shares(orders, found)
        if each.name is not None
    )
    return Auction(instrument_id, found.price, found.quantity, frame, seen, last, given)


def _crowd(quote: Mapping[str, Any]) -> Iterable[Interest]:
    """What the crowd displayed: it came before every user's order of the same price."""
    for side, name in ((+1, "bids"), (-1, "asks")):
        flat = quote[name]
        for price, quantity in zip(flat[::3], flat[1::3], strict=False):
            if quantity > 0:
                yield Interest(side, price, quantity, -1)


def _users(resting: Sequence[Resting], since: int) -> Iterable[Interest]:
    for order in resting:
        if order.trigger or order.pending <= 0:
            continue
        free = order.order_type is OrderType.MARKET and order.active_from >= since
        yield Interest(order.side, None if free else order.limit, order.pending, order.priority, order.order_id)


def _fills(auction: Auction) -> Iterable[Fill]:
    if auction.price is None:
        return
    at = int(auction.exchange_time.timestamp() * 1000)
    for order_id, account_id, quantity, pending in auction.shares:
        yield Fill(
            order_id, account_id, auction.instrument_id, quantity, auction.price, auction.frame, at,
            auction.last_price, ((auction.price, quantity),), (), pending,
        )  # fmt: skip


def struck(database: Database, market: str, day: date, kind: str) -> dict[int, tuple[int, int]]:
    """(price, quantity) of the auctions that traded, by instrument."""
    with database.autocommit() as connection:
        found = rows.struck(connection, market, day, kind)
    return {each.instrument_id: (each.price, each.quantity) for each in found.values() if each.price is not None}


def set_references(
    database: Database, market: str, day: date, ids: Any, ticks: Any, since: datetime, until: datetime, band_bp: int
) -> int:
    """Fix what the closing auction's band is measured from, and the band; how many instruments."""
    with database.connection() as connection:
        return rows.set_references(connection, market, day, ids, ticks, since, until, band_bp)


def set_closes(
    database: Database, market: str, day: date, ids: Any, ticks: Any, since: datetime, until: datetime
) -> int:
    """Fix closing prices by volume of what no auction closes; how many."""
    with database.connection() as connection:
        return rows.set_closes(connection, market, day, ids, ticks, since, until)


def closes(database: Database, market: str, day: date) -> dict[int, int]:
    """Closing prices known so far."""
    with database.autocommit() as connection:
        return rows.closes(connection, market, day)
