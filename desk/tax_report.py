"""A financial year's closed trades as a tax return asks for them: by head, lot by lot, with the charges beside them.

What is shown is reckoned from the ledger and is no advice: which charges may be deducted, and what is owed, is for
whoever files the return.
"""

from datetime import date
from typing import Any

from core import round_trips as trips
from core import tax
from core.instruments import Instrument
from core.money import as_number
from core.orders import Side
from core.reasons import Reason, Refusal
from core.round_trips import RoundTrip
from db import pnl as reads
from db.engine import Database
from desk import masters
from desk.access import AccountRef
from desk.breakdown import charges_by_kind
from desk.sheet import as_csv

Row = dict[str, Any]
COLUMNS = (
    "head",
    "symbol",
    "isin",
    "exchange",
    "instrument_type",
    "product",
    "side",
    "quantity",
    "opened_on",
    "closed_on",
    "held_days",
    "buy_value",
    "sell_value",
    "gross",
    "charges",
    "net",
    "turnover",
)


def report(database: Database, account: AccountRef, year_start: date) -> Row:
    """The year from the 1st of April ``year_start`` on, in rupees.

    ``heads``: {head, words, trips, profit, loss, gross, charges, net, turnover}, those with a trade alone;
    ``lots``: one row a round trip under ``COLUMNS``, by the day it was closed; ``charges``: the year's, by kind.
    Raises UNKNOWN_ACCOUNT.
    """
    end = date(year_start.year + 1, 3, 31)
    found = reads.read(database, account.id, year_start, end, None)
    if found is None:
        raise Refusal(Reason.UNKNOWN_ACCOUNT, "There is no such account.", "account")
    by_id = masters.get(database).by_id
    closed = [
        (tax.head_of(trip, by_id[trip.instrument_id].kind), trip)
        for trip in trips.match(found.executions)
        if year_start <= trip.closed_on <= end
    ]
    present = {head for head, _ in closed}
    return {
        "heads": [
            _sum(head, tax.total(trip for each, trip in closed if each is head)) for head in tax.Head if head in present
        ],
        "lots": [_lot(head, trip, by_id[trip.instrument_id]) for head, trip in closed],
        "charges": charges_by_kind(found, 0),
    }


def as_sheet(found: Row) -> str:
    """The lots as CSV text in which no cell can be run as a formula."""
    return as_csv(COLUMNS, found["lots"])


def _sum(head: tax.Head, told: tax.Sum) -> Row:
    paise = {
        "profit": told.profit,
        "loss": told.loss,
        "gross": told.gross,
        "charges": told.charges,
        "net": told.net,
        "turnover": told.turnover,
    }
    rupees = {name: as_number(amount) for name, amount in paise.items()}
    return {"head": str(head), "words": tax.WORDS[head], "trips": told.trips, **rupees}


def _lot(head: tax.Head, trip: RoundTrip, one: Instrument) -> Row:
    bought, sold = (trip.opening_value, trip.closing_value)[:: trip.side.sign]
    return {
        "head": str(head),
        "symbol": one.symbol,
        "isin": one.isin,
        "exchange": one.exchange,
        "instrument_type": str(one.kind),
        "product": str(trip.product),
        "side": "LONG" if trip.side is Side.BUY else "SHORT",
        "quantity": trip.quantity,
        "opened_on": trip.opened_on.isoformat(),
        "closed_on": trip.closed_on.isoformat(),
        "held_days": tax.held_days(trip),
        "buy_value": as_number(bought),
        "sell_value": as_number(sold),
        "gross": as_number(trip.gross),
        "charges": as_number(trip.charges),
        "net": as_number(trip.net),
        "turnover": as_number(abs(trip.gross)),
    }
