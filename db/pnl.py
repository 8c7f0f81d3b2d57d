"""What the profit of an account is made of, day by day and instrument by instrument, read on one snapshot.

Closed days come from the rows that were kept at their close, today from the rows as they stand; the ledger
is read beside them, so that each can be held against the other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from core.charges import HEADS
from core.orders import Product, Side
from core.pnl import Day
from core.round_trips import Converted, Execution
from db.engine import Database
from db.reading import Row, Statement, instant, rows, snapshot
from db.screen_rows import WalletRow
from db.screens import PRICE, PRICE_FROM
from db.wallet_screen import wallet_questions, wallets_of

DAYS = Statement(
    """
    select trading_date as day, equity, unrealised, deposits, withdrawals, realised, charges from daily_equity
    where account_id = :account and trading_date between :start and :end order by trading_date
    """
)
BEFORE = Statement(
    """
    select trading_date as day, equity, unrealised, deposits, withdrawals, realised, charges from daily_equity
    where account_id = :account and trading_date < :start order by trading_date desc limit 1
    """
)
LEDGER = Statement(
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
REALISED = Statement(
    """
    select instrument_id, product, sum(realised)::bigint as realised from daily_positions
    where account_id = :account and trading_date between :start and :end
    group by instrument_id, product
    """
)
# Of the last day that was kept in the time asked, and of the last one before it.
UNREALISED = Statement(
    """
    select instrument_id, product, unrealised, trading_date < :start as before from daily_positions
    where account_id = :account and quantity <> 0 and trading_date in (
        (select max(trading_date) from daily_equity where account_id = :account and trading_date <= :end),
        (select max(trading_date) from daily_equity where account_id = :account and trading_date < :start))
    """
)
TODAY = Statement(
    f"""
    select p.instrument_id, p.product, p.realised,
           (p.quantity::bigint * ({PRICE}) - p.mark)::bigint as unrealised
    from accounts a join positions p on p.account_id = a.id {PRICE_FROM}
    where a.id = :account and (p.quantity <> 0 or p.realised <> 0)
    """
)
# What was open at each close, at the prices of the close, whichever way; of today at the last prices.
EXPOSURE = Statement(
    f"""
    select trading_date as day, sum(abs(quantity::bigint) * settlement)::bigint as exposure from daily_positions
    where account_id = :account and trading_date between :start and :end and quantity <> 0
    group by trading_date
    union all
    select a.trading_date, sum(abs(p.quantity::bigint) * ({PRICE}))::bigint
    from accounts a join positions p on p.account_id = a.id {PRICE_FROM}
    where a.id = :account and p.quantity <> 0
    group by a.trading_date
    """
)
# The lowest and highest price between two instants: by minutes on the first and the last day, by days between them.
EXTREMES = Statement(
    """
    with asked as (
        select n, instrument_id, date_trunc('minute', opened_at) as opened_at, closed_at,
               date_trunc('day', opened_at at time zone 'Asia/Kolkata') at time zone 'Asia/Kolkata' as first,
               date_trunc('day', closed_at at time zone 'Asia/Kolkata') at time zone 'Asia/Kolkata' as last
        from unnest(cast(:instruments as int[]), cast(:opened as timestamptz[]), cast(:closed as timestamptz[]))
            with ordinality as a(instrument_id, opened_at, closed_at, n)
    )
    select a.n, min(b.low) as low, max(b.high) as high from asked a cross join lateral (
        select c.low, c.high from candles c where c.market = :market and c.instrument_id = a.instrument_id
          and c.interval = '1m' and c.start between a.opened_at and least(a.closed_at, a.first + interval '1 day')
        union all
        select c.low, c.high from candles c where c.market = :market and c.instrument_id = a.instrument_id
          and c.interval = '1m' and a.last > a.first and c.start between a.last and a.closed_at
        union all
        select c.low, c.high from candles c where c.market = :market and c.instrument_id = a.instrument_id
          and c.interval = '1d' and c.start > a.first and c.start < a.last
    ) b group by a.n
    """
)
CHARGES = Statement(
    f"""
    select e.instrument_id,
           coalesce(o.product, t.product, case e.kind when 'INTEREST' then 'Interest' end) as product,
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
TURNOVER = Statement(
    """
    select trading_date as day, instrument_id, product, count(*) filter (where kind <> 'SPLIT') as trades,
           sum(value)::bigint as turnover
    from trades where account_id = :account and trading_date between :start and :end
    group by trading_date, instrument_id, product
    """
)
EXECUTIONS = Statement(
    """
    select t.id, t.order_id, t.instrument_id, t.product, t.side, t.quantity, t.price, coalesce(e.total, 0) as charges,
           t.traded_at, t.trading_date, case when t.kind = 'SPLIT' then t.levels -> 0 end as split, o.tag
    from trades t left join charge_entries e on e.id = t.charge_id left join orders o on o.id = t.order_id
    where t.account_id = :account and t.trading_date <= :end order by t.id
    """
)
CONVERSIONS = Statement(
    """
    select id, instrument_id, from_product, to_product, abs(quantity) as quantity, trading_date
    from conversions where account_id = :account and trading_date <= :end order by id
    """
)
BENCHMARK = Statement(
    """
    select (start at time zone 'Asia/Kolkata')::date as day, close from candles
    where market = :market and instrument_id = :instrument and interval = '1d'
      and start >= (select coalesce(min(trading_date), cast(:end as date)) from daily_equity
                    where account_id = :account and trading_date between :start and :end) - 10
      and start < cast(:end as date) + 1
    order by start
    """
)
KEPT_DAYS = Statement(
    "select trading_date as day from daily_equity where account_id = :account order by trading_date desc limit :most"
)
OPEN_AT_CLOSE = Statement(
    """
    select i.exchange, i.symbol, p.product, p.quantity, p.settlement, p.unrealised
    from daily_positions p join instruments i on i.id = p.instrument_id
    where p.account_id = :account and p.trading_date = :day and p.quantity <> 0
    order by i.symbol, p.product
    """
)
TRADEBOOK = Statement(
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
    ledger: Sequence[Row]
    parts: list[Part]
    charges: Sequence[Row]
    turnover: Sequence[Row]
    exposure: dict[date, int]
    executions: list[Execution | Converted]
    benchmark: list[tuple[date, int]]


def read(
    database: Database, account_id: int, start: date | None, end: date | None, benchmark: int | None
) -> Read | None:
    """All that a report needs of [start, end] (both included; None is unbounded); None for an unknown account.

    ``benchmark`` is the instrument whose daily closes are wanted beside the account's.
    """
    with instant(database) as answers:
        found = wallets_of(*answers(*wallet_questions([account_id]))).get(account_id)
        if found is None:
            return None
        account = _account(found)
        first, last = start or date.min, min(end or date.max, account.today.day)
        live = first <= account.today.day <= last
        asked = {"account": account_id, "start": first, "end": last, "market": found.market, "instrument": benchmark}
        statements = (DAYS, BEFORE, LEDGER, REALISED, UNREALISED, TODAY, CHARGES, TURNOVER, EXPOSURE)
        told = answers(*((each, asked) for each in (*statements, EXECUTIONS, CONVERSIONS, BENCHMARK)))
    days, before, ledger, realised, unrealised, today, charges, turnover, exposure, executions, conversions, closes = (
        told
    )
    kept = [Day(**each) for each in days]
    return Read(
        account,
        next((Day(**each) for each in before), None),
        [*kept, account.today] if live else kept,
        ledger,
        _parts(realised, unrealised, bool(kept), today if live else None),
        charges,
        turnover,
        {each["day"]: each["exposure"] or 0 for each in exposure},
        _in_order(executions, conversions),
        [(each["day"], each["close"]) for each in closes] if kept or live else [],
    )


def _account(found: WalletRow) -> Account:
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


def _parts(kept: Sequence[Row], ended: Sequence[Row], inside: bool, today: Sequence[Row] | None) -> list[Part]:
    """``today`` is None where the time asked ends before it: then it ends with the last day that was kept, which is
    ``inside`` the time or, where no day of it was, the one before."""
    realised: dict[tuple[int, str], int] = {}
    at_end: dict[tuple[int, str], int] = {}
    at_start: dict[tuple[int, str], int] = {}
    for each in kept:
        realised[each["instrument_id"], each["product"]] = each["realised"]
    for each in today or ():
        key = (each["instrument_id"], each["product"])
        realised[key] = realised.get(key, 0) + each["realised"]
        at_end[key] = each["unrealised"] or 0
    for each in ended:
        key = (each["instrument_id"], each["product"])
        if each["before"]:
            at_start[key] = each["unrealised"]
        if today is None and each["before"] is not inside:
            at_end[key] = each["unrealised"]
    return [
        Part(*key, realised.get(key, 0), at_end.get(key, 0), at_start.get(key, 0))
        for key in sorted({*realised, *at_end, *at_start})
    ]


def _in_order(executions: Sequence[Row], conversions: Sequence[Row]) -> list[Execution | Converted]:
    changed = [
        Converted(
            each["id"], each["instrument_id"], Product(each["from_product"]), Product(each["to_product"]),
            each["quantity"], each["trading_date"],
        )
        for each in conversions
    ]  # fmt: skip
    return sorted([*map(_execution, executions), *changed], key=lambda one: one.trade_id)


def _execution(each: Row) -> Execution:
    return Execution(
        each["id"], each["order_id"], each["instrument_id"], Product(each["product"]), Side(each["side"]),
        each["quantity"], each["price"], each["charges"], each["traded_at"], each["trading_date"],
        tuple(each["split"]) if each["split"] else None, tag=each["tag"] or "",
    )  # fmt: skip


def tradebook(database: Database, account_id: int, start: date | None, end: date | None) -> Sequence[Row]:
    """The account's trades of [start, end] in the order they were made, with what names their instruments."""
    with snapshot(database) as connection:
        return rows(connection, TRADEBOOK, account=account_id, start=start or date.min, end=end or date.max)


def extremes(
    database: Database, market: str, spans: Sequence[tuple[int, datetime, datetime]]
) -> list[tuple[int, int] | None]:
    """(lowest, highest) price of an instrument between two instants, in paise, for each of ``spans``, in their order;
    None where no bar is stored. By the bars of a minute, the first one whole, on the first and the last day; by those
    of a day between them."""
    if not spans:
        return []
    instruments, opened, closed = (list(each) for each in zip(*spans, strict=True))
    with snapshot(database) as connection:
        told = rows(connection, EXTREMES, market=market, instruments=instruments, opened=opened, closed=closed)
    found = {each["n"]: (each["low"], each["high"]) for each in told}
    return [found.get(n) for n in range(1, len(spans) + 1)]


def kept_days(database: Database, account_id: int, most: int) -> list[date]:
    """The newest closed trading dates of an account."""
    with snapshot(database) as connection:
        return [each["day"] for each in rows(connection, KEPT_DAYS, account=account_id, most=most)]


def open_at_close(database: Database, account_id: int, day: date) -> Sequence[Row]:
    """What an account held as a closed date ended, with the price of the close and the profit that ran."""
    with snapshot(database) as connection:
        return rows(connection, OPEN_AT_CLOSE, account=account_id, day=day)
