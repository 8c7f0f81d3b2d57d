"""What a contract note is made of: a day's executed orders, what was booked of them, and the plan in force."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from core.charges import DEFAULT_PLAN, HEADS, Heads
from core.contract_note import Executed
from core.disclosure import per_leg
from core.orders import Product, Side
from db.trading import Connection

_SUMS = ", ".join(f"sum({head})::bigint" for head in HEADS)


def executed(connection: Connection, account_id: int, day: date) -> list[Executed]:
    """Each order's fills of the day together, and each contract that ended, in the order of their first trade."""
    rows = connection.execute(
        """
        select min(t.id), t.order_id, t.instrument_id, t.product, t.side, sum(t.quantity)::bigint, sum(t.value)::bigint,
               t.kind, coalesce(o.origin, 'USER'), max(t.last_price), coalesce(max(o.disclosed_quantity), 0),
               coalesce(max(o.legs), 0), coalesce(max(o.leg_values), '{}')
        from trades t left join orders o on o.id = t.order_id
        where t.account_id = %s and t.trading_date = %s and t.kind in ('FILL', 'EXPIRY')
        group by t.order_id, t.instrument_id, t.product, t.side, t.kind, o.origin,
                 case when t.order_id is null then t.id end
        order by 1
        """,
        [account_id, day],
    ).fetchall()
    return [
        Executed(
            number,
            order,
            instrument,
            Product(product),
            Side(side),
            quantity,
            value,
            kind,
            origin,
            close,
            per_leg(shown, legs, quantity) if legs else (),
            tuple(values),
        )
        for number, order, instrument, product, side, quantity, value, kind, origin, close, shown, legs, values in rows
    ]


def booked(connection: Connection, account_id: int, day: date, *, noted: bool = False) -> dict[int, Heads]:
    """The charges of a day by instrument: of its trades alone, or, ``noted``, with what the note added. Interest is
    no part of either."""
    rows = connection.execute(
        f"select instrument_id, {_SUMS} from charge_entries where account_id = %s and trading_date = %s"
        " and kind <> 'INTEREST' and (%s or kind in ('TRADE', 'SQUARE_OFF')) group by instrument_id",
        [account_id, day, noted],
    ).fetchall()
    return {instrument: Heads(*heads) for instrument, *heads in rows}


def trade_for_trade(connection: Connection, day: date) -> set[int]:
    """The instruments that settled trade for trade on a day, each sale and purchase by itself."""
    rows = connection.execute(
        "select instrument_id from restrictions where kind = 'TRADE_FOR_TRADE' and effective_from <= %s"
        " and coalesce(effective_to >= %s, true)",
        [day, day],
    ).fetchall()
    return {row[0] for row in rows}


def numbers(connection: Connection, count: int) -> Iterator[int]:
    """Fresh numbers of charge entries."""
    rows = connection.execute("select nextval('charge_entries_id_seq') from generate_series(1, %s)", [count]).fetchall()
    return iter([row[0] for row in rows])


def noted_days(connection: Connection, account_id: int, limit: int, before: date | None = None) -> list[date]:
    """The newest dates on which the account traded, perhaps those before a day."""
    rows = connection.execute(
        "select distinct trading_date from trades where account_id = %s and kind in ('FILL', 'EXPIRY')"
        " and (%s::date is null or trading_date < %s) order by 1 desc limit %s",
        [account_id, before, before, limit],
    ).fetchall()
    return [row[0] for row in rows]


def plan_on(connection: Connection, account_id: int, day: date) -> str:
    """The plan that was in force on a trading date of the account."""
    row = connection.execute(
        "select plan from account_plans where account_id = %s and effective_from <= %s"
        " order by effective_from desc limit 1",
        [account_id, day],
    ).fetchone()
    return str(row[0]) if row else DEFAULT_PLAN


def plans(connection: Connection) -> list[tuple[str, str, str]]:
    """(plan, title, sentence) of every plan, the default first."""
    return connection.execute(
        "select plan, title, says from broker_plans order by plan <> %s, plan", [DEFAULT_PLAN]
    ).fetchall()


def account_plan(connection: Connection, account_id: int, *, lock: bool = False) -> dict[str, Any] | None:
    """{plan, next_plan, next_from, trading_date, session} of an account; ``next_plan`` None where none waits.

    ``lock`` keeps the account on its trading date until the caller's transaction ends.
    """
    if lock:
        connection.execute("select 1 from accounts where id = %s for no key update", [account_id])
    row = connection.execute(
        """
        select a.plan, p.plan, p.effective_from, a.trading_date, m.session
        from accounts a join markets m on m.id = a.market
        left join lateral (select plan, effective_from from account_plans
            where account_id = a.id and effective_from > a.trading_date order by effective_from limit 1) p on true
        where a.id = %s
        """,
        [account_id],
    ).fetchone()
    return dict(zip(("plan", "next_plan", "next_from", "trading_date", "session"), row, strict=True)) if row else None


def choose_plan(connection: Connection, account_id: int, plan: str, start: date, actor: str) -> None:
    """From ``start`` on the account is charged by ``plan``; what was chosen for later dates falls away."""
    connection.execute("delete from account_plans where account_id = %s and effective_from >= %s", [account_id, start])
    connection.execute(
        "insert into account_plans (account_id, effective_from, plan, set_by) values (%s, %s, %s, %s)",
        [account_id, start, plan, actor],
    )
