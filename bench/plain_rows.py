"""The rows of a batch of fills, written without any rule: arrays made beforehand, one statement a table."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from db.engine import Database

# As many rows a fill as a purchase or a sale with charges leaves: one each of trade, charge, event and order, two
# transfers; and one of account and position for every account in the batch.
ACCOUNTS = """
update accounts a set cash = a.cash - x.n, version = a.version + 1
from unnest(%s::bigint[], %s::bigint[]) x(id, n) where a.id = x.id
"""
POSITIONS = """
update positions p set quantity = p.quantity, realised = x.n, version = p.version + 1
from unnest(%s::bigint[], %s::bigint[]) x(id, n) where p.account_id = x.id
"""
ORDERS = """
update orders o set filled = o.filled + 1, turnover = o.turnover + x.price, events = o.events + 1,
    updated_at = clock_timestamp()
from unnest(%s::bigint[], %s::int[]) x(id, price) where o.id = x.id
"""
EVENTS = """
insert into order_events (order_id, n, at, event, status, actor, quantity, price, trigger_price, worst_price,
    filled, cancelled)
select x.id, x.n, clock_timestamp(), 'FILLED', 'OPEN', 'exchange', 1000, x.price, 0, x.price, x.n - 1, 0
from unnest(%s::bigint[], %s::int[], %s::int[]) x(id, n, price)
"""
CHARGES = """
insert into charge_entries (id, account_id, trading_date, order_id, instrument_id, kind, stt, exchange, stamp, gst)
select x.id, x.account, current_date, x.o, x.i, 'TRADE', 100, 4, 2, 1
from unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::int[]) x(id, account, o, i)
"""
TRADES = """
insert into trades (id, order_id, account_id, instrument_id, kind, side, product, quantity, price, value, realised,
    charge_id, limit_price, traded_at, trading_date, frame, exchange_time, last_price, levels, version)
select x.id, x.o, x.account, x.i, 'FILL', 'BUY', 'CNC', 1, x.price, x.price, 0, x.charge, x.price,
    clock_timestamp(), current_date, x.frame, clock_timestamp(), x.price, x.levels, 1
from unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::int[], %s::int[], %s::bigint[], %s::bigint[], %s::jsonb[])
    x(id, o, account, i, price, charge, frame, levels)
"""
LOTS = """
insert into lots select x.account, x.i, x.trade, 1, x.price, current_date, current_date
from unnest(%s::bigint[], %s::int[], %s::bigint[], %s::bigint[]) x(account, i, trade, price)
"""
TRANSFERS = """
insert into transfers (account_id, trading_date, from_ledger, to_ledger, amount, code, order_id, trade_id, charge_id,
    event_at, cash_after, version)
select x.account, current_date, x.f, x.t, x.amount, x.code, x.o, x.trade, x.charge, clock_timestamp(), 0, 1
from unnest(%s::bigint[], %s::text[], %s::text[], %s::bigint[], %s::text[], %s::bigint[], %s::bigint[], %s::bigint[])
    x(account, f, t, amount, code, o, trade, charge)
"""


class PlainRows:
    """Writes batches for the given (order, account) pairs. Numbers of trades and charges come from afar: from
    ``first`` on, which differs for those that write side by side or for the same orders, and so do those of events."""

    def __init__(self, database: Database, orders: list[tuple[int, int]], instrument: int, first: int = 10**12) -> None:
        self._database, self._instrument = database, instrument
        self._orders = [order for order, _ in orders]
        self._owners = [account for _, account in orders]
        self._event = first // 10**12 * 100
        self._number = first

    def write(self, batches: int) -> float:
        """So many batches, one transaction each; the seconds they took."""
        prepared = [self._batch() for _ in range(batches)]
        start = time.perf_counter()
        for statements in prepared:
            with self._database.connection() as connection:
                for statement, arrays in statements:
                    connection.execute(statement, arrays)
        return time.perf_counter() - start

    def _batch(self) -> list[tuple[str, list[Any]]]:
        size = len(self._orders)
        ids = list(range(self._number, self._number + size))
        self._number += size
        self._event += 1
        accounts = sorted(set(self._owners))
        prices, instruments = [149_000] * size, [self._instrument] * size
        bought = [number for number, account in enumerate(self._owners) if account % 2 == 0]
        moves: list[list[Any]] = [[], [], [], [], [], [], [], []]
        for order, account, number in zip(self._orders, self._owners, ids, strict=True):
            cost = (account, "HOLD", "INVESTED", 149_000, "COST", order, number, None)
            margin = (account, "HOLD", "MARGIN", 7, "MARGIN", order, None, None)
            charges = (account, "HOLD", "CHARGES", 107, "CHARGES", order, number, number)
            for row in (cost if account % 2 == 0 else margin, charges):
                for column, value in zip(moves, row, strict=True):
                    column.append(value)
        return [
            (ACCOUNTS, [accounts, [1] * len(accounts)]),
            (ORDERS, [self._orders, prices]),
            (EVENTS, [self._orders, [self._event] * size, prices]),
            (CHARGES, [ids, self._owners, self._orders, instruments]),
            (TRADES, [ids, self._orders, self._owners, instruments, prices, ids, [self._event] * size,
                      ["[[149000, 1]]"] * size]),
            (POSITIONS, [accounts, [1] * len(accounts)]),
            (LOTS, [[self._owners[n] for n in bought], [self._instrument] * len(bought), [ids[n] for n in bought],
                    [149_000] * len(bought)]),
            (TRANSFERS, moves),
        ]  # fmt: skip


def side_by_side(rows: Sequence[PlainRows], batches: int) -> float:
    """As many batches of each, in a thread and on a connection of its own; the seconds until the last was done."""
    with ThreadPoolExecutor(len(rows)) as threads:
        return max(threads.map(lambda one: one.write(batches), rows))
