"""Write fills with charges as the execution loop writes what a frame brings: against the same rows by arrays.

A frame brings 1,000 fills, four orders in each of 250 accounts, half of them buying shares and half selling MIS. They
take the matcher's own way: split by account in two lanes, in batches that follow the database's speed, each locked,
decided, written and committed. The mix has a quarter each: buying shares, selling them MIS, buying a future, buying
an option.

The baseline writes as many rows of every kind, prepared beforehand, with one statement of arrays a table and no rule.
Two connections write for us, so two write for it, half of the accounts each, 500 rows a statement; its seconds are
those of the slower one. The lines named ``one_connection`` hold the same runs of ours against one connection with all
of them, 1,000 rows a statement, which is what the baseline was before there were lanes.
"""

import itertools
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, NamedTuple

from bench.house import fund, house, quote
from bench.plain_rows import PlainRows, side_by_side
from bench.result import RUNS, Result, compared, rounded
from core.instruments import Kind
from core.matching import Fill, Outcome
from db.engine import Database
from desk import filling, masters
from desk.installation import collect_seldom
from jobs.batches import Writer
from jobs.lanes import SideBySide

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


class Rates(NamedTuple):
    """Fills a second of interleaved runs: ours, and the baseline's on as many connections and on one."""

    ours: list[float]
    theirs: list[float]
    one: list[float]


def rates(resting: int, parts: Sequence[Part] | None = None) -> Rates:
    """Five runs with so many orders resting; of the mix by default."""
    with house() as database, database.kept(), lanes(database) as side:
        accounts = max(ACCOUNTS, min(2_000, resting // PER_ACCOUNT))
        ids = fund(database, accounts + ACCOUNTS)
        ours, theirs = ids[:accounts], ids[accounts:]
        instrument = quote(database, "NSE:INFY", PRICE)
        # As many orders rest in each of their accounts, so that both write into pages as full of others' rows.
        rest(database, theirs, SHARES, resting // accounts)
        rest(database, ours, parts or mix(database, instrument), resting // accounts)
        orders, frames = chosen(database, ours), itertools.count(1)
        plain = [(one.id, one.account) for one in chosen(database, theirs)]
        middle = theirs[ACCOUNTS // 2]
        halves = [one for one in plain if one[1] < middle], [one for one in plain if one[1] >= middle]
        two = [PlainRows(database, half, instrument, n * 10**12) for n, half in enumerate(halves, 2)]
        alone = PlainRows(database, plain, instrument)
        writer = Writer(partial(filling.apply, database, AnyTerm()), side)

        def apply() -> float:
            given = [deque[Outcome](batch(orders, next(frames))) for _ in range(BATCHES)]
            start = time.perf_counter()
            for each in given:
                if lost := writer.write(each, set()):
                    raise RuntimeError(f"{len(lost)} fills were dropped")
            return len(orders) * BATCHES / (time.perf_counter() - start)

        def bare(seconds: Callable[[], float]) -> float:
            return len(orders) * BATCHES / seconds()

        found = Rates([], [], [])
        for _ in range(RUNS + 1):
            found.ours.append(apply())
            found.theirs.append(bare(lambda: side_by_side(two, BATCHES)))
            found.one.append(bare(lambda: alone.write(BATCHES)))
        return Rates(*(each[1:] for each in found))  # the first warmed up


@contextmanager
def lanes(database: Database) -> Iterator[SideBySide]:
    """The execution loop's second thread, and garbage looked for as seldom as in its process."""
    side = SideBySide(database, AnyTerm(), "the bench")  # type: ignore[arg-type]
    collect_seldom()
    try:
        yield side
    finally:
        side.close()


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
        result = yield from told(f"fills_{resting}_resting", rates(resting, SHARES))
        found.append(result.value)
    yield Result("fills_flat", rounded(found[1] / found[0]), "ratio")
    yield from told("fills_mixed", rates(RESTING[0]))


def told(name: str, found: Rates) -> Generator[Result, None, Result]:
    """Against as many connections, and against one."""
    yield (result := compared(name, "fills/s", found.ours, found.theirs))
    yield compared(f"{name}_one_connection", "fills/s", found.ours, found.one)
    return result
