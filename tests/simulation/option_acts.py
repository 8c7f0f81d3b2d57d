"""What traders do with written options and with what they hold: write, cover, spread, take back, convert, owe."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from core.conversion import ConvertPosition
from core.instruments import OPTIONS, Instrument
from core.orders import OrderType, PlaceOrder, Product, Side
from desk import account_watch, margin_calls
from tests.simulation.exchange import MARKET
from tests.simulation.faults import AFTER, BEFORE, Died
from tests.simulation.history import Request

if TYPE_CHECKING:
    from tests.simulation.run import World

OTHER = {Product.NRML: Product.MIS, Product.MIS: Product.NRML, Product.CNC: Product.MIS}
HELD = """
select p.account_id, p.instrument_id, p.product, p.quantity
from positions p join accounts a on a.id = p.account_id where p.quantity <> 0 and a.archived_at is null
order by 1, 2, 3
"""


def _held(world: World) -> list[tuple[int, int, str, int]]:
    with world.database.connection() as connection:
        rows: list[tuple[int, int, str, int]] = connection.execute(HELD).fetchall()
    return [row for row in rows if row[1] in world.tape.walks]


def _ask(world: World, account: int, kind: str, *given: Any) -> None:
    """Ask, now and then while the process dies over it; who heard nothing and has a key asks again."""
    key = world.people.key()
    if kind == "withdraw":
        key = key or f"money{world.people._keys}"  # money whose outcome nobody can ask for again proves nothing
    request = Request(kind, account, key, given)
    dies = world.random.random() < 0.12
    if dies:
        world.faults.arm(world.random.choice((BEFORE, AFTER)))
    world.ask(request)
    if dies and request.key is not None:
        world.ask(request)


def _order(world: World, instrument: Instrument, side: Side, product: Product, lots: int) -> PlaceOrder:
    """At the market, or at a price near it that may rest."""
    last, tick = world.tape.walks[instrument.id].last, instrument.tick
    if world.random.random() < 0.4:
        return PlaceOrder(instrument.id, side, OrderType.MARKET, product, lots * instrument.lot)
    price = max(tick, last + side.sign * world.random.randint(-6, 6) * tick)
    return PlaceOrder(instrument.id, side, OrderType.LIMIT, product, lots * instrument.lot, price=price)


def option_is_written(world: World) -> bool:
    """Somebody sells an option to open, bare, or with another as its cover before it or after it."""
    listed = [walk.instrument for walk in world.tape.walks.values() if walk.instrument.kind in OPTIONS]
    if not listed:
        return False
    account, lots = world.any_account(), world.random.choice((1, 1, 2, 4))
    product = world.random.choice((Product.NRML, Product.NRML, Product.MIS))
    written = world.random.choice(listed)
    legs = [(written, Side.SELL)]
    if len(listed) > 1 and world.random.random() < 0.6:
        cover = next(each for each in listed if each is not written)
        legs.insert(world.random.randint(0, 1), (cover, Side.BUY))
    for instrument, side in legs:
        _ask(world, account, "place", _order(world, instrument, side, product, lots))
        if world.random.random() < 0.7:
            world.show()
            world.exchange.step()
    return False


def short_is_bought_back(world: World) -> bool:
    """One or more orders close a written option, sometimes more of it than is there, and race for it."""
    shorts = [row for row in _held(world) if row[3] < 0 and world.tape.walks[row[1]].instrument.kind in OPTIONS]
    if not shorts:
        return option_is_written(world)
    account, number, product, quantity = world.random.choice(shorts)
    instrument = world.tape.walks[number].instrument
    most = max(1, -quantity // instrument.lot)
    for _ in range(world.random.randint(1, 3)):
        lots = world.random.choice((1, most, most, most + 1))
        _ask(world, account, "place", _order(world, instrument, Side.BUY, Product(product), lots))
        if world.random.random() < 0.5:
            world.show()
            world.exchange.step()
    if world.random.random() < 0.3:
        _ask(world, account, "exit_position", number, product)
    world.show()
    world.exchange.step()
    return False


def position_is_converted(world: World, of: int | None = None) -> bool:
    """Somebody, or the owner of an account, turns a position, or a part of it, to another product; now and then one
    that is not there."""
    held = [row for row in _held(world) if of in (None, row[0])]
    if not held:
        return False
    account, number, product, quantity = world.random.choice(held)
    instrument = world.tape.walks[number].instrument
    source = Product(product)
    target = OTHER[source]
    if source is Product.MIS and instrument.expiry is None:
        target = Product.CNC
    if world.random.random() < 0.05:
        source, target = target, source
    units = abs(quantity) if world.random.random() < 0.6 else instrument.lot
    units = units if world.random.random() < 0.95 else units + instrument.lot
    _ask(world, account, "convert", ConvertPosition(number, source, target, units))
    if world.random.random() < 0.5:
        world.exchange.step()
    return False


def calls_follow(world: World) -> bool:
    """Accounts that owe are called, those that lost too much are closed; the process may die among them."""
    with suppress(Died):
        if world.random.random() < 0.3:
            world.faults.arm(world.random.choice((BEFORE, AFTER)), world.random.randint(1, 3))
        margin_calls.follow(world.database, MARKET)
        world.found += world.checks.called()
    world.faults.disarm()
    with world.database.connection() as connection:
        world.story.called += connection.execute("select count(*) from margin_calls").fetchone()[0]
    world.exchange.step()
    return False


def _money(world: World, account: int, what: str) -> tuple[int]:
    with world.database.connection() as connection:
        row: tuple[int] = connection.execute(f"select {what} from accounts where id = %s", [account]).fetchone()
    return row


def market_turns(world: World) -> bool:
    """Whoever bears risk has spent what was free, and prices go against them until the broker closes."""
    bearing = [
        row for row in _held(world)
        if row[2] != Product.CNC and (row[3] < 0 or world.tape.walks[row[1]].instrument.kind not in OPTIONS)
    ]  # fmt: skip
    if not bearing:
        return option_is_written(world)
    account, number, _, quantity = world.random.choice(bearing)
    (free,) = _money(world, account, "cash - blocked_loss")
    if free > 0:
        _ask(world, account, "withdraw", free * world.random.randint(90, 100) // 100)
    (funds,) = _money(world, account, "cash + hold + margin")
    walk = world.tape.walks[number]
    lower, upper = walk.band
    # As far as takes half of the funds, or more than all of them; where a band ends it, as far as that.
    away = funds * world.random.choice((50, 85, 120)) // 100 // abs(quantity)
    tick = walk.instrument.tick
    turned = (walk.last + (away if quantity < 0 else -away)) // tick * tick
    walk.last = min(max(turned, lower, 3 * tick), upper or 10**8)
    world.show()
    world.exchange.step()
    account_watch.look(world.database, MARKET)
    for _ in range(world.random.randint(1, 4)):
        calls_follow(world)
        world.clock.pass_ms(300)
        world.show()
        world.exchange.step()
    return False


WEIGHTS = {
    option_is_written: 8, short_is_bought_back: 6, position_is_converted: 5, calls_follow: 4, market_turns: 4,
}  # fmt: skip
