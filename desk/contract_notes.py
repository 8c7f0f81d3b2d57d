"""The contract note of an account's day: booked at the close, read as a table, a CSV or a page to print."""

from collections.abc import Iterator
from datetime import date, datetime

from core import contract_note
from core.account import Work
from core.charges import NOTHING, Heads
from core.contract_note import Line, Note, Scrip
from core.instruments import Kind
from core.money import as_number
from core.reasons import Reason, Refusal
from core.settlement import book_note
from db import contract_notes as rows
from db.books import snapshot
from db.engine import Database
from db.trading import Connection
from desk import masters
from desk.access import AccountRef
from desk.masters import Master
from desk.rows import IN_CASH, Row, average, ended_label
from desk.sheet import as_csv

__all__ = ["COLUMNS", "IN_CASH", "as_sheet", "book", "days", "report"]

COLUMNS = (
    "date", "order_id", "exchange", "symbol", "isin", "product", "side", "quantity", "intraday_quantity",
    "average_price", "value", "kind", "origin", "brokerage", "square_off_fee",
    "stt", "exchange_fee", "ipft", "sebi", "stamp", "gst", "dp", "total",
)  # fmt: skip
MOST_DAYS = 250


def of_day(connection: Connection, master: Master, account_id: int, day: date, plan: str) -> Note:
    """The note of a day as its trades make it."""
    executed = rows.executed(connection, account_id, day)
    gross = rows.trade_for_trade(connection, day) if executed else set[int]()
    rounding = contract_note.rounding_on(day)
    return contract_note.note(master.rates(day), plan, rounding, master.by_id, executed, gross)


def book(connection: Connection, master: Master, work: Work, at: datetime) -> bool:
    """Bring the charges of the account's trading date to its note, in the caller's transaction, whose lock on the
    account and whose change of its date make it happen once; whether there was anything to change."""
    found = of_day(connection, master, work.id, work.trading_date, work.plan)
    changes = contract_note.adjustments(found, rows.booked(connection, work.id, work.trading_date))
    if changes:
        book_note(work, master.by_id, changes, at, rows.numbers(connection, len(changes)))
    return bool(changes)


def days(database: Database, account: AccountRef, before: date | None = None, limit: int = MOST_DAYS) -> list[date]:
    """The newest dates that have a note, perhaps those before a day."""
    with database.connection() as connection:
        return rows.noted_days(connection, account.id, limit, before)


def report(database: Database, account: AccountRef, day: date | None = None) -> Row:
    """The note of a trading date (default: the newest with trades), money in rupees.

    ``scrips``: key, symbol, isin, quantities and values bought and sold, intraday_quantity, the heads, total,
    booked (what the ledger has taken of it) and ``lines``, one an order. ``depository``: isin, dp, gst, total.
    ``charges``: the heads over all. ``final`` once the day is closed; then ``total`` equals ``booked`` to the paisa.
    Raises Refusal NO_CONTRACT_NOTE where nothing was traded on the date.
    """
    master = masters.get(database)
    with snapshot(database) as connection:
        when = day or next(iter(rows.noted_days(connection, account.id, 1)), None)
        found = rows.account_plan(connection, account.id)
        if when is None or found is None:
            raise Refusal(Reason.NO_CONTRACT_NOTE, "Nothing was traded yet, so that there is no contract note.", "date")
        plan = rows.plan_on(connection, account.id, when)
        note = of_day(connection, master, account.id, when, plan)
        booked = rows.booked(connection, account.id, when, noted=True)
    if not note.scrips:
        raise Refusal(
            Reason.NO_CONTRACT_NOTE, f"Nothing was traded on {when:%d %b %Y}: there is no contract note.", "date"
        )
    total = note.total
    taken = sum(booked.values(), NOTHING)
    return {
        "account": account.key,
        "date": when.isoformat(),
        "plan": plan,
        "final": when < found["trading_date"],
        "scrips": [_scrip(each, master, booked) for each in note.scrips],
        "depository": [
            {"isin": master.by_id[each].isin, "symbol": master.by_id[each].symbol, **heads.in_rupees()}
            for each, heads in note.depository.items()
        ],
        "charges": total.in_rupees(),
        "total": as_number(total.total),
        "booked": as_number(taken.total),
        "difference": as_number(total.total - taken.total),
    }


def _scrip(scrip: Scrip, master: Master, booked: dict[int, Heads]) -> Row:
    one = master.by_id[scrip.instrument_id]
    lead = master.by_id[one.margin_underlying].kind
    sides: dict[str, list[int]] = {"BUY": [0, 0], "SELL": [0, 0]}
    for line in scrip.lines:
        sides[line.executed.side][0] += line.executed.quantity
        sides[line.executed.side][1] += line.executed.value
    return {
        "key": one.key,
        "symbol": one.symbol,
        "isin": one.isin,
        "bought_quantity": sides["BUY"][0],
        "bought_value": as_number(sides["BUY"][1]),
        "sold_quantity": sides["SELL"][0],
        "sold_value": as_number(sides["SELL"][1]),
        "intraday_quantity": scrip.intraday,
        "delivered_quantity": scrip.delivered,
        **scrip.heads.in_rupees(),
        "booked": as_number(booked.get(scrip.instrument_id, NOTHING).total),
        "lines": [_line(each, lead) for each in scrip.lines],
    }


def _line(line: Line, lead: Kind) -> Row:
    each = line.executed
    return {
        "order_id": None if each.order_id is None else str(each.order_id),
        "kind": each.kind,
        "origin": each.origin,
        "label": ended_label(each.kind, each.value, lead),
        "product": str(each.product),
        "side": str(each.side),
        "quantity": each.quantity,
        "intraday_quantity": line.intraday,
        "average_price": average(each.value, each.quantity),
        "value": as_number(each.value),
        "brokerage": as_number(line.brokerage),
        "square_off_fee": as_number(line.fee),
    }


def sheet(found: Row) -> Iterator[Row]:
    """The rows of a note under ``COLUMNS``: each order, then each scrip's charges, the depository's, the sum."""
    for scrip in found["scrips"]:
        # What a scrip calls ``exchange`` is the exchange's fee.
        names = {"exchange": scrip["key"].partition(":")[0], "symbol": scrip["symbol"], "isin": scrip["isin"],
                 "date": found["date"]}  # fmt: skip
        for line in scrip["lines"]:
            yield {**names, **line}
        yield {**names, **scrip, "kind": "CHARGES", "exchange_fee": scrip["exchange"], "exchange": names["exchange"]}
    for each in found["depository"]:
        yield {**each, "date": found["date"], "kind": "DP", "exchange_fee": each["exchange"], "exchange": None}
    yield {**found["charges"], "date": found["date"], "kind": "TOTAL", "exchange_fee": found["charges"]["exchange"],
           "exchange": None}  # fmt: skip


def as_sheet(found: Row) -> str:
    """``report`` as CSV text in which no cell can be run as a formula."""
    return as_csv(COLUMNS, sheet(found))
