"""Small unlocked reads that a use case makes before it locks, and the open work of a market."""

from datetime import date
from typing import Any

from core.book import Resting
from core.booking import DEMAT
from core.disclosure import ends
from core.orders import OrderType, Product, Side, Validity
from db.leader import Held, NotLeader
from db.trading import Connection


def instrument_of_order(connection: Connection, account_id: int, order_id: int) -> tuple[int, Side] | None:
    """Instrument and side of an order of this account; None when the account has no such order."""
    row = connection.execute(
        "select instrument_id, side from orders where id = %s and account_id = %s", [order_id, account_id]
    ).fetchone()
    return (row[0], Side(row[1])) if row else None


def more_orders(connection: Connection, count: int) -> list[int]:
    """So many numbers for orders beside the one that a load draws."""
    rows = connection.execute("select nextval('orders_id_seq') from generate_series(1, %s)", [count]).fetchall()
    return [row[0] for row in rows]


def carried(connection: Connection, account_id: int) -> list[tuple[int, str]]:
    """(instrument, product) of every MIS and NRML position that is not flat."""
    return connection.execute(
        "select instrument_id, product from positions"
        " where account_id = %s and quantity <> 0 and product <> 'CNC' order by instrument_id, product",
        [account_id],
    ).fetchall()


def demat_proceeds(connection: Connection, account_id: int, day: date) -> int:
    """Paise that sales of demat shares brought to CASH on a trading date: spendable, not withdrawable."""
    row = connection.execute(
        "select coalesce(sum(case to_ledger when 'CASH' then amount else -amount end), 0)::bigint from transfers"
        " where account_id = %s and trading_date = %s and reference = %s and 'CASH' in (from_ledger, to_ledger)",
        [account_id, day, DEMAT],
    ).fetchone()
    return int(row[0]) if row else 0


RESTING = """
    select o.id, o.account_id, o.instrument_id, o.side, o.worst_price, o.quantity - o.filled - o.cancelled,
           case when o.status = 'TRIGGER_PENDING' then o.trigger_price else 0 end, o.order_type, o.validity,
           o.priority, (extract(epoch from o.active_from) * 1000)::bigint, o.product,
           o.quantity, o.disclosed_quantity, o.legs, coalesce((extract(epoch from o.expires_at) * 1000)::bigint, 0)
    from orders o
"""


def _resting(rows: list[tuple[Any, ...]]) -> list[Resting]:
    resting: list[Resting] = []
    for order_id, account, instrument, side, limit, pending, trigger, kind, validity, *rest in rows:
        priority, active_from, product, quantity, disclosed, legs, expires_at = rest
        sign, order_type = Side(side).sign, OrderType(kind)
        resting.append(
            Resting(
                order_id, account, instrument, sign, limit, pending, trigger, order_type, Validity(validity),
                priority, active_from, Product(product), ends(quantity, disclosed, legs), expires_at,
            )
        )  # fmt: skip
    return resting


def open_orders(connection: Connection, market: str) -> list[Resting]:
    """Every open or waiting order of the market's living accounts, but of those a roll could not close."""
    rows = connection.execute(
        RESTING + " join accounts a on a.id = o.account_id join markets m on m.id = a.market"
        " where a.market = %s and a.archived_at is null and a.trading_date >= m.trading_date"
        " and o.status in ('TRIGGER_PENDING', 'OPEN')",
        [market],
    ).fetchall()
    return _resting(rows)


# Nothing is lost with this delete, so that matching need not wait for a disk. It stands between every order and its
# fill, hence one statement and one round trip: it holds the term, takes the list and reads the orders. Where the term
# is over it takes nothing and answers no row; else one row at least.
_TAKING = f"""
    with quick as materialized (select set_config('synchronous_commit', 'off', true)),
    held as materialized (select 1 from {{term}}),
    taken as (delete from order_changes using held where market = %(market)s returning order_id),
    changed as (select distinct order_id from taken)
    select c.order_id, r.* from held left join changed c on true
    left join lateral ({RESTING} where o.id = c.order_id and o.status in ('TRIGGER_PENDING', 'OPEN')) r on true
    order by c.order_id
"""
TAKE_CHANGES = _TAKING.format(term="quick, leader where market = %(market)s and term = %(term)s for share of leader")
NOBODYS = _TAKING.format(term="quick")


def take_changes(connection: Connection, market: str, term: Held | None) -> tuple[list[Resting], list[int]]:
    """Orders that users changed, each once, taken off the list: those that work, and the ids of those that have
    ended. A row shows only once its order's transaction has committed, and goes only by being taken, so none is
    missed. On an autocommit connection; raises NotLeader where the ``term`` is over."""
    values = {"market": market, "term": term[1] if term else None}
    rows = connection.execute(TAKE_CHANGES if term else NOBODYS, values, prepare=True).fetchall()
    if not rows:
        raise NotLeader(f"The term of market {market} is over.")
    rows = [row for row in rows if row[0] is not None]
    working = [row[1:] for row in rows if row[1] is not None]
    return _resting(working), [row[0] for row in rows if row[1] is None]


def list_again(connection: Connection, market: str, ids: list[int]) -> None:
    """Put orders on the list of what changed, for the loop that changed them itself and let them go."""
    connection.execute("insert into order_changes select %s, unnest(%s::bigint[])", [market, ids])


def forget_changes(connection: Connection, market: str) -> None:
    """Empty the list before all open orders are read: what commits after this is listed anew."""
    connection.execute("delete from order_changes where market = %s", [market])


def archive(connection: Connection, account_id: int) -> int:
    """Archive an account and open an empty one of the same name in its market, as its successor."""
    connection.execute("update accounts set archived_at = now() where id = %s", [account_id])
    row = connection.execute(
        "insert into accounts (user_id, market, name, trading_date, plan)"
        " select a.user_id, a.market, a.name, m.trading_date, a.plan from accounts a join markets m on m.id = a.market"
        " where a.id = %s for share of m returning id",
        [account_id],
    ).fetchone()
    assert row
    connection.execute(
        "insert into account_shares (account_id, user_id, granted_by, granted_at)"
        " select %s, user_id, granted_by, granted_at from account_shares where account_id = %s",
        [row[0], account_id],
    )
    # What an administrator stopped stays stopped, and limits go on.
    connection.execute(
        "update accounts f set trading_state = a.trading_state, state_rule = a.state_rule,"
        " state_reason = a.state_reason, state_by = a.state_by, state_power = a.state_power,"
        " state_since = a.state_since"
        " from accounts a where f.id = %s and a.id = %s and a.state_power = 'ADMIN' and a.trading_state <> 'ACTIVE'",
        [row[0], account_id],
    )
    connection.execute(
        "with kept as (insert into risk_limits (scope, subject, name, value, effective_from, effective_to, set_by,"
        " by_admin) select scope, %s, name, value, effective_from, effective_to, set_by, by_admin from risk_limits"
        " where scope = 'ACCOUNT' and subject = %s returning 1)"
        " update risk_version set version = version + 1 where exists (select from kept)",
        [row[0], account_id],
    )
    # The plan goes on, and what was chosen for a later date.
    connection.execute(
        "insert into account_plans (account_id, effective_from, plan, set_by, set_at)"
        " select %s, effective_from, plan, set_by, set_at from account_plans where account_id = %s",
        [row[0], account_id],
    )
    return int(row[0])


def behind_the_snapshot(connection: Connection, market: str, but: list[int], limit: int) -> list[int]:
    """Living accounts with a margin group that was secured at another snapshot than the market's present one; not those
    of ``but``. None while a date is rolled, and none on another date than the market: a split may have changed its
    positions and not yet the prices, or the prices alone, and the roll itself brings each to its snapshot."""
    rows = connection.execute(
        "select distinct g.account_id from margin_groups g join accounts a on a.id = g.account_id"
        " join markets m on m.id = a.market where m.id = %s and a.archived_at is null"
        " and m.phase <> 'ROLL' and a.trading_date = m.trading_date"
        " and m.risk_snapshot_id is not null and g.snapshot_id is distinct from m.risk_snapshot_id"
        " and a.id <> all (%s::bigint[]) order by 1 limit %s",
        [market, but, limit],
    ).fetchall()
    return [row[0] for row in rows]
