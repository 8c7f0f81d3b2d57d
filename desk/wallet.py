"""Deposits, withdrawals and resets: what a person does with the money itself."""

from collections.abc import Callable

from core import decide
from core.ledger import Code, Ledger
from core.money import as_number, rupees
from core.orders import WORKING
from core.reasons import Reason, Refusal
from db import trading_reads
from db.engine import Database
from db.trading import Connection, commit
from desk import gtt, masters
from desk.answers import Answer, answered, fingerprint, replay, request_row
from desk.remember import forget_all
from desk.working import ACCOUNTS, ORDERS, Task, must_be_current, open_task, ring

LONGEST_WHY = 80
"""Characters of the reason that stands beside a movement in the ledger."""


def _move(
    database: Database,
    account_id: int,
    key: str | None,
    asked: str,
    act: Callable[[Task, Connection], Answer],
    whole: bool = False,
) -> Answer:
    master = masters.get(database)

    def use_case() -> Answer:
        with database.connection() as connection:
            task = open_task(connection, master, account_id, key=key, whole=whole)
            before = replay(task.loaded.stored, asked)
            if before:
                return before
            must_be_current(task)
            answer = act(task, connection)
            commit(connection, [task.work], request_row(account_id, key, asked, answer))
        ring(database, ACCOUNTS)
        return answer

    return answered(use_case)


def _must_be_an_amount(amount: int, task: Task) -> None:
    if amount <= 0:
        raise Refusal(Reason.AMOUNT_NOT_POSITIVE, "The amount must be more than ₹0.", "amount")
    most = task.facts.rulebook.largest_amount
    if amount > most:
        raise Refusal(Reason.AMOUNT_TOO_LARGE, f"At most {rupees(most)} at a time.", "amount")


def _by(actor: str, why: str, what: str = "by") -> str:
    """What the ledger says of a movement: who made it, and why where they said so."""
    if len(why) > LONGEST_WHY or not why.isprintable():
        raise Refusal(Reason.BAD_INPUT, f"Say why in one line of {LONGEST_WHY} characters at most.", "why")
    return f"{what} {actor}: {why}" if why else f"{what} {actor}"


def _asked(what: str, amount: int, why: str) -> str:
    return fingerprint(what, amount, why) if why else fingerprint(what, amount)


def _done(task: Task, amount: int) -> Answer:
    body = {
        "account": task.work.key,
        "amount": as_number(amount),
        "cash": as_number(task.work.balances[Ledger.CASH]),
        "version": task.work.version,
    }
    return Answer(201, body)


def deposit(
    database: Database, actor: str, account_id: int, amount: int, key: str | None = None, why: str = ""
) -> Answer:
    """Add virtual money, in paise, to CASH; ``why`` stands in the ledger. The body names the amount and the cash after
    it."""

    def act(task: Task, _: Connection) -> Answer:
        _must_be_an_amount(amount, task)
        task.work.move(Ledger.BANK, Ledger.CASH, amount, Code.DEPOSIT, task.facts.now, reference=_by(actor, why))
        return _done(task, amount)

    return _move(database, account_id, key, _asked("deposit", amount, why), act)


def withdraw(
    database: Database, actor: str, account_id: int, amount: int, key: str | None = None, why: str = ""
) -> Answer:
    """Take money out of CASH: at most what is available, less today's proceeds of demat shares; ``why`` stands in the
    ledger."""

    def act(task: Task, connection: Connection) -> Answer:
        _must_be_an_amount(amount, task)
        proceeds = trading_reads.demat_proceeds(connection, account_id, task.work.trading_date)
        most = max(0, task.work.available - proceeds)
        if amount > most:
            sentence = f"You can withdraw {rupees(most)}: the rest is used, or settles later."
            raise Refusal(Reason.NOT_WITHDRAWABLE, sentence, "amount", numbers={"withdrawable": most})
        task.work.spend = amount
        task.work.move(Ledger.CASH, Ledger.BANK, amount, Code.WITHDRAWAL, task.facts.now, reference=_by(actor, why))
        return _done(task, amount)

    return _move(database, account_id, key, _asked("withdraw", amount, why), act)


def reset(database: Database, actor: str, account_id: int, cash: int, key: str | None = None, why: str = "") -> Answer:
    """Start an account anew with ``cash`` paise. The old one is archived as it stands, with its resting orders
    cancelled; nothing is erased. The body names both: ``account_id`` (the new one) and ``archived_id``."""
    asked = _asked("reset", cash, why)

    def act(task: Task, connection: Connection) -> Answer:
        _must_be_an_amount(cash, task)
        reference = _by(actor, why, "reset by")
        ended = (Reason.RESET, f"Cancelled by the reset of {actor}.")
        for order in [order for order in task.work.orders.values() if order.status in WORKING]:
            decide.cancel(task.work, task.facts, order, actor, ended)
        gtt.cancel_all(connection, task, actor, ended)
        successor = trading_reads.archive(connection, account_id)
        fresh = open_task(connection, masters.get(database), successor)
        fresh.work.move(Ledger.BANK, Ledger.CASH, cash, Code.DEPOSIT, fresh.facts.now, reference=reference)
        body = {"account": task.work.key, "account_id": str(successor), "archived_id": str(account_id)}
        answer = Answer(201, body | {"cash": as_number(cash)})
        # A retry finds the new account under the old name: the key must be known there as well.
        commit(connection, [fresh.work], request_row(successor, key, asked, answer))
        return answer

    answer = _move(database, account_id, key, asked, act, whole=True)
    forget_all()  # the name now means the new account
    ring(database, ORDERS)
    return answer
