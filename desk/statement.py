"""The statement of a closed day: what the book was worth before and after, and why; what was dealt, what is open."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from core.money import as_number
from core.reasons import Reason, Refusal
from db import pnl as reads
from db.engine import Database
from desk import pnl
from desk.access import AccountRef
from desk.rows import Row

MOST_DAYS = 400


def days(database: Database, account: AccountRef) -> list[date]:
    """The newest closed trading dates."""
    return reads.kept_days(database, account.id, MOST_DAYS)


def report(database: Database, account: AccountRef, day: date) -> Row:
    """{account, date, sums, charges, trades, open} in rupees: ``sums`` are (words, amount) that add up to the last of
    them; ``trades`` are the tradebook's rows, ``open`` has exchange, symbol, product, quantity, price, value,
    unrealised. Raises Refusal NOT_FOUND for a date that has not closed."""
    told = pnl.report(database, account, day, day, most=0)
    found = next((each for each in told["days"] if each["date"] == day.isoformat() and not each["live"]), None)
    if found is None:
        raise Refusal(Reason.NOT_FOUND, f"{day:%d %b %Y} has no statement: it is no trading date that closed.", "date")
    return {
        "account": account.key,
        "date": found["date"],
        "sums": [
            ("Equity at the close before", found["opening_equity"]),
            ("Deposits", found["deposits"]),
            ("Withdrawals", -found["withdrawals"]),
            ("Realised profit", found["realised"]),
            ("Change of unrealised profit", found["unrealised_change"]),
            ("Charges", -found["charges"]),
            ("Equity at the close", found["equity"]),
        ],
        "balanced": told["reconciliation"]["balanced"],
        "charges": told["charges"],
        "trades": pnl.tradebook(database, account, day, day),
        "open": [_open(each) for each in reads.open_at_close(database, account.id, day)],
    }


def _open(position: Mapping[str, Any]) -> Row:
    units, price = position["quantity"], position["settlement"]
    paise = {"price": price, "value": units * price, "unrealised": position["unrealised"]}
    told = {name: position[name] for name in ("exchange", "symbol", "product", "quantity")}
    return told | {name: as_number(amount) for name, amount in paise.items()}
