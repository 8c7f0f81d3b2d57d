"""Apply fills with charges, in batches as the execution loop sends them: against the same rows by arrays.

A batch is 1,000 fills, four orders in each of 250 accounts, half of them buying shares and half selling MIS.
The baseline writes as many rows of every kind, prepared beforehand, with one statement of arrays a table.
"""

import itertools
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from bench.house import fund, house, quote
from bench.plain_rows import PlainRows
from bench.result import Result, compared, interleaved, rounded
from core.matching import Fill
from db.engine import Database
from desk import filling

PRICE = 149_000
ACCOUNTS, PER_ACCOUNT, BATCHES = 250, 4, 3
RESTING = (1_000, 100_000)
# An order takes one share of each batch, so that it never ends.
QUANTITY = 1_000
HOLD = QUANTITY * PRICE + 50_000

# Orders as placements would have left them; the group of the sellers is secured by their first fill.
REST = """
insert into orders (account_id, client_order_id, instrument_id, side, order_type, product, validity, quantity, price,
    worst_price, hold_cash, status, trading_date, placed_at, updated_at, active_from, priority, version)
select a.id, 'r' || n, %(instrument)s, case when a.id %% 2 = 0 then 'BUY' else 'SELL' end, 'LIMIT',
    case when a.id %% 2 = 0 then 'CNC' else 'MIS' end, 'DAY', %(quantity)s, %(price)s, %(price)s,
    case when a.id %% 2 = 0 then %(hold)s else 0 end, 'OPEN', a.trading_date, now(), now(), now(), n, 0
from accounts a, generate_series(1, %(each)s) n where a.id = any (%(accounts)s)
"""
POSITIONS = """
insert into positions (account_id, instrument_id, product, underlying_id, open_buy, open_sell)
select account_id, instrument_id, product, instrument_id,
    coalesce(sum(quantity) filter (where side = 'BUY'), 0), coalesce(sum(quantity) filter (where side = 'SELL'), 0)
from orders where account_id = any (%(accounts)s) group by account_id, instrument_id, product
"""
HELD = """
update accounts a set cash = cash - held, hold = hold + held
from (select account_id, sum(hold_cash) held from orders where account_id = any (%(accounts)s) group by account_id) o
where o.account_id = a.id
"""


class AnyTerm:
    """Leads without asking: the term costs the baseline nothing either."""

    def guard(self, connection: Any) -> None:
        """Every term is the right one."""


def rest(database: Database, accounts: list[int], instrument: int, each: int) -> None:
    """Leave ``each`` open orders in every account."""
    given = {"accounts": accounts, "instrument": instrument, "each": each, "price": PRICE, "quantity": QUANTITY,
             "hold": HOLD}  # fmt: skip
    with database.connection() as connection:
        connection.execute(REST, given)
        connection.execute(POSITIONS, given)
        connection.execute(HELD, given)
    with database.autocommit() as connection:
        connection.execute("vacuum analyze")


def chosen(database: Database, accounts: list[int]) -> list[tuple[int, int]]:
    """(order, account) of the orders that a batch fills: a few of each account."""
    with database.connection() as connection:
        return connection.execute(
            "select id, account_id from (select id, account_id, row_number() over (partition by account_id order by id)"
            " as n from orders where account_id = any (%s)) o where n <= %s order by n, id",
            [accounts[:ACCOUNTS], PER_ACCOUNT],
        ).fetchall()


def batch(orders: list[tuple[int, int]], instrument: int, frame: int) -> list[Fill]:
    """One share for each order, from one frame."""
    now = int(datetime.now(UTC).timestamp() * 1000)
    return [Fill(order, account, instrument, 1, PRICE, frame, now, PRICE, ((PRICE, 1),)) for order, account in orders]


def rates(resting: int) -> tuple[list[float], list[float]]:
    """Fills a second of five runs, ours and the baseline's, with so many orders resting."""
    with house() as database:
        accounts = max(ACCOUNTS, min(2_000, resting // PER_ACCOUNT))
        ids = fund(database, accounts + ACCOUNTS)
        ours, theirs = ids[:accounts], ids[accounts:]
        instrument = quote(database, "NSE:INFY", PRICE)
        rest(database, theirs, instrument, PER_ACCOUNT)
        rest(database, ours, instrument, resting // accounts)
        orders, frames = chosen(database, ours), itertools.count(1)
        plain = PlainRows(database, chosen(database, theirs), instrument)

        def apply() -> float:
            batches = [batch(orders, instrument, next(frames)) for _ in range(BATCHES)]
            start = time.perf_counter()
            for each in batches:
                applied = filling.apply(database, AnyTerm(), each)
                if applied.dropped:
                    raise RuntimeError(f"{len(applied.dropped)} fills were dropped")
            return len(orders) * BATCHES / (time.perf_counter() - start)

        def write() -> float:
            return len(orders) * BATCHES / plain.write(BATCHES)

        interleaved(apply, write, 1)
        return interleaved(apply, write)


def run() -> Iterator[Result]:
    """Fills a second with few and with many orders resting, and how flat that is."""
    found = []
    for resting in RESTING:
        result = compared(f"fills_{resting}_resting", "fills/s", *rates(resting))
        found.append(result.value)
        yield result
    yield Result("fills_flat", rounded(found[1] / found[0]), "ratio")
