"""What people leave to be watched for them: prices that they want to hear of, and intraday entries whose stop must be
there, left before it is reached."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from core.exits import Exits
from core.instruments import Kind
from core.orders import OrderType, PlaceOrder, Product, Side
from core.price_alerts import Condition, Measure, Terms, price_of
from core.reasons import Refusal
from db import price_alerts as rows
from desk import access, price_alerts
from tests.simulation.exchange import MARKET
from tests.simulation.faults import AFTER, BEFORE
from tests.simulation.history import Request

if TYPE_CHECKING:
    from tests.simulation.run import World

COVERS = """
select account_id, id from gtts where cover and status = 'ACTIVE' order by id
"""
# Alerts that wait although the price that is stored reaches their level; those of a change are left to their close.
UNHEARD = """
select p.id from price_alerts p join accounts a on a.id = p.account_id
join quotes q on q.market = a.market and q.instrument_id = p.instrument_id
where p.status = 'ACTIVE' and not p.resting and p.measure = 'PRICE' and a.archived_at is null and p.id = any(%s)
  and case coalesce(p.side, p.condition) when 'ABOVE' then q.last_price >= p.level else q.last_price <= p.level end
"""


def alert_is_set(world: World) -> bool:
    """Somebody wants to hear of a price, asks again with the same key, changes it, or lets it go."""
    book = world.random.choice(world.books)
    account = access.by_key(world.database, f"{book.user}/{book.name}")
    walk, key = world.random.choice(list(world.tape.walks.values())), world.people.key()
    terms = _terms(world, walk.last, walk.instrument.tick)
    with suppress(Refusal):
        row, before = price_alerts.make(world.database, account, walk.instrument.id, terms, key)
        if before:
            world.found.append(f"alert {row['price_alert_id']} was never asked for and was answered as if it had been")
        if key and world.random.random() < 0.5:
            again, before = price_alerts.make(world.database, account, walk.instrument.id, terms, key)
            if not before or again["price_alert_id"] != row["price_alert_id"]:
                world.found.append(f"a request for an alert with the key {key} made two")
        draw, number = world.random.random(), int(row["price_alert_id"])
        if draw < 0.2:
            price_alerts.change(world.database, account, number, level=max(1, terms.level + 1))
        elif draw < 0.35:
            price_alerts.delete(world.database, account, number)
    if world.random.random() < 0.7:
        world.exchange.step(rung=world.random.random() < 0.8)
    return True


def _terms(world: World, last: int, tick: int) -> Terms:
    random = world.random
    condition, repeats = random.choice(tuple(Condition)), random.random() < 0.4
    if random.random() < 0.3:
        return Terms(Measure.CHANGE, condition, random.randint(-300, 300), repeats)
    return Terms(Measure.PRICE, condition, max(0, last + random.randint(-20, 20) * tick), repeats)


def level_is_reached(world: World) -> bool:
    """A price comes to an alert's level; whoever watches may have died before it. What is reached is heard of."""
    with world.database.connection() as connection:
        waiting = [each for each in rows.armed(connection, MARKET) if each.alert.instrument_id in world.tape.walks]
    if not waiting:
        return alert_is_set(world)
    chosen = world.random.choice(waiting)
    price = price_of(chosen.alert.terms, chosen.prev_close)
    walk = world.tape.walks[chosen.alert.instrument_id]
    tick = walk.instrument.tick
    if price is not None:
        beyond = (1 if chosen.alert.terms.above else -1) * world.random.randint(0, 3) * tick
        walk.last = max(tick, price // tick * tick + beyond)
    if world.random.random() < 0.3:
        world.exchange.die()
    for _ in range(2):
        world.clock.pass_ms(300)
        world.show()
        world.exchange.step()
    return True


def rings_are_heard(world: World) -> list[str]:
    """Whatever the watch has been shown and was told of rings."""
    ringer = world.exchange.ringer
    if ringer is None or not (world.exchange.heard and world.exchange.fresh):
        return []
    with world.database.connection() as connection:
        pending = connection.execute("select count(*) from price_alert_changes").fetchone()[0]
        known = [number for number in ringer._watch.armed if number not in ringer._due]
        left = [] if pending else connection.execute(UNHEARD, [known]).fetchall()
    return [f"price alert {number} waits at a level that is reached" for (number,) in left]


def cover_is_left(world: World) -> bool:
    """An intraday entry with a stop that must be there is placed, fills or not, and is left; the process may die."""
    with world.database.connection() as connection:
        covers: list[tuple[int, int]] = connection.execute(COVERS).fetchall()
    if not covers or world.random.random() < 0.5:
        _cover(world)
        with world.database.connection() as connection:
            covers = connection.execute(COVERS).fetchall()
    if not covers:
        return False
    account, number = world.random.choice(covers)
    if world.random.random() < 0.3:
        world.faults.arm(world.random.choice((BEFORE, AFTER)), world.random.randint(1, 2))
    world.ask(Request("leave", account, None, (number,)))
    world.show()
    world.exchange.step()
    return False


def _cover(world: World) -> None:
    shares = [each for each in world.tape.walks.values() if each.instrument.kind is Kind.EQ]
    walk, side = world.random.choice(shares), world.random.choice(tuple(Side))
    instrument, tick = walk.instrument, walk.instrument.tick
    wish = PlaceOrder(instrument.id, side, OrderType.MARKET, Product.MIS, world.random.choice((1, 5, 20, 50)))
    if world.random.random() < 0.4:
        price = max(tick, walk.last + side.sign * world.random.randint(-2, 6) * tick)
        wish = replace(wish, order_type=OrderType.LIMIT, price=price)
    stop = (wish.price or walk.last) - side.sign * max(2 * tick, walk.last // 100)
    exits = Exits(stop_trigger=max(tick, stop // tick * tick), cover=True)
    world.ask(Request("bracket", world.any_account(), world.people.key(), (wish, exits)))
    if world.random.random() < 0.8:
        world.show()
        world.exchange.step()


WEIGHTS = {alert_is_set: 3, level_is_reached: 4, cover_is_left: 5}
