"""The tradebook as brokers export it: the columns of Zerodha's Console, then what a paper exchange can add."""

from datetime import date
from typing import Any

from core.instruments import DERIVATIVES, OPTIONS, Kind
from core.money import as_number
from db import pnl as reads
from db.engine import Database
from desk.access import AccountRef
from desk.rows import IST
from desk.sheet import as_csv

COLUMNS = (
    "symbol",
    "isin",
    "trade_date",
    "exchange",
    "segment",
    "series",
    "trade_type",
    "auction",
    "quantity",
    "price",
    "trade_id",
    "order_id",
    "order_execution_time",
    "expiry_date",
    "underlying",
    "instrument_type",
    "strike",
    "product",
    "value",
    "charges",
    "kind",
)


def tradebook(
    database: Database, account: AccountRef, start: date | None = None, end: date | None = None
) -> list[dict[str, Any]]:
    """Every trade of [start, end] by trading date, oldest first, one row a fill under ``COLUMNS``.

    ``segment`` is EQ or FO, ``price``, ``value``, ``strike`` and ``charges`` are rupees, the time is Indian; what
    does not apply (an ISIN of a contract, a strike of a share, the order of an expiry) is None.
    """
    return [_row(each) for each in reads.tradebook(database, account.id, start, end)]


def tradebook_csv(database: Database, account: AccountRef, start: date | None = None, end: date | None = None) -> str:
    """``tradebook`` as CSV text in which no cell can be run as a formula."""
    return as_csv(COLUMNS, tradebook(database, account, start, end))


def _row(trade: Any) -> dict[str, Any]:
    kind = Kind(trade["kind"])
    return {
        "symbol": trade["symbol"],
        "isin": trade["isin"],
        "trade_date": trade["trading_date"].isoformat(),
        "exchange": trade["exchange"],
        "segment": "FO" if kind in DERIVATIVES else "EQ",
        "series": None if kind in DERIVATIVES else "EQ",
        "trade_type": trade["side"].lower(),
        "auction": "false",
        "quantity": trade["quantity"],
        "price": as_number(trade["price"]),
        "trade_id": str(trade["trade_id"]),
        "order_id": None if trade["order_id"] is None else str(trade["order_id"]),
        "order_execution_time": trade["traded_at"].astimezone(IST).strftime("%Y-%m-%dT%H:%M:%S"),
        "expiry_date": None if trade["expiry"] is None else trade["expiry"].isoformat(),
        "underlying": trade["underlying"],
        "instrument_type": str(kind),
        "strike": as_number(trade["strike"]) if kind in OPTIONS else None,
        "product": trade["product"],
        "value": as_number(trade["value"]),
        "charges": as_number(trade["charges"]),
        "kind": trade["origin"],
    }
