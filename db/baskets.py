"""Baskets as Postgres holds them; every statement is bounded by their owner."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from core.orders import OrderType, PlaceOrder, Product, Side, Validity
from db.rows import value
from db.trading import Connection


@dataclass(slots=True)
class BasketRow:
    """A basket and its orders, in their order."""

    id: int
    name: str
    created_at: datetime
    updated_at: datetime
    legs: list[PlaceOrder] = field(default_factory=list)


_LEG = ("instrument_id", "side", "order_type", "product", "quantity", "validity", "price", "trigger_price")
_BASKETS = f"""
    select b.id, b.name, b.created_at, b.updated_at,
           (select json_agg(json_build_array({", ".join(f"l.{name}" for name in _LEG)}) order by l.place)
            from basket_legs l where l.basket_id = b.id)
    from baskets b where b.user_id = %s and (%s::bigint is null or b.id = %s) order by b.name, b.id"""


def baskets(connection: Connection, user_id: int, only: int | None = None) -> list[BasketRow]:
    """The user's baskets by name, or the one with that id."""
    rows = connection.execute(_BASKETS.encode(), (user_id, only, only)).fetchall()
    return [
        BasketRow(basket_id, name, created, updated, [_wish(each) for each in legs or ()])
        for basket_id, name, created, updated, legs in rows
    ]


def _wish(values: list[Any]) -> PlaceOrder:
    instrument_id, side, order_type, product, quantity, validity, price, trigger = values
    return PlaceOrder(
        instrument_id, Side(side), OrderType(order_type), Product(product), quantity, Validity(validity), price, trigger
    )


def asked_for(connection: Connection, user_id: int, key: str) -> tuple[int, str] | None:
    """The basket that a user's request of this key made or added to, and the hash of that request."""
    sql = "select basket_id, hash from basket_requests where user_id = %s and key = %s"
    row: tuple[int, str] | None = connection.execute(sql, (user_id, key)).fetchone()
    return row


def remember(connection: Connection, user_id: int, key: str, asked: str, basket_id: int) -> None:
    """Keep the key of a request that was done."""
    sql = "insert into basket_requests (user_id, key, hash, basket_id) values (%s, %s, %s, %s)"
    connection.execute(sql, (user_id, key, asked, basket_id))


def how_many(connection: Connection, user_id: int) -> int:
    """How many baskets a user has; asked under the user's lock."""
    return int(value(connection, "select count(*) from baskets where user_id = %s", (user_id,)))


def insert(connection: Connection, user_id: int, name: str) -> int | None:
    """A new empty basket; None when the user has one of that name."""
    sql = """insert into baskets (user_id, name) values (%s, %s)
             on conflict (user_id, name) do nothing returning id"""
    found = value(connection, sql, (user_id, name))
    return None if found is None else int(found)


def rename(connection: Connection, user_id: int, basket_id: int, name: str) -> bool:
    """False when another basket of the user has that name."""
    taken = "select 1 from baskets where user_id = %s and name = %s and id <> %s"
    if value(connection, taken, (user_id, name, basket_id)) is not None:
        return False
    connection.execute(
        "update baskets set name = %s, updated_at = now() where id = %s and user_id = %s", (name, basket_id, user_id)
    )
    return True


def fill(connection: Connection, user_id: int, basket_id: int, legs: Sequence[PlaceOrder]) -> None:
    """Put these orders into the user's basket, in this order, in place of what was there."""
    connection.execute(
        "delete from basket_legs where basket_id = (select id from baskets where id = %s and user_id = %s)",
        (basket_id, user_id),
    )
    columns = [[getattr(leg, name) for leg in legs] for name in _LEG]
    connection.execute(
        f"insert into basket_legs (basket_id, place, {', '.join(_LEG)})"
        f" select b.id, x.place, {', '.join(f'x.{name}' for name in _LEG)} from baskets b,"
        " unnest(%s::int[], %s::text[], %s::text[], %s::text[], %s::int[], %s::text[], %s::int[], %s::int[])"
        f" with ordinality as x({', '.join(_LEG)}, place) where b.id = %s and b.user_id = %s".encode(),
        (*columns, basket_id, user_id),
    )
    connection.execute("update baskets set updated_at = now() where id = %s and user_id = %s", (basket_id, user_id))


def delete(connection: Connection, user_id: int, basket_id: int) -> bool:
    """False when the user has no such basket."""
    done = connection.execute("delete from baskets where id = %s and user_id = %s", (basket_id, user_id))
    return done.rowcount == 1
