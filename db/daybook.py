"""Closed days in SQL: which rows are missing, what they are made of, and writing those that are not there.

The ledger says what an account's balances were when a day was kept: all transfers up to that day but those
that opened the next one, which are of code SETTLE and carry the day that they end.
"""

from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, fields
from datetime import date

from core.daybook import Changed, DayPosition, Key, Traded
from core.ledger import BALANCES, Code
from core.orders import Product, Side
from db.trading import Connection

_NAMES = ", ".join(BALANCES).lower()
_FOLDED = ", ".join(
    f"coalesce(sum(case '{each}' when to_ledger then amount when from_ledger then -amount end), 0)::bigint"
    for each in BALANCES
)
_ROW = ", ".join(each.name for each in fields(DayPosition))


@dataclass(frozen=True, slots=True)
class Kept:
    """An account under its lock: its market, and whether it has closed the day asked for and had money by then."""

    market: str
    closed: bool


@dataclass(frozen=True, slots=True)
class Equity:
    """A row of daily_equity: the seven balances in the order of ``core.ledger.BALANCES``, then the day's figures."""

    balances: tuple[int, ...]
    unrealised: int
    deposits: int
    withdrawals: int
    realised: int
    charges: int

    @property
    def values(self) -> tuple[int, ...]:
        """The columns after the day, in the order of the table."""
        flows = (self.deposits, self.withdrawals, self.realised, self.charges)
        return (*self.balances, self.unrealised, sum(self.balances) + self.unrealised, *flows)


def missing(connection: Connection, market: str, limit: int) -> list[tuple[int, date]]:
    """(account, day) of closed days without a row, oldest accounts first. A date counts where the market struck
    settlement prices on it, or the account moved on it; before an account's first movement no row is needed."""
    return connection.execute(
        """
        with recursive dates(day) as (
            (select min(trading_date) from market_days where market = %(market)s)
            union all
            select (select min(d.trading_date) from market_days d
                    where d.market = %(market)s and d.trading_date > dates.day)
            from dates where dates.day is not null
        )
        select a.id, dates.day
        from accounts a
        cross join lateral (select min(t.trading_date) as first from transfers t where t.account_id = a.id) moved
        join dates on dates.day >= moved.first and dates.day < a.trading_date
        where a.market = %(market)s
          and (exists (select from market_days d where d.market = %(market)s and d.trading_date = dates.day
                       and d.settlement is not null)
               or exists (select from transfers t where t.account_id = a.id and t.trading_date = dates.day))
          and not exists (select from daily_equity e where e.account_id = a.id and e.trading_date = dates.day)
        order by 1, 2 limit %(limit)s
        """,
        {"market": market, "limit": limit},
    ).fetchall()


def accounts_past(connection: Connection, market: str, day: date) -> list[int]:
    """Every account of a market, archived ones too, that has left ``day`` behind and had moved by then."""
    rows = connection.execute(
        "select id from accounts a where market = %s and trading_date > %s"
        " and exists (select from transfers t where t.account_id = a.id and t.trading_date <= %s) order by id",
        [market, day, day],
    ).fetchall()
    return [row[0] for row in rows]


def lock(connection: Connection, account_id: int, day: date) -> Kept | None:
    """Lock the account's row, so that nobody rolls or trades it meanwhile; None for an unknown one.

    It has closed the day if it has left it behind, money had moved by then, and the day was one of the market's:
    prices were struck on it, or the account itself moved on it.
    """
    row = connection.execute(
        """
        select market, trading_date > %(day)s
            and exists (select from transfers t where t.account_id = a.id and t.trading_date <= %(day)s)
            and (exists (select from transfers t where t.account_id = a.id and t.trading_date = %(day)s)
                 or exists (select from market_days d where d.market = a.market and d.trading_date = %(day)s
                            and d.settlement is not null))
        from accounts a where id = %(account)s for no key update
        """,
        {"account": account_id, "day": day},
    ).fetchone()
    return Kept(*row) if row else None


def trades(connection: Connection, account_id: int, day: date) -> list[Traded]:
    """All trades of the account up to the end of ``day``, by number."""
    rows = connection.execute(
        "select id, instrument_id, product, side, quantity, price, trading_date,"
        " case when kind = 'SPLIT' then array[(levels -> 0 ->> 0)::int, (levels -> 0 ->> 1)::int, last_price] end"
        " from trades"
        " where account_id = %s and trading_date <= %s order by id",
        [account_id, day],
    ).fetchall()
    return [
        Traded(number, instrument, Product(product), Side(side), quantity, price, at, tuple(split) if split else None)
        for number, instrument, product, side, quantity, price, at, split in rows
    ]


def conversions(connection: Connection, account_id: int, day: date) -> list[Changed]:
    """All conversions of the account up to the end of ``day``, by number."""
    rows = connection.execute(
        "select id, instrument_id, from_product, to_product, quantity, trading_date from conversions"
        " where account_id = %s and trading_date <= %s order by id",
        [account_id, day],
    ).fetchall()
    return [
        Changed(number, instrument, Product(source), Product(target), quantity, at)
        for number, instrument, source, target, quantity, at in rows
    ]


def charges(connection: Connection, account_id: int, day: date) -> dict[Key, int]:
    """What the day's trades were charged, by instrument and product."""
    rows = connection.execute(
        """
        select t.instrument_id, t.product, sum(e.total)::bigint
        from (select distinct instrument_id, product, charge_id from trades
              where account_id = %(account)s and trading_date = %(day)s and charge_id is not null) t
        join charge_entries e on e.id = t.charge_id and e.trading_date = %(day)s and e.instrument_id = t.instrument_id
        group by 1, 2
        """,
        {"account": account_id, "day": day},
    ).fetchall()
    return {(instrument, Product(product)): total for instrument, product, total in rows}


def marked_on(connection: Connection, account_id: int, day: date) -> list[date]:
    """The days up to ``day`` on which futures were marked and money moved by it."""
    rows = connection.execute(
        "select distinct trading_date from transfers where account_id = %s and trading_date <= %s and code = %s",
        [account_id, day, str(Code.MTM)],
    ).fetchall()
    return [row[0] for row in rows]


def closes(
    connection: Connection, market: str, days: Iterable[date], instruments: Iterable[int]
) -> dict[date, dict[int, int]]:
    """Closing prices in paise by day and instrument: what was struck; an instrument that never traded that day has
    its previous close; one that was not listed any more, the price it last closed at."""
    found: dict[date, dict[int, int]] = {each: {} for each in days}
    rows = connection.execute(
        """
        select asked.day, i.id, coalesce(d.settlement, d.prev_close, (
            select coalesce(e.settlement, e.prev_close) from market_days e
            where e.market = %(market)s and e.instrument_id = i.id and e.trading_date < asked.day
            order by e.trading_date desc limit 1))
        from unnest(%(days)s::date[]) asked(day) cross join unnest(%(ids)s::int[]) i(id)
        left join market_days d on d.market = %(market)s and d.trading_date = asked.day and d.instrument_id = i.id
        """,
        {"market": market, "days": list(found), "ids": sorted(set(instruments))},
    ).fetchall()
    for day, instrument, price in rows:
        if price is not None:
            found[day][instrument] = price
    return found


def equity(connection: Connection, account_id: int, day: date, unrealised: int) -> Equity:
    """The day's row, folded from the transfers."""
    row = connection.execute(
        f"""
        select {_FOLDED},
               coalesce(sum(amount) filter (where from_ledger = 'BANK' and trading_date = %(day)s), 0)::bigint,
               coalesce(sum(amount) filter (where to_ledger = 'BANK' and trading_date = %(day)s), 0)::bigint,
               coalesce(sum(case 'PNL' when from_ledger then amount when to_ledger then -amount end)
                        filter (where trading_date = %(day)s), 0)::bigint,
               coalesce(sum(case 'CHARGES' when to_ledger then amount when from_ledger then -amount end)
                        filter (where trading_date = %(day)s), 0)::bigint
        from transfers
        where account_id = %(account)s
          and (trading_date < %(day)s or trading_date = %(day)s and code <> %(settle)s)
        """,
        {"account": account_id, "day": day, "settle": str(Code.SETTLE)},
    ).fetchone()
    assert row
    balances, flows = row[: len(BALANCES)], row[len(BALANCES) :]
    return Equity(tuple(balances), unrealised, *flows)


def write(
    connection: Connection, account_id: int, day: date, equity: Equity, positions: Sequence[DayPosition]
) -> tuple[int, int]:
    """Add the rows that are not there, touching none that is; how many (of equity, of positions)."""
    kept = connection.execute(
        f"insert into daily_equity (account_id, trading_date, {_NAMES}, unrealised, equity, deposits, withdrawals,"
        f" realised, charges) values (%s, %s, {', '.join(['%s'] * len(equity.values))}) on conflict do nothing",
        [account_id, day, *equity.values],
    ).rowcount
    marks = ", ".join(["%s"] * len(fields(DayPosition)))
    added = 0
    for row in positions:
        added += connection.execute(
            f"insert into daily_positions (account_id, trading_date, {_ROW}) values (%s, %s, {marks})"
            " on conflict do nothing",
            [account_id, day, *astuple(row)],
        ).rowcount
    return kept, added


def stored(connection: Connection, account_id: int, day: date) -> tuple[tuple[int, ...] | None, list[DayPosition]]:
    """What is kept of a day: the values of its equity row, if there is one, and its positions."""
    row = connection.execute(
        f"select {_NAMES}, unrealised, equity, deposits, withdrawals, realised, charges from daily_equity"
        " where account_id = %s and trading_date = %s",
        [account_id, day],
    ).fetchone()
    rows = connection.execute(
        f"select {_ROW} from daily_positions where account_id = %s and trading_date = %s order by 1, 2",
        [account_id, day],
    ).fetchall()
    positions = [DayPosition(each[0], Product(each[1]), *each[2:]) for each in rows]
    return (tuple(row) if row else None), positions
