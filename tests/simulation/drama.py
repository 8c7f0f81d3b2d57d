"""What can happen in one step. Each act returns whether nothing but fills and cancels could have happened in it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from random import Random
from typing import TYPE_CHECKING

from core.orders import ModifyOrder
from desk import account_watch, closing, filling, margin_calls, margins, risk_watch
from desk.leadership import NotLeader
from jobs.matcher import Matcher
from tests.simulation import option_acts, waiting_acts
from tests.simulation.exchange import MARKET
from tests.simulation.faults import AFTER, BEFORE, Died
from tests.simulation.history import Request
from tests.simulation.people import send
from tests.simulation.risk_acts import limit_is_set, loss_stops_a_book, losses_are_watched, switch_is_pressed
from tests.simulation.together import at_once, late_commit, switch_and_fills

if TYPE_CHECKING:
    from tests.simulation.run import World

KEY_CONFLICT = 104


def trade(world: World) -> bool:
    """Somebody asks for something; the matcher hears of it or not."""
    world.ask(world.any_request())
    if world.random.random() < 0.7:
        world.exchange.step(rung=world.random.random() < 0.8)
    return False


def tick(world: World) -> bool:
    """The market moves, sometimes twice before anybody looks."""
    world.show()
    if world.random.random() < 0.2:
        world.clock.pass_ms(250)
        world.show()
    world.exchange.step()
    return True


def unseen_tick(world: World) -> bool:
    """A frame that the matcher has not taken in when the next thing happens."""
    world.show()
    return True


def old_frames(world: World) -> bool:
    """A frame comes again, or late: the market does not store it and nothing fills on it."""
    world.exchange.step()  # whatever else there is to do is done
    matcher, shown = world.exchange.matcher, world.exchange.shown
    if matcher is None or not shown:
        return tick(world)
    frame = shown[world.random.choice(list(shown))].frame
    world.found += world.exchange.store_again(frame)
    if frame.number < matcher.seen:
        fills = matcher.fills
        matcher.step(frame, world.exchange.bus.published_at, False)
        if matcher.fills != fills:
            world.found.append(f"frame {frame.number} filled something when it came again")
    return True


def silence(world: World) -> bool:
    """The feed says nothing for a while: prices grow old, displays become void."""
    world.clock.pass_ms(world.random.choice((5_001, 6_000, 9_000, 15_000)))
    world.exchange.step()
    if world.random.random() < 0.7:
        world.ask(world.any_request())
        world.exchange.step()
    return False


def dying_request(world: World) -> bool:
    """The process dies over a request, before it is written or before it is answered; perhaps it is asked again."""
    request = world.any_request()
    world.faults.arm(world.random.choice((BEFORE, AFTER)))
    world.ask(request)
    if world.random.random() < 0.6:
        world.exchange.step()
    if request.key is not None and world.random.random() < 0.7:
        world.ask(request)
    return False


def basket_is_sent(world: World) -> bool:
    """Several orders under one key; the process may die between two of them, and the whole is asked again."""
    wishes = [world.people.wish() for _ in range(world.random.randint(2, 4))]
    # What is not listed cannot be put into a basket.
    legs = [each for each in wishes if each.instrument_id in world.tape.walks]
    if not legs:
        return False
    request = Request("basket", world.any_account(), world.people.key() or f"basket{world.people._keys}", (legs,))
    dies = world.random.random() < 0.4
    if dies:
        world.faults.arm(world.random.choice((BEFORE, AFTER)), world.random.randint(1, 3))
    heard = world.ask(request)
    if world.random.random() < 0.6:
        world.exchange.step()
    if heard is None or world.random.random() < 0.2:
        world.ask(request)
    return False


def ask_again(world: World) -> bool:
    """A client sends what it sent before, under its key; or something else under that key."""
    keyed = [one for one in world.history.requests if one.key is not None]
    if not keyed:
        return trade(world)
    request = world.random.choice(keyed)
    if world.random.random() < 0.7:
        world.ask(request)
    elif request.key in world._rows(request):
        other = Request("deposit", request.account, request.key, (987_654_321,))
        answer = send(world.database, other)[0]
        if (answer.status, answer.body.get("reason_code")) != (409, KEY_CONFLICT):
            world.found.append(f"key {request.key} was taken for another request: {answer.status}")
    return False


def matcher_dies(world: World) -> bool:
    """The matcher dies at a commit, or at any other time, and is built anew."""
    if world.random.random() < 0.5:
        world.faults.arm(world.random.choice((BEFORE, AFTER)))
        world.show()
        world.exchange.step()
        world.faults.disarm()
    world.exchange.die() if world.random.random() < 0.5 else world.exchange.rebuild()
    if world.random.random() < 0.5:
        world.ask(world.any_request())
    world.exchange.step()
    return False


def leader_deposed(world: World) -> bool:
    """A paused leader wakes up after another has taken its place: it may write nothing and take nothing away."""
    zombie = world.exchange.depose()
    if zombie is None:
        world.exchange.step()
        return True
    matcher, seat = zombie
    for _ in range(world.random.randint(1, 3)):
        world.ask(world.any_request())
    world.show()
    frame = world.exchange.bus.take(0)
    before = _written(world)
    with suppress(NotLeader):
        if world.random.random() < 0.5:
            matcher = Matcher(world.database, MARKET, seat, filling, world.exchange.lanes)
        matcher.step(frame, world.exchange.bus.published_at, True)
    seat.resign()
    world.found += world.checks.fills()
    if _written(world) != before:
        world.found.append("a leader whose term is over has written")
    if frame is not None:
        world.exchange.bus.publish(frame)
    world.exchange.step()
    return False


def _written(world: World) -> tuple[int, int, int]:
    with world.database.connection() as connection:
        row: tuple[int, int, int] = connection.execute(
            "select (select count(*) from trades), (select count(*) from order_events),"
            " (select coalesce(sum(version), 0)::bigint from accounts)"
        ).fetchone()
    return row


def new_risk(world: World) -> bool:
    """Another risk snapshot is in force."""
    world.snapshot()
    return False


def change_and_frame(world: World) -> bool:
    """An owner changes a resting order while a frame comes to its price; the matcher hears of both at once."""
    matcher = world.exchange.matcher
    resting = [] if matcher is None else [one for one in matcher._book.orders.values() if not one.trigger]
    if not resting:
        return trade(world)
    order = world.random.choice(resting)
    walk = world.tape.walks[order.instrument_id]
    tick = walk.instrument.tick
    price = max(tick, order.limit - order.side * world.random.randint(-1, 2) * tick)
    change = world.random.choice((ModifyOrder(price=price), ModifyOrder(quantity=order.pending + walk.instrument.lot)))
    world.ask(Request("modify", order.account_id, world.people.key(), (order.order_id, change)))
    walk.last = max(tick, order.limit - 2 * order.side * tick)
    world.show()
    world.exchange.step()
    return False


def margins_follow(world: World) -> bool:
    """Every group is secured at the snapshot in force, often a new one; the process may die among the accounts."""
    if world.random.random() < 0.7:
        world.snapshot()
    with suppress(Died):
        if world.random.random() < 0.4:
            world.faults.arm(world.random.choice((BEFORE, AFTER)), world.random.randint(1, 2))
        margins.follow_snapshot(world.database, MARKET)
    world.faults.disarm()
    return False


def losses(world: World) -> bool:
    """What intraday positions lose blocks money."""
    account_watch.look(world.database, MARKET)
    world.found += world.checks.looked()
    return True


def start_anew(world: World) -> bool:
    """Somebody resets a book."""
    account = world.any_account()
    request = world.people.reset(account)
    if world.random.random() < 0.4:
        world.faults.arm(world.random.choice((BEFORE, AFTER)), world.random.randint(1, 2))
        if world.ask(request) is None:
            world.ask(request)
    else:
        world.ask(request)
    world.exchange.step()
    return False


def stand_and_wait(world: World) -> bool:
    """Somebody leaves an order that waits for a price, changes one, or takes one back."""
    account = world.any_account()
    with world.database.connection() as connection:
        rows = connection.execute(
            "select id, parent_id is not null from gtts where account_id = %s order by id desc limit 8", [account]
        ).fetchall()
    request = world.people.standing(account, rows)
    dies = world.random.random() < 0.15
    if dies:
        world.faults.arm(world.random.choice((BEFORE, AFTER)))
    world.ask(request)
    if dies and request.key is not None:
        world.ask(request)
    if world.random.random() < 0.7:
        world.exchange.step(rung=world.random.random() < 0.8)
    return False


def price_comes(world: World) -> bool:
    """A price comes to what waits for it, and goes on or comes back; the process may die over the firing."""
    with world.database.connection() as connection:
        rows = connection.execute(
            "select g.instrument_id, l.trigger_price, l.above from gtts g join gtt_legs l on l.gtt_id = g.id"
            " where g.status = 'ACTIVE' and l.state = 'WAITING' order by g.id, l.leg"
        ).fetchall()
    rows = [row for row in rows if row[0] in world.tape.walks]
    if not rows:
        return stand_and_wait(world)
    instrument_id, trigger, above = world.random.choice(rows)
    walk = world.tape.walks[instrument_id]
    tick = walk.instrument.tick
    walk.last = max(tick, trigger + (1 if above else -1) * world.random.randint(0, 3) * tick)
    world.show()
    if world.random.random() < 0.4:
        world.faults.arm(world.random.choice((BEFORE, AFTER)), world.random.randint(1, 2))
        world.exchange.step()
        world.faults.disarm()
    world.exchange.step(rung=world.random.random() < 0.5)
    world.clock.pass_ms(world.random.choice((20, 300, 1_100)))
    world.show()
    world.exchange.step()
    return False


def meanwhile(world: World) -> None:
    """The day's end was killed half-way: traders and prices do not wait for it to be resumed, and whoever takes it up
    looks at all accounts first, which calls and stops nobody and brings no margin elsewhere."""
    before = world.checks.standing()
    looked = account_watch.look(world.database, MARKET)
    risk_watch.watch(world.database, MARKET, looked)
    margin_calls.follow(world.database, MARKET, looked)
    margins.follow_snapshot(world.database, MARKET)
    if world.checks.standing() != before:
        world.found.append("somebody was called, stopped or secured anew while the day is rolled")
    world.exchange.step()
    for _ in range(world.random.randint(0, 2)):
        request = world.any_request()
        answers = world.ask(request)
        if request.kind == "place" and answers and answers[0].status == 201 and not answers[0].replayed:
            world.found.append("an order was accepted while the day is rolled")
    world.show()
    world.exchange.step()


def day_ends(world: World) -> bool:
    """Intraday positions are squared off, the date is rolled, perhaps with deaths on the way, and the next opens."""
    world.until(15, 28, 30)
    world.show()
    world.exchange.step()
    if world.random.random() < 0.8:
        closing.square_off(world.database, MARKET)
        world.exchange.step()
        world.clock.pass_ms(300)
        world.show()
        world.exchange.step()
        closing.square_off(world.database, MARKET)
    world.until(15, 30, 1)
    world.exchange.step(rung=world.random.random() < 0.5)
    world.roll(deaths=world.random.choice((0, 0, 1, 2)))
    world.clock.pass_ms(300)
    world.exchange.step(rung=world.random.random() < 0.5)
    world.exchange.step()
    return False


WEIGHTS: dict[Callable[[World], bool], int] = {
    trade: 30, tick: 22, unseen_tick: 4, old_frames: 4, silence: 3, dying_request: 8, ask_again: 5, matcher_dies: 5,
    leader_deposed: 3, change_and_frame: 5, new_risk: 3, margins_follow: 2, losses: 3, start_anew: 1, late_commit: 4,
    at_once: 5, switch_and_fills: 3, basket_is_sent: 4, day_ends: 3, stand_and_wait: 14, price_comes: 10,
    losses_are_watched: 4, limit_is_set: 4,
    switch_is_pressed: 2, loss_stops_a_book: 3, **option_acts.WEIGHTS,
    **waiting_acts.WEIGHTS,
}  # fmt: skip


def choose(random: Random, day_weight: int) -> Callable[[World], bool]:
    """The next act; ``day_weight`` stands for the weight with which a day ends."""
    weights = WEIGHTS | {day_ends: day_weight}
    return random.choices(list(weights), list(weights.values()))[0]
