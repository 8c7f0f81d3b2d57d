"""GTTs as a trader asks for them: make, change, delete. Each is one transaction under the account's lock."""

from collections.abc import Callable

from core import exits, gtt_rules
from core.exits import Exits
from core.gtt import Gtt, GttStatus, GttWish, Leg, step
from core.instruments import Instrument
from core.orders import WORKING
from core.reasons import Reason, Refusal
from db import gtts
from db.engine import Database, retrying
from db.trading import Connection, commit
from desk import asked_prices, masters
from desk.answers import Answer, Body, answered, fingerprint, problem, replay, request_row
from desk.gtt_rows import gtt_row, step_row
from desk.masters import Master
from desk.rows import Row
from desk.working import ACCOUNTS, ORDERS, Task, instrument_of, must_be_current, open_task, ring


def create(database: Database, actor: str, account_id: int, wish: GttWish, key: str | None = None) -> Answer:
    """Make a GTT: 201 with its row, or a problem. ``key`` makes the request repeatable."""
    asked = fingerprint("gtt", wish)
    master = masters.get(database)
    market = ""

    def act() -> Answer:
        nonlocal market
        instrument = instrument_of(master, wish.instrument_id)
        with database.connection() as connection:
            task = open_task(connection, master, account_id, [instrument], key=key)
            market = task.work.market
            before = replay(task.loaded.stored, asked)
            if before:
                return before
            must_be_current(task)
            number, active = gtts.next_id(connection), gtts.how_many(connection, account_id)
            made = gtt_rules.create(task.facts, instrument, account_id, wish, number, active, actor)
            answer = _answer(made, instrument, task, 201)
            _write(connection, task, made, request_row(account_id, key, asked, answer))
        ring(database, ORDERS, ACCOUNTS)
        return answer

    return asked_prices.heed(database, answered(act), market, wish.instrument_id)


def modify(
    database: Database, actor: str, account_id: int, gtt_id: int, wish: Callable[[Gtt], GttWish],
    key: str | None = None, named: object = None,
) -> Answer:  # fmt: skip
    """Give a GTT new terms: 200 with its row. ``wish`` makes them of the GTT as it stands; ``named`` is what was
    asked, by which a repeated request is known."""

    def change(task: Task, gtt: Gtt, instrument: Instrument) -> None:
        must_be_current(task)
        if gtt.parent_id is not None:
            sentence = "This is the target and stop of an entry. Send target_price or stop_trigger to move them."
            raise Refusal(Reason.EXIT_NOT_ALLOWED, sentence, "gtt_id")
        gtt_rules.modify(task.facts, instrument, gtt, wish(gtt), actor)

    return _on_gtt(database, account_id, gtt_id, key, fingerprint("gtt-modify", gtt_id, named), change)


def amend(
    database: Database, actor: str, account_id: int, gtt_id: int, wanted: Exits, key: str | None = None
) -> Answer:
    """Move the target or the stop that is attached to an entry, or add the missing one: 200 with its row."""

    def change(task: Task, gtt: Gtt, instrument: Instrument) -> None:
        must_be_current(task)
        gtt_rules.must_live(gtt)
        if gtt.parent_id is None:
            sentence = "This GTT is attached to no entry. Send its legs to change them."
            raise Refusal(Reason.EXIT_NOT_ALLOWED, sentence, "gtt_id")
        exits.amend(task.facts, instrument, gtt, task.work.orders[gtt.parent_id], wanted, actor)

    return _on_gtt(database, account_id, gtt_id, key, fingerprint("gtt-amend", gtt_id, wanted), change)


def delete(database: Database, actor: str, account_id: int, gtt_id: int, key: str | None = None) -> Answer:
    """Delete a GTT that has not ended: 200 with its row, 409 when it has. No rule blocks it but a cover's."""

    def change(task: Task, gtt: Gtt, _instrument: Instrument) -> None:
        gtt_rules.must_live(gtt)
        entry = task.work.orders.get(gtt.parent_id or 0)
        if gtt.cover and entry is not None and (entry.status in WORKING or entry.filled):
            sentence = "A cover order keeps its stop. Move it, cancel the entry, or exit the position."
            raise Refusal(Reason.STOP_REQUIRED, sentence, "gtt_id")
        step(gtt, "DELETED", GttStatus.DELETED, actor, task.facts.now)

    return _on_gtt(database, account_id, gtt_id, key, fingerprint("gtt-delete", gtt_id), change)


def _on_gtt(
    database: Database, account_id: int, gtt_id: int, key: str | None, asked: str,
    change: Callable[[Task, Gtt, Instrument], None],
) -> Answer:  # fmt: skip
    """Load a GTT with its account, change it, write it."""
    master = masters.get(database)
    unknown = Refusal(Reason.UNKNOWN_GTT, "No such GTT in this account.", "gtt_id")

    def act() -> Answer:
        with database.connection() as connection:
            found = gtts.instrument_of(connection, account_id, gtt_id)
            if found is None:
                raise unknown
            instrument = instrument_of(master, found[0])
            entries = [found[1]] if found[1] is not None else []
            task = open_task(connection, master, account_id, [instrument], key=key, orders=entries)
            before = replay(task.loaded.stored, asked)
            if before:
                return before
            gtt = gtts.one(connection, account_id, gtt_id)
            if gtt is None:
                raise unknown
            change(task, gtt, instrument)
            answer = _answer(gtt, instrument, task, 200)
            _write(connection, task, gtt, request_row(account_id, key, asked, answer))
        ring(database, ORDERS, ACCOUNTS)
        return answer

    return answered(act)


def _write(connection: Connection, task: Task, gtt: Gtt, request: Body | None) -> None:
    gtts.write(connection, task.work.market, [gtt], task.work.version)
    commit(connection, [task.work], request, final=True)


def _answer(gtt: Gtt, instrument: Instrument, task: Task, status: int) -> Answer:
    gtt.version = task.work.version
    if gtt.status is GttStatus.REJECTED:
        refused = problem(Refusal(Reason(gtt.reason_code or Reason.TOO_MANY_GTTS), gtt.reason or "", "account"))
        return Answer(refused.status, refused.body | {"gtt_id": str(gtt.id)})
    return Answer(status, gtt_row(gtt, instrument, task.work.key))


def cancel_all(connection: Connection, task: Task, actor: str, why: tuple[Reason, str]) -> None:
    """Cancel everything that waits in an account, in the transaction that archives it."""
    waiting = gtts.live(connection, task.work.id)
    for gtt in waiting:
        step(gtt, "CANCELLED", GttStatus.CANCELLED, actor, task.facts.now, why)
    gtts.write(connection, task.work.market, waiting, task.work.version)


Change = Callable[[int, int, int], tuple[int, int, int] | None]
"""(trigger, quantity, price) of a leg to its new terms, in paise; None where they cannot be converted."""
Units = Callable[[int], int]
"""Units of before to units of after, fractions cut off."""


def adjust(
    database: Database, market: str, instrument_id: int, change: Change, actor: str, why: tuple[Reason, str]
) -> dict[str, int]:
    """Take the GTTs of an instrument through a corporate action, account by account; how many of each kind.

    A GTT whose legs ``change`` converts onto the tick and the lot goes on with the new terms; any other is
    disabled with the reason, for its owner to set anew. Safe to repeat only with a ``change`` that is: the caller
    keeps an action from being applied twice.
    """
    master = masters.get(database)
    told = {"adjusted": 0, "disabled": 0}
    with database.connection() as connection:
        accounts = gtts.holders(connection, market, instrument_id)
    for account_id in accounts:
        retrying(lambda account_id=account_id: _adjust_one(database, master, account_id, instrument_id, change,
                                                           actor, why, told))  # type: ignore[misc]  # fmt: skip
    if accounts:
        ring(database, ORDERS, ACCOUNTS)
    return told


def _adjust_one(
    database: Database, master: Master, account_id: int, instrument_id: int, change: Change, actor: str,
    why: tuple[Reason, str], told: dict[str, int],
) -> None:  # fmt: skip
    instrument, counted = instrument_of(master, instrument_id), {"adjusted": 0, "disabled": 0}
    with database.connection() as connection:
        task = open_task(connection, master, account_id, [instrument])
        moved = adjusted(connection, task, instrument, change, actor, why)
        for gtt in moved:
            counted["disabled" if gtt.steps[-1].event == "DISABLED" else "adjusted"] += 1
        if moved:
            gtts.write(connection, task.work.market, moved, task.work.version)
            commit(connection, [task.work], final=True)
    for name, count in counted.items():
        told[name] += count


def adjusted(
    connection: Connection, task: Task, instrument: Instrument, change: Change, actor: str, why: tuple[Reason, str],
    units: Units | None = None,
) -> list[Gtt]:  # fmt: skip
    """The GTTs of one locked account as a corporate action leaves them, for the caller to write with ``gtts.write``
    in the same transaction as what else the action changes.

    What an entry has opened and its exits have not closed goes on in new ``units``, as the position does: its order
    keeps the units in which it traded.
    """
    found = [each for each in gtts.live(connection, task.work.id) if each.instrument_id == instrument.id]
    unclosed = gtts.unclosed(connection, [each.id for each in found if units and each.parent_id is not None])
    moved = []
    for gtt in found:
        left = unclosed.get(gtt.id)
        terms = [_new_terms(leg, change, units if left is not None else None) for leg in gtt.legs]
        fits = all(
            each and each[0] > 0 and each[1] > 0
            and not (each[0] % instrument.tick or each[2] % instrument.tick or each[1] % instrument.lot)
            for each in terms
        )  # fmt: skip
        if left is not None and units:
            gtt.carried += units(left) - left
        if fits:
            for leg, each in zip(gtt.legs, terms, strict=True):
                assert each
                leg.trigger_price, leg.quantity, leg.price = each
            converted = change(gtt.last_price or 1, 0, 0)
            gtt.last_price = converted[0] if converted and gtt.last_price else gtt.last_price
            step(gtt, "ADJUSTED", gtt.status, actor, task.facts.now, why)
        elif gtt.status is GttStatus.ACTIVE:
            step(gtt, "DISABLED", GttStatus.DISABLED, actor, task.facts.now, why)
        elif left is not None:
            step(gtt, "ADJUSTED", gtt.status, actor, task.facts.now, why)
        else:
            continue
        moved.append(gtt)
    return moved


def _new_terms(leg: Leg, change: Change, units: Units | None) -> tuple[int, int, int] | None:
    """A leg in new units; that of an entry closes what there is, so that no fraction stands in its way."""
    if units is None:
        return change(leg.trigger_price, leg.quantity, leg.price)
    found = change(leg.trigger_price, 0, leg.price)
    return found and (found[0], units(leg.quantity), found[2])


def listed(
    database: Database, account_id: int, account_key: str, status: str = "all", after: int | None = None,
    limit: int = 100, entry: int | None = None,
) -> Row:  # fmt: skip
    """GTTs, newest first, with how many are active and how many have ended."""
    by_id = masters.get(database).by_id
    with database.connection() as connection:
        found, version = gtts.list_rows(connection, account_id, status, after or 2**62, limit + 1, entry)
        told = gtts.counts(connection, account_id)
        placed = [leg.order_id for gtt in found for leg in gtt.legs if leg.order_id]
        orders = gtts.orders_of(connection, account_id, placed) if placed else {}
    shown = found[:limit]
    return {
        "items": [gtt_row(each, by_id[each.instrument_id], account_key, orders) for each in shown],
        "next": str(shown[-1].id) if len(found) > limit else None,
        "version": version,
        "counts": told,
    }


def one(database: Database, account_id: int, account_key: str, gtt_id: int) -> Row:
    """One GTT with its history. Raises UNKNOWN_GTT."""
    with database.connection() as connection:
        gtt = gtts.one(connection, account_id, gtt_id)
        if gtt is None:
            raise Refusal(Reason.UNKNOWN_GTT, "There is no such GTT.", "gtt_id")
        steps = gtts.history(connection, gtt_id)
        placed = [leg.order_id for leg in gtt.legs if leg.order_id]
        orders = gtts.orders_of(connection, account_id, placed) if placed else {}
    row = gtt_row(gtt, masters.get(database).by_id[gtt.instrument_id], account_key, orders)
    return row | {"history": [step_row(each) for each in steps]}
