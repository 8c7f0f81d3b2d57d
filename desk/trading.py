"""Place, modify, cancel: what a trader asks of the desk. Each is one transaction under the account's lock."""

from collections.abc import Callable, Container
from dataclasses import replace
from datetime import timedelta
from typing import Any

import settings
from core import decide, windows
from core import exits as rules
from core.closing import closing_wish
from core.exits import Exits
from core.instruments import Instrument
from core.orders import SQUARED_OFF, WORKING, ModifyOrder, Order, OrderType, PlaceOrder, Product, Side, Status
from core.reasons import Reason, Refusal
from core.risk_facts import HOUSE_ORIGINS
from db import gtts, trading_reads
from db.engine import Database, retrying
from db.trading import commit
from desk import asked_prices, masters, slicing
from desk.answers import Answer, fingerprint, problem, replay, request_row
from desk.gtt_rows import gtt_row
from desk.refusals import answered
from desk.rows import order_row
from desk.working import ACCOUNTS, ORDERS, Task, instrument_of, must_be_current, open_task, ring, ring_for_an_order


def place(
    database: Database, actor: str, account_id: int, wish: PlaceOrder, key: str | None = None, origin: str = "USER",
    exits: Exits | None = None,
) -> Answer:  # fmt: skip
    """Place an order: 201 with its row, or a problem; one of risk names the REJECTED order.

    ``key`` makes the request repeatable: the same key and wish get the first answer again. ``exits`` attaches a
    target and a stop, whose row the answer carries as ``attached``. A wish that may be sliced becomes several orders
    where it is above the freeze quantity; then the answer has ``children``.
    """
    asked = fingerprint("place", wish, exits) if exits else fingerprint("place", wish)
    master = masters.get(database)
    market = ""

    def act() -> Answer:
        nonlocal market
        instrument = instrument_of(master, wish.instrument_id)
        with database.connection() as connection:
            latency = settings.load().kagaz_latency_ms
            task = open_task(
                connection, master, account_id, [instrument], key=key, new_order=True, latency_ms=latency,
                **looked_at(wish),
            )  # fmt: skip
            market = task.work.market
            before = replay(task.loaded.stored, asked)
            if before:
                return before
            must_be_current(task)
            if exits:
                rules.check(exits, wish, instrument, task.facts)
            number = task.loaded.next_order
            wishes = slicing.parts(task, instrument, wish) if wish.autoslice else [wish]
            if len(wishes) > 1:
                if exits:
                    raise Refusal(
                        Reason.EXIT_NOT_ALLOWED, "Slices take no target and stop. Place them apart.", "target"
                    )
                name = _named(key, number)
                answer = slicing.place(connection, task, instrument, wishes, name, actor, origin)
                commit(connection, [task.work], request_row(account_id, key, asked, answer), final=True)
                ring_for_an_order(database)
                return answer
            order = decide.place(task.work, task.facts, wishes[0], number, _named(key, number), actor, origin)
            answer = _placed(task, order, instrument)
            if exits and answer.ok:
                attached = rules.attach(task.facts, instrument, order, exits, gtts.next_id(connection), actor)
                answer = Answer(201, answer.body | {"attached": gtt_row(attached, instrument, task.work.key)})
                commit(connection, [task.work], request_row(account_id, key, asked, answer))
                gtts.write(connection, task.work.market, [attached], task.work.version)
            else:
                commit(connection, [task.work], request_row(account_id, key, asked, answer), final=True)
        ring_for_an_order(database)
        return answer

    return asked_prices.heed(database, answered(database, actor, account_id, act), market, wish.instrument_id)


def looked_at(wish: PlaceOrder) -> dict[str, Any]:
    """What a new order needs to know beside its account: an own order that it would meet, lots that it sells."""
    meets = wish.order_type in (OrderType.MARKET, OrderType.LIMIT)
    return {"cross": (wish.side.other, wish.price) if meets else None, "lots": sells_held_shares(wish)}


def sells_held_shares(wish: PlaceOrder) -> bool:
    """Whether the lots of its instrument have to be known."""
    return wish.product is Product.CNC and wish.side is Side.SELL


def _named(key: str | None, number: int) -> str:
    """What an order is called by its owner: its key, else a name of ours, which no key may therefore take."""
    if key is None:
        return f"auto-{number}"
    if key.startswith(("auto-", "gtt-")):
        sentence = "Keys that begin with auto- or gtt- are ours. Choose another."
        raise Refusal(Reason.BAD_KEY, sentence, "Idempotency-Key")
    return key


def _placed(task: Task, order: Order, instrument: Instrument) -> Answer:
    order.version = task.work.version
    if order.status is not Status.REJECTED:
        return Answer(201, order_row(order, instrument, task.work.key))
    reason = Reason(order.reason_code or Reason.NOT_ENOUGH_FUNDS)
    return problem(Refusal(reason, order.reason or "", field_of(reason), order.id))


def field_of(reason: Reason) -> str | None:
    """The field that a refusal by risk is about."""
    return "quantity" if reason in (Reason.NOT_ENOUGH_SHARES, Reason.OTHER_LEG_FIRST, Reason.NOT_ENOUGH_FUNDS) else None


def _on_order(
    database: Database,
    actor: str,
    account_id: int,
    order_id: int,
    key: str | None,
    asked: str,
    change: Callable[[Task, Order], None],
    terms: ModifyOrder | None = None,
) -> Answer:
    """Load an order with its account, change it, write it; a refusal by risk is written as well."""
    master = masters.get(database)

    def act() -> Answer:
        refused: Refusal | None = None
        with database.connection() as connection:
            found = trading_reads.instrument_of_order(connection, account_id, order_id)
            if found is None:
                raise Refusal(Reason.UNKNOWN_ORDER, "No such order in this account.", "order_id")
            instrument = instrument_of(master, found[0])
            cross = (found[1].other, terms.price or 0) if terms and (terms.price or terms.order_type) else None
            task = open_task(
                connection, master, account_id, [instrument], key=key, orders=[order_id], cross=cross, lots=bool(terms)
            )
            before = replay(task.loaded.stored, asked)
            if before:
                return before
            order = task.work.orders[order_id]
            try:
                change(task, order)
            except Refusal as refusal:
                if not task.work.events:
                    raise
                refused = refusal
                refused.order_id = order_id
            answer = problem(refused) if refused else Answer(200, order_row(order, instrument, task.work.key))
            commit(connection, [task.work], request_row(account_id, key, asked, answer), final=True)
        ring_for_an_order(database) if terms else ring(database, ORDERS, ACCOUNTS)
        return answer

    return answered(database, actor, account_id, act)


def modify(
    database: Database, actor: str, account_id: int, order_id: int, change: ModifyOrder, key: str | None = None
) -> Answer:
    """Change an open order: 200 with its row; 409 when it has ended; 422 leaves it as it was."""

    def apply(task: Task, order: Order) -> None:
        must_be_current(task)
        decide.modify(task.work, task.facts, order, change, actor)

    return _on_order(database, actor, account_id, order_id, key, fingerprint("modify", order_id, change), apply, change)


def cancel(database: Database, actor: str, account_id: int, order_id: int, key: str | None = None) -> Answer:
    """Cancel an open order: 200 with its row, 409 when it has ended already, or while an auction matches it. No
    rule of risk ever blocks a cancel."""
    why = (Reason.CANCELLED_BY_USER, f"Cancelled by {actor}.")

    def apply(task: Task, order: Order) -> None:
        kept = windows.keeps(task.facts, task.facts.instruments[order.instrument_id], order)
        if kept and order.status in WORKING:
            raise kept
        decide.cancel(task.work, task.facts, order, actor, why)

    return _on_order(database, actor, account_id, order_id, key, fingerprint("cancel", order_id), apply)


def cancel_all(database: Database, actor: str, account_id: int) -> list[Answer]:
    """Cancel every open order of the account in one transaction; the rows as they stand after it. What an
    auction is matching stays, and is not among them."""
    why = (Reason.CANCELLED_BY_USER, f"Cancelled by {actor}, with all others.")

    def which(task: Task, order: Order) -> bool:
        return windows.keeps(task.facts, task.facts.instruments[order.instrument_id], order) is None

    return _cancel_many(database, actor, account_id, why, which)


def cancel_product(
    database: Database,
    actor: str,
    account_id: int,
    product: Product,
    reason: Reason,
    patience: timedelta,
    instruments: Container[int],
) -> list[Answer]:
    """Cancel what a person left resting in one product of some instruments, as the square-off does before it closes
    positions, and what it sent itself longer than ``patience`` ago: the price has run away from that."""
    why = (reason, f"Cancelled by the {actor} of {product}.")

    def which(task: Task, order: Order) -> bool:
        waited = task.facts.now - order.placed_at > patience
        ours = order.product is product and order.instrument_id in instruments
        # What waits for an opening is another date's.
        ours = ours and order.status is not Status.AMO
        return ours and (order.origin != SQUARED_OFF or waited)

    return _cancel_many(database, actor, account_id, why, which)


def cancel_others(
    database: Database, actor: str, account_id: int, why: tuple[Reason, str], patience: timedelta
) -> list[Answer]:
    """Cancel every open order but closing orders of the house that have rested for less than ``patience``."""

    def which(task: Task, order: Order) -> bool:
        return order.origin not in HOUSE_ORIGINS or task.facts.now - order.placed_at > patience

    return _cancel_many(database, actor, account_id, why, which)


def _cancel_many(
    database: Database, actor: str, account_id: int, why: tuple[Reason, str], which: Callable[[Task, Order], bool]
) -> list[Answer]:
    master = masters.get(database)

    def act() -> list[Answer]:
        with database.connection() as connection:
            task = open_task(connection, master, account_id, whole=True)
            orders = [order for order in task.work.orders.values() if order.status in WORKING and which(task, order)]
            for order in orders:
                decide.cancel(task.work, task.facts, order, actor, why)
            if orders:
                commit(connection, [task.work])
        ring(database, ORDERS, ACCOUNTS)
        return [Answer(200, order_row(order, master.by_id[order.instrument_id], task.work.key)) for order in orders]

    return retrying(act)


def exit_position(
    database: Database, actor: str, account_id: int, instrument_id: int, product: str, key: str | None = None,
    origin: str = "USER", most: int | None = None,
) -> list[Answer]:  # fmt: skip
    """Close a position at market, never beyond flat, however often it is asked.

    The size is taken under the account's lock and counts what rests on the closing side already. Answers of
    the orders placed: several where the freeze quantity asks for it, none when nothing is left to close. ``most``
    bounds the units in all: what the asker has of a position that is others' too.
    """
    answers: list[Answer] = []
    while most is None or most > 0:
        part = f"{key}-{len(answers)}" if key and answers else key
        answer = _close_some(database, actor, account_id, instrument_id, Product(product), part, origin, most)
        if answer is None:
            return answers
        answers.append(answer)
        if not answer.ok or answer.replayed:
            return answers
        most = None if most is None else most - int(answer.body["quantity"])
    return answers


def _close_some(
    database: Database, actor: str, account_id: int, instrument_id: int, product: Product, key: str | None, origin: str,
    most: int | None,
) -> Answer | None:  # fmt: skip
    """One closing order of at most the freeze quantity; None when the position is covered."""
    master = masters.get(database)
    asked = fingerprint("exit", instrument_id, product)

    def act() -> Answer:
        instrument = instrument_of(master, instrument_id)
        with database.connection() as connection:
            task = open_task(connection, master, account_id, [instrument], key=key, new_order=True, lots=True)
            before = replay(task.loaded.stored, asked)
            if before:
                return before
            must_be_current(task)
            wish = _closing(task, instrument, product, most)
            if wish is None:
                return Answer(204, {})
            if origin != "USER":
                wish = replace(wish, amo=False)  # the house closes now or not at all
            number = task.loaded.next_order
            order = decide.place(task.work, task.facts, wish, number, _named(key, number), actor, origin)
            answer = _placed(task, order, instrument)
            commit(connection, [task.work], request_row(account_id, key, asked, answer), final=True)
        ring_for_an_order(database)
        return answer

    answer = answered(database, actor, account_id, act)
    return None if answer.status == 204 else answer


def _closing(task: Task, instrument: Instrument, product: Product, most: int | None) -> PlaceOrder | None:
    position = task.work.positions.get((instrument.id, product))
    if position is None or position.quantity == 0:
        return None
    side = Side.SELL if position.quantity > 0 else Side.BUY
    left = abs(position.quantity) - (position.open_sell if side is Side.SELL else position.open_buy)
    if left <= 0:
        return None
    left = left if most is None else min(left, most)
    return closing_wish(task.facts, instrument, side, product, left)


def exit_all(database: Database, actor: str, account_id: int) -> list[Answer]:
    """Close every MIS and NRML position at market; CNC shares are holdings and stay."""
    with database.connection() as connection:
        held = trading_reads.carried(connection, account_id)
    return [
        answer
        for instrument_id, product in held
        for answer in exit_position(database, actor, account_id, instrument_id, product)
    ]
