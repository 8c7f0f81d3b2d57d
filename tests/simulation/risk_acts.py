"""What risk does in a simulation: losses are watched, limits come and go, switches are pressed and let go."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from core.reasons import Reason, Refusal
from core.risk_limits import Limit, LimitName, Scope
from core.standing import TradingState
from desk import access, account_watch, flatten, risk_limits, risk_switch, risk_watch
from desk.principal import Principal
from tests.simulation.exchange import MARKET
from tests.simulation.faults import AFTER, BEFORE, Died
from tests.simulation.history import Request
from tests.simulation.option_acts import position_is_converted
from tests.simulation.people import Books

if TYPE_CHECKING:
    from tests.simulation.run import World

LIMITS = {
    LimitName.ORDER_VALUE: (1_000_000, 10**9), LimitName.OPEN_ORDERS: (1, 8), LimitName.ORDERS_PER_MINUTE: (2, 30),
    LimitName.POSITION_QUANTITY: (50, 500), LimitName.DAILY_LOSS: (1_000, 10**7), LimitName.DRAWDOWN: (10, 3_000),
    LimitName.GROSS_EXPOSURE: (10**7, 10**10), LimitName.CONCENTRATION: (1_000, 50_000),
    LimitName.DUPLICATE_MS: (100, 2_000), LimitName.PRICE_AWAY_SHARES: (50, 2_000),
}  # fmt: skip


def _owner(world: World, book: Books) -> Principal:
    with world.database.connection() as connection:
        row = connection.execute("select user_id from accounts where id = %s", [book.number]).fetchone()
    return Principal(row[0], book.user, "trader", None, 1, None, ("read", "trade"))


def losses_are_watched(world: World) -> bool:
    """The second's look at every account; whoever lost enough only reduces. The process may die among them."""
    world.exchange.fresh = False  # what it cancels the book has not heard of yet
    with suppress(Died):
        if world.random.random() < 0.3:
            world.faults.arm(world.random.choice((BEFORE, AFTER)), world.random.randint(1, 3))
        looked = account_watch.look(world.database, MARKET)
        world.found += world.checks.looked()
        risk_watch.watch(world.database, MARKET, looked)
        flatten.follow(world.database, MARKET)
    world.faults.disarm()
    return True


def limit_is_set(world: World) -> bool:
    """An owner sets a limit for a book, or ends what was set."""
    book = world.random.choice(world.books)
    who, account = _owner(world, book), access.by_key(world.database, f"{book.user}/{book.name}")
    name = world.random.choice(list(LIMITS))
    low, high = LIMITS[name]
    row = Limit(0, Scope.ACCOUNT, account.id, name, world.random.randint(low, high), world.day, None, "", False)
    with suppress(Refusal):
        if world.random.random() < 0.5:
            risk_limits.set_limit(world.database, who, row, account)
        for old in risk_limits.rows(world.database):
            if not old.by_admin and old.subject == account.id and world.random.random() < 0.5:
                risk_limits.end_limit(world.database, who, old.id, account)
    return True


# Books that trade freely and stand below what their day began with, by what open positions lost or trades cost.
LOSING = """
select a.id from accounts a where a.archived_at is null and a.trading_state = 'ACTIVE'
  and (a.opening_equity + a.flows_today > a.equity or exists (select 1 from trades t where t.account_id = a.id))
order by a.id
"""


def loss_stops_a_book(world: World) -> bool:
    """The least loss stops a book: from then on it only reduces, whatever its owner asks, until it is re-armed."""
    with world.database.connection() as connection:
        losing = {row[0] for row in connection.execute(LOSING).fetchall()}
    books = [each for each in world.books if each.number in losing]
    if not books:
        return losses_are_watched(world)
    book = world.random.choice(books)
    who, account = _owner(world, book), access.by_key(world.database, f"{book.user}/{book.name}")
    row = Limit(0, Scope.ACCOUNT, account.id, LimitName.DAILY_LOSS, 100, world.day, None, "", False)
    with suppress(Refusal):
        risk_limits.set_limit(world.database, who, row, account)
    losses_are_watched(world)
    for _ in range(world.random.randint(1, 3)):
        world.ask(Request("place", account.id, world.people.key(), (world.people.wish(),)))
    position_is_converted(world, account.id)
    with suppress(Refusal):
        for old in risk_limits.rows(world.database):
            if old.subject == account.id and not old.by_admin:
                risk_limits.end_limit(world.database, who, old.id, account)
        if world.random.random() < 0.7:
            risk_switch.rearm(world.database, who, account)
    return False


def press(world: World, book: Books) -> None:
    """A book's owner stops it; what it holds stays."""
    account = access.by_key(world.database, f"{book.user}/{book.name}")
    risk_switch.kill(world.database, _owner(world, book), account)


def let_go(world: World, book: Books) -> None:
    """Now and then a book stays stopped."""
    account = access.by_key(world.database, f"{book.user}/{book.name}")
    if world.random.random() < 0.8:
        with suppress(Refusal):
            risk_switch.rearm(world.database, _owner(world, book), account)


def switch_is_pressed(world: World) -> bool:
    """Somebody stops a book, or all of theirs, and it stays stopped until it is re-armed; dying changes nothing."""
    book = world.random.choice(world.books)
    who, account = _owner(world, book), access.by_key(world.database, f"{book.user}/{book.name}")
    whole, flatten = world.random.random() < 0.3, world.random.random() < 0.5
    with suppress(Died):
        if world.random.random() < 0.3:
            world.faults.arm(world.random.choice((BEFORE, AFTER)), world.random.randint(1, 2))
        if whole:
            risk_switch.kill_user(world.database, who, who.user_id, who.name, flatten)
        else:
            risk_switch.kill(world.database, who, account, flatten)
    world.faults.disarm()
    world.exchange.step()
    for _ in range(2):
        request = world.people.request(account.id, world.open_orders(account.id))
        answers = world.ask(request)
        _was_refused(world, request.kind, account.id, answers)
    if whole:
        risk_switch.rearm_user(world.database, who, who.user_id, who.name)
    let_go(world, book)
    return False


def _was_refused(world: World, kind: str, account: int, answers: object) -> None:
    with world.database.connection() as connection:
        row = connection.execute("select trading_state from accounts where id = %s", [account]).fetchone()
    if kind != "place" or not answers or row is None or row[0] != TradingState.HALTED:
        return
    first = answers[0]  # type: ignore[index]
    if first.status == 201 and not first.replayed:
        world.found.append(f"account {account} is halted and took an order")
    if (
        first.status == 422
        and first.body.get("reason_code") == Reason.ACCOUNT_HALTED
        and not first.body.get("order_id")
    ):
        world.found.append(f"account {account}: an order refused by risk has no number")
