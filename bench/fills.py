"""Apply fills with charges, in batches as the execution loop sends them: against the same rows by arrays.

A batch is 1,000 fills, four orders in each of 250 accounts, half of them buying shares and half selling MIS.
The mix has a quarter each: buying shares, selling them MIS, buying a future, buying an option. The baseline
writes as many rows of every kind, prepared beforehand, with one statement of arrays a table.
"""

import itertools
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from bench.house import fund, house, quote
from bench.plain_rows import PlainRows
from bench.result import Result, compared, interleaved, rounded
from core.instruments import Kind
from core.matching import Fill
from db.engine import Database
from desk import filling, masters

PRICE, PREMIUM = 149_000, 5_000
ACCOUNTS, PER_ACCOUNT, BATCHES = 250, 4, 3
RESTING = (1_000, 100_000)
# An order takes one lot of each batch, so that it never ends.
LOTS = 1_000


@dataclass(frozen=True, slots=True)
class Part:
    """What the orders of a part of the accounts are for. Prices in paise; only a purchase paid in full holds money."""

    key: str
    side: str
    product: str
    price: int
    holds: bool = False


SHARES = (Part("NSE:INFY", "BUY", "CNC", PRICE, holds=True), Part("NSE:INFY", "SELL", "MIS", PRICE))

# Orders as placements would have left them; a margin group is secured by its first fill.
REST = """
insert into orders (account_id, client_order_id, instrument_id, side, order_type, product, validity, quantity, price,
    worst_price, hold_cash, status, trading_date, placed_at, updated_at, active_from, priority, version)
select a.id, 'r' || n, x.instrument, x.side, 'LIMIT', x.product, 'DAY', x.quantity, x.price, x.price, x.hold, 'OPEN',
    a.trading_date, now(), now(), now(), n, 0
from accounts a join unnest(%(instruments)s::int[], %(sides)s::text[], %(products)s::text[], %(quantities)s::int[],
        %(prices)s::int[], %(holds)s::bigint[]) with ordinality
        x(instrument, side, product, quantity, price, hold, n_part) on a.id %% %(parts)s = x.n_part - 1,
    generate_series(1, %(each)s) n
where a.id = any (%(accounts)s)
"""
POSITIONS = """
insert into positions (account_id, instrument_id, product, underlying_id, open_buy, open_sell)
select o.account_id, o.instrument_id, o.product, coalesce(i.underlying_id, i.id),
    coalesce(sum(quantity) filter (where side = 'BUY'), 0), coalesce(sum(quantity) filter (where side = 'SELL'), 0)
from orders o join instruments i on i.id = o.instrument_id where account_id = any (%(accounts)s)
group by o.account_id, o.instrument_id, o.product, i.id
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

    def claim(self, connection: Any) -> None:
        """Nobody contends."""


def rest(database: Database, accounts: list[int], parts: Sequence[Part], each: int) -> None:
    """Leave ``each`` open orders in every account, of the part that its number falls to."""
    listed = [masters.get(database).by_key[part.key] for part in parts]
    values = [LOTS * one.lot * part.price for one, part in zip(listed, parts, strict=True)]
    given = {
        "accounts": accounts, "each": each, "parts": len(parts), "instruments": [one.id for one in listed],
        "sides": [part.side for part in parts], "products": [part.product for part in parts],
        "quantities": [LOTS * one.lot for one in listed], "prices": [part.price for part in parts],
        "holds": [value * 102 // 100 if part.holds else 0 for value, part in zip(values, parts, strict=True)],
    }  # fmt: skip
    with database.connection() as connection:
        connection.execute(REST, given)
        connection.execute(POSITIONS, given)
        connection.execute(HELD, given)
    with database.autocommit() as connection:
        connection.execute("vacuum analyze")


class Chosen(NamedTuple):
    """An order that a batch fills, a lot at its price."""

    id: int
    account: int
    instrument: int
    price: int
    lot: int


def chosen(database: Database, accounts: list[int]) -> list[Chosen]:
    """The orders that a batch fills: a few of each account."""
    with database.connection() as connection:
        rows = connection.execute(
            "select id, account_id, instrument_id, price, quantity / %s from (select *, row_number() over"
            " (partition by account_id order by id) as n from orders where account_id = any (%s)) o where n <= %s"
            " order by n, id",
            [LOTS, accounts[:ACCOUNTS], PER_ACCOUNT],
        ).fetchall()
    return [Chosen(*row) for row in rows]


def batch(orders: list[Chosen], frame: int) -> list[Fill]:
    """One lot for each order, from one frame."""
    now = int(datetime.now(UTC).timestamp() * 1000)
    return [
        Fill(one.id, one.account, one.instrument, one.lot, one.price, frame, now, one.price, ((one.price, one.lot),))
        for one in orders
    ]


def rates(resting: int, parts: Sequence[Part] | None = None) -> tuple[list[float], list[float]]:
    """Fills a second of five runs, ours and the baseline's, with so many orders resting; of the mix by default."""
    with house() as database:
        accounts = max(ACCOUNTS, min(2_000, resting // PER_ACCOUNT))
        ids = fund(database, accounts + ACCOUNTS)
        ours, theirs = ids[:accounts], ids[accounts:]
        instrument = quote(database, "NSE:INFY", PRICE)
        # As many orders rest in each of their accounts, so that both write into pages as full of others' rows.
        rest(database, theirs, SHARES, resting // accounts)
        rest(database, ours, parts or mix(database, instrument), resting // accounts)
        orders, frames = chosen(database, ours), itertools.count(1)
        plain = PlainRows(database, [one[:2] for one in chosen(database, theirs)], instrument)

        def apply() -> float:
            batches = [batch(orders, next(frames)) for _ in range(BATCHES)]
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


def mix(database: Database, underlying: int) -> list[Part]:
    """Half shares, half contracts on the same share: its first future, and a call near its price."""
    chain = masters.get(database).chain(underlying)
    future = next(one for one in chain if one.kind is Kind.FUT)
    calls = [one for one in chain if one.kind is Kind.CE]
    call = min(calls, key=lambda one: abs((one.strike or 0) - PRICE))
    return [
        *SHARES,
        Part(future.key, "BUY", "NRML", PRICE),
        Part(call.key, "BUY", "NRML", PREMIUM, holds=True),
    ]


def run() -> Iterator[Result]:
    """Fills a second with few and with many orders resting, and how flat that is."""
    found = []
    for resting in RESTING:
        result = compared(f"fills_{resting}_resting", "fills/s", *rates(resting, SHARES))
        found.append(result.value)
        yield result
    yield Result("fills_flat", rounded(found[1] / found[0]), "ratio")
    yield compared("fills_mixed", "fills/s", *rates(RESTING[0]))
