"""Baskets: named lists of orders that are placed together. They are the user's own, whatever account is open.

Placing goes through the desk leg by leg, in the basket's order, as a broker does: a leg that is refused stops
none that follows, unless that is asked for. One key makes the whole repeatable, because each leg's key is made of it.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from core import basket
from core.account import Work
from core.gtt_rules import gtt_terms
from core.money import as_number
from core.orders import PlaceOrder
from core.reasons import Reason, Refusal
from db import baskets as rows
from db.baskets import BasketRow
from db.engine import Database
from db.trading import Connection
from db.watchlists import lock_user
from desk import market as markets
from desk import masters, trading
from desk.access import AccountRef
from desk.answers import Answer, fingerprint, key_conflict, problem
from desk.masters import Master
from desk.principal import Principal
from desk.rows import Row, ist, price
from desk.working import Task, instrument_of, open_task

MOST_WAITS = 3
"""Seconds that the legs of one basket may wait for the next one, because so many orders go in a second."""


def listed(database: Database, principal: Principal) -> list[Row]:
    """The user's baskets by name."""
    master = masters.get(database)
    with database.connection() as connection:
        return [_shown(master, each) for each in rows.baskets(connection, principal.user_id)]


def one(database: Database, principal: Principal, basket_id: int) -> Row:
    """A basket; UNKNOWN_BASKET for another user's."""
    with database.connection() as connection:
        return _shown(masters.get(database), _own(connection, principal, basket_id))


def add(
    database: Database, principal: Principal, name: str, legs: Sequence[PlaceOrder], copy_of: int | None = None,
    key: str | None = None,
) -> tuple[Row, bool]:  # fmt: skip
    """A new basket with these orders, or with those of another one; and whether a request of this key made it before.
    Raises KEY_CONFLICT where the key was another request's."""

    def act(connection: Connection) -> int:
        most = _terms(database).most_baskets
        if rows.how_many(connection, principal.user_id) >= most:
            raise Refusal(Reason.TOO_MANY_BASKETS, f"At most {most} baskets. Delete one first.", "name")
        chosen = legs if copy_of is None else _own(connection, principal, copy_of).legs
        made = rows.insert(connection, principal.user_id, name)
        if made is None:
            raise Refusal(Reason.BAD_INPUT, "You have a basket of that name. Choose another.", "name")
        rows.fill(connection, principal.user_id, made, chosen)
        return made

    _check(database, legs)
    return _once(database, principal, key, fingerprint("basket", name, tuple(legs), copy_of), act)


def change(
    database: Database, principal: Principal, basket_id: int, name: str | None = None,
    legs: Sequence[PlaceOrder] | None = None,
) -> Row:  # fmt: skip
    """Rename a basket, or put these orders into it, in this order; None leaves a thing as it is."""

    def act(connection: Connection) -> int:
        _own(connection, principal, basket_id)
        if name is not None and not rows.rename(connection, principal.user_id, basket_id, name):
            raise Refusal(Reason.BAD_INPUT, "You have a basket of that name. Choose another.", "name")
        if legs is not None:
            rows.fill(connection, principal.user_id, basket_id, legs)
        return basket_id

    _check(database, legs or ())
    return _locked(database, principal, act)


def append(
    database: Database, principal: Principal, basket_id: int, leg: PlaceOrder, key: str | None = None
) -> tuple[Row, bool]:
    """Add one order at the end, under the owner's lock, so that two windows lose nothing of each other; and whether a
    request of this key added it before. Raises KEY_CONFLICT where the key was another request's."""

    def act(connection: Connection) -> int:
        legs = [*_own(connection, principal, basket_id).legs, leg]
        _check(database, legs)
        rows.fill(connection, principal.user_id, basket_id, legs)
        return basket_id

    return _once(database, principal, key, fingerprint("basket-leg", basket_id, leg), act)


def remove(database: Database, principal: Principal, basket_id: int) -> None:
    """Delete a basket; UNKNOWN_BASKET for another user's. Orders that it placed are not touched."""
    with database.connection() as connection:
        if not rows.delete(connection, principal.user_id, basket_id):
            raise _no_such_basket()


def _locked(database: Database, principal: Principal, act: Callable[[Connection], int]) -> Row:
    """As ``_once``, for what is the same however often it is asked."""
    return _once(database, principal, None, "", act)[0]


def _once(
    database: Database, principal: Principal, key: str | None, asked: str, act: Callable[[Connection], int]
) -> tuple[Row, bool]:
    """The basket that ``act`` made or changed, as it is now; a request that is repeated with its key does nothing
    more."""
    with database.connection() as connection:
        lock_user(connection, principal.user_id)
        known = None if key is None else rows.asked_for(connection, principal.user_id, key)
        if known is not None and known[1] != asked:
            raise key_conflict()
        basket_id = act(connection) if known is None else known[0]
        if key is not None and known is None:
            rows.remember(connection, principal.user_id, key, asked, basket_id)
        found = _own(connection, principal, basket_id)
    return _shown(masters.get(database), found), known is not None


def _terms(database: Database) -> Any:
    return gtt_terms(markets.running(database).trading_date)


def _check(database: Database, legs: Sequence[PlaceOrder]) -> None:
    _listed(masters.get(database), legs)
    most = _terms(database).most_basket_legs
    if len(legs) > most:
        raise Refusal(Reason.TOO_MANY_LEGS, f"At most {most} orders in a basket. This would be {len(legs)}.", "legs")


def _listed(master: Master, legs: Sequence[PlaceOrder]) -> None:
    """Raises UNKNOWN_INSTRUMENT of a leg that the master does not know, before anything is done for the others."""
    for leg in legs:
        instrument_of(master, leg.instrument_id)


def _own(connection: Connection, principal: Principal, basket_id: int) -> BasketRow:
    found = rows.baskets(connection, principal.user_id, basket_id)
    if not found:
        raise _no_such_basket()
    return found[0]


def _no_such_basket() -> Refusal:
    return Refusal(Reason.UNKNOWN_BASKET, "There is no such basket.", "basket_id")


def _shown(master: Master, found: BasketRow) -> Row:
    return {
        "basket_id": str(found.id),
        "name": found.name,
        "legs": [_leg_row(master, each) for each in found.legs],
        "created_at": ist(found.created_at),
        "updated_at": ist(found.updated_at),
    }


def _leg_row(master: Master, leg: PlaceOrder) -> Row:
    instrument = master.by_id[leg.instrument_id]
    return {
        "exchange": instrument.exchange,
        "symbol": instrument.symbol,
        "side": str(leg.side),
        "order_type": str(leg.order_type),
        "product": str(leg.product),
        "validity": str(leg.validity),
        "quantity": leg.quantity,
        "price": price(leg.price),
        "trigger_price": price(leg.trigger_price),
    }


def margin(database: Database, account_id: int, legs: Sequence[PlaceOrder], *, with_positions: bool = True) -> Row:
    """What these orders need in an account, in rupees: on the way, and after all are filled; their charges; and
    leg by leg what each needs when its turn comes and what would refuse it now; ``parts`` are those of the margin that
    stays. Without ``with_positions`` the account is taken to hold nothing. One load, nothing is written."""
    _filled(legs)
    master = masters.get(database)
    _listed(master, legs)
    instruments = {leg.instrument_id: master.by_id[leg.instrument_id] for leg in legs}
    with database.connection() as connection:
        sells_shares = any(map(trading.sells_held_shares, legs))
        task = open_task(connection, master, account_id, list(instruments.values()), lots=sells_shares)
        connection.rollback()
    if not with_positions:
        empty = replace(task.work, positions={}, groups={}, lots={}, orders={})
        task = replace(task, work=empty)
    before = _parts(task.work)
    found = basket.figures(task.work, task.facts, instruments, legs)
    after = _parts(task.work)
    return _figures(task, found) | {"parts": {name: as_number(after[name] - before[name]) for name in after}}


def _parts(work: Work) -> dict[str, int]:
    """The parts of the margin that positions block, over all groups, in paise."""
    groups = work.groups.values()
    return {
        "span": sum(each.span for each in groups),
        "exposure": sum(each.exposure for each in groups),
        "additional": sum(each.add_ons for each in groups),
        "delivery": sum(each.delivery for each in groups),
    }


def _figures(task: Task, found: basket.Figures) -> Row:
    return {
        "account": task.work.key,
        "available": as_number(found.available),
        "required": as_number(found.required),
        "final": as_number(found.final),
        "benefit": as_number(max(0, found.required - found.final)),
        "shortfall": as_number(found.shortfall),
        "charges": found.charges.in_rupees(),
        "legs": [
            {
                "leg": number,
                "required": None if leg.required is None else as_number(leg.required),
                "charges": as_number(leg.charges.total),
                "refusals": [
                    {"reason_code": int(each.reason), "field": each.field, "detail": each.sentence}
                    for each in leg.refusals
                ],
            }
            for number, leg in enumerate(found.legs, 1)
        ],
    }


def _filled(legs: Sequence[PlaceOrder]) -> None:
    if not legs:
        raise Refusal(Reason.EMPTY_BASKET, "The basket is empty. Add an order to it first.", "legs")


def wishes(database: Database, principal: Principal, basket_id: int) -> list[PlaceOrder]:
    """The orders of a basket, in its order."""
    with database.connection() as connection:
        return _own(connection, principal, basket_id).legs


def place(
    database: Database, principal: Principal, account: AccountRef, legs: Sequence[PlaceOrder], key: str | None = None,
    stop_at_refusal: bool = False,
) -> Row:  # fmt: skip
    """Place orders one after the other; each one's order or refusal, in the order in which they were given.

    ``key`` makes the whole repeatable: what was placed stays placed once, what was not reached is placed now.
    ``stop_at_refusal`` leaves out what follows a refused leg. More legs than an account may send in a second go on in
    the next one.
    """
    _filled(legs)
    master = masters.get(database)
    told: list[Row] = []
    stopped, waits = False, MOST_WAITS
    for number, leg in enumerate(legs, 1):
        if stopped:
            sentence = "Not sent: an order before it was refused."
            answer = problem(Refusal(Reason.EARLIER_LEG, sentence, "legs"))
        else:
            answer, waits = _in_time(
                lambda leg=leg, number=number: trading.place(  # type: ignore[misc]
                    database, principal.name, account.id, leg, f"{key}-{number}" if key else None
                ),
                waits,
            )
            stopped = stop_at_refusal and not answer.ok
        told.append(_outcome(master, number, leg, answer))
    placed = sum(each["ok"] for each in told)
    return {"account": account.key, "placed": placed, "refused": len(told) - placed, "items": told}


def _in_time(send: Callable[[], Answer], waits: int) -> tuple[Answer, int]:
    """A leg's answer, in the next second where this one is full, and how often one may still wait for that."""
    answer = send()
    while waits and answer.body.get("reason_code") == Reason.RATE_LIMIT and answer.retry_after == 1:
        time.sleep(answer.retry_after)
        waits -= 1
        answer = send()
    return answer, waits


def _outcome(master: Master, number: int, leg: PlaceOrder, answer: Answer) -> Row:
    body, instrument = answer.body, master.by_id.get(leg.instrument_id)
    return {
        "leg": number,
        "symbol": instrument.key if instrument else "Not listed",
        "ok": answer.ok,
        "replayed": answer.replayed,
        "order_id": body.get("order_id"),
        "status": body["status"] if answer.ok else None,
        "reason_code": body.get("reason_code"),
        "detail": body.get("reason") if answer.ok else body.get("detail"),
    }
