"""Margin calls in SQL: the rows of those that are called, and what is open there."""

from typing import Any

from core.instruments import Kind
from core.margin_calls import Leg
from db.trading import Connection


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


def tell(connection: Connection, account_id: int) -> None:
    """Raise the account's version, by which its streams learn that its wallet says something else."""
    connection.execute("update accounts set version = version + 1 where id = %s", [account_id])


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
