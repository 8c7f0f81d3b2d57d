"""What the profit of an account is made of, day by day and instrument by instrument, read on one snapshot.

Closed days come from the rows that were kept at their close, today from the rows as they stand; the ledger
is read beside them, so that each can be held against the other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import text
from sqlalchemy.engine import Connection, RowMapping

from core.charges import HEADS
from core.orders import Product, Side
from core.pnl import Day
from core.round_trips import Execution
from db.engine import Database
from db.reading import rows, snapshot
from db.screens import PRICE, PRICE_FROM
from db.wallet_screen import wallets_in

DAYS = text(
    """
    select trading_date as day, equity, unrealised, deposits, withdrawals, realised, charges from daily_equity
    where account_id = :account and trading_date between :start and :end order by trading_date
    """
)
BEFORE = text(
    """
    select trading_date as day, equity, unrealised, deposits, withdrawals, realised, charges from daily_equity
    where account_id = :account and trading_date < :start order by trading_date desc limit 1
    """
)
LEDGER = text(
    """
    select trading_date as day,
           coalesce(sum(amount) filter (where from_ledger = 'BANK'), 0)::bigint as deposits,
           coalesce(sum(amount) filter (where to_ledger = 'BANK'), 0)::bigint as withdrawals,
           coalesce(sum(case 'PNL' when from_ledger then amount when to_ledger then -amount end), 0)::bigint
               as realised,
           coalesce(sum(case 'CHARGES' when to_ledger then amount when from_ledger then -amount end), 0)::bigint
               as charges
    from transfers where account_id = :account and trading_date between :start and :end
    group by trading_date order by trading_date
    """
)
REALISED = text(
    """
    select instrument_id, product, sum(realised)::bigint as realised from daily_positions
    where account_id = :account and trading_date between :start and :end
    group by instrument_id, product
    """
)
UNREALISED = text(
    """
    select instrument_id, product, unrealised from daily_positions
    where account_id = :account and trading_date = :day and quantity <> 0
    """
)
TODAY = text(
    f"""
    select p.instrument_id, p.product, p.realised,
           (p.quantity::bigint * ({PRICE}) - p.mark)::bigint as unrealised
    from accounts a join positions p on p.account_id = a.id {PRICE_FROM}
    where a.id = :account and (p.quantity <> 0 or p.realised <> 0)
    """
)
CHARGES = text(
    f"""
    select e.instrument_id, coalesce(o.product, t.product) as product,
           {", ".join(f"sum(e.{head})::bigint as {head}" for head in HEADS)}
    from charge_entries e
    left join orders o on o.id = e.order_id
    left join (select charge_id, max(product) as product from trades
               where account_id = :account and trading_date between :start and :end and charge_id is not null
               group by charge_id) t on t.charge_id = e.id
    where e.account_id = :account and e.trading_date between :start and :end
    group by 1, 2
    """
)
TURNOVER = text(
    """
    select trading_date as day, instrument_id, product, count(*) filter (where kind <> 'SPLIT') as trades,
           sum(value)::bigint as turnover
    from trades where account_id = :account and trading_date between :start and :end
    group by trading_date, instrument_id, product
    """
)
EXECUTIONS = text(
    """
    select t.id, t.order_id, t.instrument_id, t.product, t.side, t.quantity, t.price, coalesce(e.total, 0) as charges,
           t.traded_at, t.trading_date, case when t.kind = 'SPLIT' then t.levels -> 0 end as split
    from trades t left join charge_entries e on e.id = t.charge_id
    where t.account_id = :account and t.trading_date <= :end order by t.id
    """
)
BENCHMARK = text(
    """
    select (start at time zone 'Asia/Kolkata')::date as day, close from candles
    where market = :market and instrument_id = :instrument and interval = '1d'
      and start >= cast(:start as date) - 10 and start < cast(:end as date) + 1
    order by start
    """
)
TRADEBOOK = text(
    """
    select i.symbol, i.isin, i.exchange, i.kind, i.expiry, i.strike, t.trading_date, t.side, t.product,
           t.kind as origin, t.quantity, t.price, t.value, t.id as trade_id, t.order_id, t.traded_at,
           coalesce(e.total, 0) as charges, u.symbol as underlying
    from trades t join instruments i on i.id = t.instrument_id left join instruments u on u.id = i.underlying_id
    left join charge_entries e on e.id = t.charge_id
    where t.account_id = :account and t.trading_date between :start and :end
    order by t.id
    """
)


@dataclass(frozen=True, slots=True)
class Account:
    """The account's market and the date it stands at; its figures of that date are ``today``."""

    market: str
    today: Day
    version: int


@dataclass(frozen=True, slots=True)
class Part:
    """An instrument and product's share: realised in the time asked, unrealised at its end and before its start."""

    instrument_id: int
    product: str
    realised: int
    unrealised: int
    unrealised_before: int


@dataclass(frozen=True, slots=True)
class Read:
    """Everything of one report, on one snapshot. ``days`` end with today where it was asked for."""

    account: Account
    before: Day | None
    days: list[Day]
    ledger: Sequence[RowMapping]
    parts: list[Part]
    charges: Sequence[RowMapping]
    turnover: Sequence[RowMapping]
    executions: list[Execution]
    benchmark: list[tuple[date, int]]


def read(
    database: Database, account_id: int, start: date | None, end: date | None, benchmark: int | None
) -> Read | None:
    """All that a report needs of [start, end] (both included; None is unbounded); None for an unknown account.

    ``benchmark`` is the instrument whose daily closes are wanted beside the account's.
    """
    with snapshot(database) as connection:
        account = _account(connection, account_id)
        if account is None:
            return None
        first, last = start or date.min, min(end or date.max, account.today.day)
        asked = {"account": account_id, "start": first, "end": last}
        days = [Day(**each) for each in rows(connection, DAYS, **asked)]
        before = next((Day(**each) for each in rows(connection, BEFORE, account=account_id, start=first)), None)
        live = first <= account.today.day <= last
        parts = _parts(connection, asked, days[-1].day if days else None, before.day if before else None, live)
        if live:
            days.append(account.today)
        closes: list[tuple[date, int]] = []
        if benchmark is not None and days:
            span = {"market": account.market, "instrument": benchmark, "start": days[0].day, "end": days[-1].day}
            closes = [(each["day"], each["close"]) for each in rows(connection, BENCHMARK, **span)]
        return Read(
            account,
            before,
            days,
            rows(connection, LEDGER, **asked),
            parts,
            rows(connection, CHARGES, **asked),
            rows(connection, TURNOVER, **asked),
            [_execution(each) for each in rows(connection, EXECUTIONS, account=account_id, end=last)],
            closes,
        )


def _account(connection: Connection, account_id: int) -> Account | None:
    found = wallets_in(connection, [account_id]).get(account_id)
    if found is None:
        return None
    balances = (
        found.cash, found.hold, found.margin, found.invested, found.unsettled, found.gains, found.option_credit
    )  # fmt: skip
    today = Day(
        found.trading_date,
        sum(balances) + found.unrealised,
        found.unrealised,
        found.deposits,
        found.withdrawals,
        found.realised,
        found.charges,
        live=True,
    )
    return Account(found.market, today, found.version)


def _parts(
    connection: Connection, asked: dict[str, object], last: date | None, before: date | None, live: bool
) -> list[Part]:
    realised: dict[tuple[int, str], int] = {}
    at_end: dict[tuple[int, str], int] = {}
    at_start: dict[tuple[int, str], int] = {}
    for each in rows(connection, REALISED, **asked):
        realised[each["instrument_id"], each["product"]] = each["realised"]
    if live:
        for each in rows(connection, TODAY, account=asked["account"]):
            key = (each["instrument_id"], each["product"])
            realised[key] = realised.get(key, 0) + each["realised"]
            at_end[key] = each["unrealised"] or 0
    for day, found in ((None if live else last or before, at_end), (before, at_start)):
        if day is not None:
            for each in rows(connection, UNREALISED, account=asked["account"], day=day):
                found[each["instrument_id"], each["product"]] = each["unrealised"]
    return [
        Part(*key, realised.get(key, 0), at_end.get(key, 0), at_start.get(key, 0))
        for key in sorted({*realised, *at_end, *at_start})
    ]


def _execution(each: RowMapping) -> Execution:
    return Execution(
        each["id"], each["order_id"], each["instrument_id"], Product(each["product"]), Side(each["side"]),
        each["quantity"], each["price"], each["charges"], each["traded_at"], each["trading_date"],
        tuple(each["split"]) if each["split"] else None,
    )  # fmt: skip


def tradebook(database: Database, account_id: int, start: date | None, end: date | None) -> Sequence[RowMapping]:
    """The account's trades of [start, end] in the order they were made, with what names their instruments."""
    with snapshot(database) as connection:
        return rows(connection, TRADEBOOK, account=account_id, start=start or date.min, end=end or date.max)
