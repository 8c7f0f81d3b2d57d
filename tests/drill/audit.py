"""After the harm: what the traders were told against what the database holds."""

from collections import Counter
from collections.abc import Iterable

from tests.drill.clients import Asked, Trader
from tests.drill.kagaz import Kagaz

Order = tuple[int, str, int, int]  # id, status, filled, modifications


def audit(kagaz: Kagaz, traders: Iterable[Trader]) -> list[str]:
    """Everything that is wrong, in sentences; empty when nothing is."""
    found: list[str] = []
    for trader in traders:
        found += trader.strange
        found += _orders(trader, _stored(kagaz, trader.account_id))
    found += _trades(kagaz)
    status, said = kagaz.verify()
    if status != 0:
        found.append(f"python -m desk verify ended with {status}: {said}")
    return found


def _stored(kagaz: Kagaz, account_id: int) -> dict[str, list[Order]]:
    """The account's orders by the key they were placed under."""
    with kagaz.database.connection() as connection:
        rows = connection.execute(
            "select client_order_id, id, status, filled, modifications from orders where account_id = %s", [account_id]
        ).fetchall()
    stored: dict[str, list[Order]] = {}
    for key, *order in rows:
        stored.setdefault(key, []).append((order[0], order[1], order[2], order[3]))
    return stored


def _orders(trader: Trader, stored: dict[str, list[Order]]) -> list[str]:
    found = [f"{one.kind} {one.key} was never answered: {one.detail}" for one in trader.asked if not one.settled]
    placed = {one.key: one for one in trader.asked if one.kind == "place"}
    found += [f"order {key} is in the database and nobody placed it" for key in stored.keys() - placed.keys()]
    for key, asked in placed.items():
        ids = [order[0] for order in stored.get(key, [])]
        wanted = [asked.order_id] if asked.order_id is not None else []
        if ids != wanted:
            found.append(f"order {key} was answered {asked.status} as {wanted} and is stored as {ids}")
    by_id = {order[0]: order for orders in stored.values() for order in orders}
    found += _changes(trader.asked, by_id)
    return found


def _changes(asked: list[Asked], by_id: dict[int, Order]) -> list[str]:
    """A change that was acknowledged has happened, once."""
    found = []
    modified = Counter(one.order_id for one in asked if one.kind == "modify" and one.status == 200)
    for order_id, (_, status, _, modifications) in by_id.items():
        if modifications != modified[order_id]:
            found.append(
                f"order {order_id} ({status}) was modified {modifications} times, acknowledged {modified[order_id]}"
            )
    for one in asked:
        if one.kind == "cancel" and one.status == 200 and one.order_id is not None:
            order = by_id.get(one.order_id)
            if order is None or order[1] != "CANCELLED":
                found.append(f"order {one.order_id} was acknowledged as cancelled and is stored as {order}")
    return found


def _trades(kagaz: Kagaz) -> list[str]:
    """No fill is there twice, and none is missing from its order."""
    with kagaz.database.connection() as connection:
        doubled = connection.execute(
            "select order_id, frame, price, count(*) from trades group by order_id, frame, price having count(*) > 1"
        ).fetchall()
        unequal = connection.execute(
            "select o.id, o.filled, coalesce(sum(t.quantity), 0) from orders o left join trades t on t.order_id = o.id"
            " group by o.id having o.filled <> coalesce(sum(t.quantity), 0)"
        ).fetchall()
    return [f"a fill of order {row[0]} at frame {row[1]} is there {row[3]} times" for row in doubled] + [
        f"order {order_id} says it filled {filled}, its trades say {traded}" for order_id, filled, traded in unequal
    ]
