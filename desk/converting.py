"""A position to another product: one transaction under the account's lock, repeatable by its key."""

from core.account import Conversion
from core.conversion import Converted, ConvertPosition, convert
from core.instruments import Instrument
from core.ledger import Ledger
from core.money import as_number
from core.reasons import Refusal
from db.engine import Database
from db.trading import commit
from desk import masters
from desk.answers import Answer, Body, fingerprint, replay, request_row
from desk.refusals import answered
from desk.rows import average, ist
from desk.working import ACCOUNTS, Task, instrument_of, must_be_current, open_task, ring


def convert_position(
    database: Database, actor: str, account_id: int, wish: ConvertPosition, key: str | None = None
) -> Answer:
    """Convert: 201 with what moved, or a problem that changed nothing."""
    asked = fingerprint("convert", wish)
    master = masters.get(database)

    def act() -> Answer:
        instrument = instrument_of(master, wish.instrument_id)
        with database.connection() as connection:
            task = open_task(connection, master, account_id, [instrument], key=key, whole=True, numbers=1)
            before = replay(task.loaded.stored, asked)
            if before:
                return before
            must_be_current(task)
            answer = Answer(201, _row(task, instrument, _done(task, wish, actor)))
            commit(connection, [task.work], request_row(account_id, key, asked, answer), final=True)
        ring(database, ACCOUNTS)
        return answer

    return answered(database, actor, account_id, act)


def estimate(database: Database, account_id: int, wish: ConvertPosition) -> Body:
    """What a conversion would need and set free, in rupees; ``refusals`` says what would refuse it. Changes nothing."""
    master = masters.get(database)
    instrument = instrument_of(master, wish.instrument_id)
    with database.connection() as connection:
        task = open_task(connection, master, account_id, [instrument], whole=True, numbers=1)
        connection.rollback()
    body: Body = dict.fromkeys(("required", "released", "invested", "margin"))
    body["available"] = as_number(task.work.available)
    refusals: list[Refusal] = []
    try:
        must_be_current(task)
        body |= _money(_done(task, wish, "estimate"))
    except Refusal as refusal:
        refusals.append(refusal)
        if {"required", "available"} <= refusal.numbers.keys():
            body["required"] = as_number(refusal.numbers["required"])
    return body | {
        "refusals": [
            {"reason_code": int(each.reason), "field": each.field, "detail": each.sentence} for each in refusals
        ]
    }


def _done(task: Task, wish: ConvertPosition, actor: str) -> Converted:
    (number, _), *_ = task.loaded.numbers
    return convert(task.work, task.facts, wish, number, actor)


def _money(done: Converted) -> Body:
    return {
        "required": as_number(max(0, done.required)),
        "released": as_number(max(0, -done.required)),
        "invested": as_number(done.invested),
        "margin": as_number(done.margin),
    }


def _row(task: Task, instrument: Instrument, done: Converted) -> Body:
    record: Conversion = done.record
    return {
        "conversion_id": str(record.id),
        "account": task.work.key,
        "exchange": instrument.exchange,
        "symbol": instrument.symbol,
        "from": str(record.source),
        "to": str(record.target),
        "quantity": record.quantity,
        "average_price": average(record.cost, record.quantity),
        **_money(done),
        "cash": as_number(task.work.balances[Ledger.CASH]),
        "converted_at": ist(record.at),
        "trading_date": task.work.trading_date.isoformat(),
        "version": task.work.version,
    }
