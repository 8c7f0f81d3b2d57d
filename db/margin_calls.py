"""Margin calls in SQL: where the accounts of a market stand, and the rows of those that are called."""

from typing import Any

from core.instruments import Kind
from core.margin_calls import Leg, Standing
from db.trading import Connection

# Only accounts that owe, that are called already, or whose loss is large enough are of interest.
STANDINGS = """
    with part as (
        select p.account_id, bool_or(true) as open,
               coalesce(sum(p.quantity::bigint * q.last_price - p.mark)
                   filter (where i.kind not in ('CE', 'PE') or p.quantity < 0), 0)
             + greatest(0, coalesce(sum(p.quantity::bigint * q.last_price - p.mark)
                   filter (where i.kind in ('CE', 'PE') and p.quantity > 0), 0)) as earned
        from positions p join instruments i on i.id = p.instrument_id
        join accounts o on o.id = p.account_id and o.market = %(market)s and o.archived_at is null
        left join quotes q on q.market = %(market)s and q.instrument_id = p.instrument_id
        where p.quantity <> 0 and p.product <> 'CNC'
        group by p.account_id
    ), standing as (
        select a.id, a.cash - a.blocked_loss as available, a.cash + a.hold + a.margin as funds,
               greatest(0, -coalesce(part.earned, 0))::bigint as loss, coalesce(part.open, false) as open,
               m.running and m.phase = 'OPEN' and a.trading_date = m.trading_date as trades,
               c.since, c.closing_since
        from accounts a join markets m on m.id = a.market
        left join part on part.account_id = a.id left join margin_calls c on c.account_id = a.id
        where a.market = %(market)s and a.archived_at is null
    )
    select id, available, funds, loss, open, trades, since, closing_since from standing
    where available < 0 or since is not null
        or (loss > 0 and loss * 10000 >= %(closes_at)s::bigint * greatest(0, funds))
    order by id
"""


def standings(connection: Connection, market: str, closes_at: int) -> list[Standing]:
    """Accounts that are called, have to be, or whose loss is ``closes_at`` basis points of their funds."""
    rows = connection.execute(STANDINGS, {"market": market, "closes_at": closes_at}).fetchall()
    return [Standing(*row) for row in rows]


def keep(connection: Connection, account_id: int, shortfall: int, closing: bool) -> tuple[bool, bool]:
    """Write a call, or what has become of it; (whether it is new, whether its square-off begins with this)."""
    row: Any = connection.execute(
        "with before as (select closing_since from margin_calls where account_id = %(account)s)"
        " insert into margin_calls as c (account_id, since, shortfall, closing_since)"
        " values (%(account)s, clock_timestamp(), %(shortfall)s, case when %(closing)s then clock_timestamp() end)"
        " on conflict (account_id) do update set shortfall = excluded.shortfall,"
        " closing_since = case when %(closing)s then coalesce(c.closing_since, excluded.closing_since) end"
        " where (c.shortfall, c.closing_since is not null) is distinct from (excluded.shortfall, %(closing)s)"
        " returning (select count(*) = 0 from before),"
        " %(closing)s and (select count(closing_since) = 0 from before)",
        {"account": account_id, "shortfall": shortfall, "closing": closing},
    ).fetchone()
    return (bool(row[0]), bool(row[1])) if row else (False, False)


def end(connection: Connection, account_id: int) -> None:
    """The call is met."""
    connection.execute("delete from margin_calls where account_id = %s", [account_id])


def legs(connection: Connection, account_id: int) -> list[Leg]:
    """Every open MIS and NRML position of an account."""
    rows = connection.execute(
        "select p.instrument_id, p.product, p.quantity, i.kind from positions p join instruments i"
        " on i.id = p.instrument_id where p.account_id = %s and p.quantity <> 0 and p.product <> 'CNC'"
        " order by p.instrument_id, p.product",
        [account_id],
    ).fetchall()
    return [Leg(instrument_id, product, quantity, Kind(kind)) for instrument_id, product, quantity, kind in rows]
