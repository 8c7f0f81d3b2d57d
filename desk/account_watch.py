"""Each second: what open positions are worth, account by account, read once for all that is decided by it."""

from core import margin_calls
from core.risk_limits import LimitName
from db import account_watch as rows
from db.account_watch import Looked
from db.engine import Database
from desk import masters


def look(database: Database, market: str) -> Looked:
    """Refresh what losses block, equity, its peak and both exposures of a market's accounts at the latest prices; who
    is to be looked into comes with it.

    So many accounts a transaction; killed in between, the rest waits for the next second. Nothing waits for a lock.
    """
    found = Looked(0, [], [])
    with database.autocommit() as connection:
        facts = rows.facts(connection, market)
        if facts is None:
            return found
        version, on = facts
        book = masters.get(database).risk(connection, version)
        thresholds = rows.Thresholds(
            book.strictest(LimitName.DAILY_LOSS, on),
            book.strictest(LimitName.DAILY_LOSS_PERCENT, on),
            book.strictest(LimitName.DRAWDOWN, on),
            margin_calls.rule_on(on).closes_at,
        )
        after: int | None = 0
        while after is not None:
            part, after = rows.look(connection, market, thresholds, after)
            found.changed += part.changed
            found.losing += part.losing
            found.owing += part.owing
    return found
