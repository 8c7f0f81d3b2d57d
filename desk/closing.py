"""The clock's side of the desk: intraday square-off and the roll of a trading date.

An account's row carries the date it was rolled to and its roll is one transaction under its lock, so a roll
that is killed goes on where it stopped, and no account is rolled twice.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import log
from core import carrying, interest, settlement
from core.account import Work
from core.calendar import Calendar, Session
from core.instruments import Instrument
from core.orders import SQUARED_OFF, Product
from core.reasons import Reason
from db import closing as rows
from db import risk_state, runs
from db.contract_notes import numbers as charge_numbers
from db.engine import Database, retrying
from db.trading import Connection, commit
from desk import contract_notes, corporate, masters, risk_watch, squared_off, trading
from desk import market as markets
from desk.availability import alone
from desk.masters import Master
from desk.working import ACCOUNTS, facts_of, open_task, ring

SQUARE_OFF, ROLL, MOVE = "SQUARE_OFF", "ROLL", "MOVE"
ROLL_JOB = "roll"
ACTOR = "square-off"
AT_ONCE = 500
# How long a closing order may rest before another is sent at the price of then.
PATIENCE = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Due:
    """What the clock asks for: a step of the market's trading date, the date that follows it, and for how long it
    has been due."""

    step: str
    trading_date: date
    next_date: date
    late_ms: int = 0


def due(database: Database, market: str, now: datetime) -> Due | None:
    """The step that a market's date is due for at ``now`` (aware), or None."""
    state = markets.state(database, market)
    calendar = markets.calendar(database, state.session)
    today = calendar.trading_date_at(now)
    if today != state.trading_date and _is_to_move(database, state, calendar, today):
        return Due(MOVE, state.trading_date, today)
    if today > state.trading_date:
        # One date after the other, however many were slept through.
        following = calendar.next_trading_date(state.trading_date)
        since = now - calendar.rolls_at(state.trading_date)
        return Due(ROLL, state.trading_date, following, max(0, int(since.total_seconds() * 1000)))
    ends = masters.get(database).intraday_ends(state.session, state.trading_date)
    if now >= min(ends.values()):
        return Due(SQUARE_OFF, state.trading_date, calendar.next_trading_date(state.trading_date))
    return None


def _is_to_move(database: Database, state: markets.MarketState, calendar: Calendar, today: date) -> bool:
    """Whether the calendar was changed over a date that has not begun: it is no trading date any more, or an
    earlier one has become one."""
    if state.session == Session.ALWAYS or (today > state.trading_date and calendar.is_trading_date(state.trading_date)):
        return False
    with database.autocommit() as connection:
        return rows.is_untouched(connection, state.id, state.trading_date, today)


def move(database: Database, market: str, step: Due) -> bool:
    """Give a date that has not begun, and will not trade, another day: with its accounts, closes and bands, what
    settles on it, and the orders that wait for it. Whether it was moved; safe to repeat."""
    with database.connection() as connection:
        moved = rows.move_date(connection, market, step.trading_date, step.next_date)
    if moved:
        masters.forget(database)
        ring(database, ACCOUNTS, "kagaz_control")
    return moved


class NotRolled(RuntimeError):
    """Accounts whose rows contradict themselves kept their trading date, while the market went on."""


def square_off(database: Database, market: str, now: datetime | None = None) -> dict[str, Any]:
    """Cancel resting intraday orders and send closing orders for what is open; safe to repeat until all is flat.

    Of what is due at ``now`` by the exchange's clock: each board has its own hour. Without ``now``, of everything.
    Closing orders are market orders with protection, at most the freeze quantity each. ``orders`` were sent, ``open``
    are the intraday positions and resting orders that were found, due or not.
    """
    state, master = markets.state(database, market), masters.get(database)
    with database.connection() as connection:
        found = rows.intraday(connection, market, PATIENCE)
    due_now = {
        each.instrument_id
        for each in found
        if now is None or now >= master.intraday_until(each.instrument_id, state.session, state.trading_date)
    }
    everything = len(found)
    found = [each for each in found if each.instrument_id in due_now]
    placed = 0
    for account_id in sorted({each.account_id for each in found if each.resting}):
        with alone(account_id, "square-off"):
            trading.cancel_product(database, ACTOR, account_id, Product.MIS, Reason.SQUARED_OFF, PATIENCE, due_now)
    for each in found:
        if not each.resting:
            with alone(each.account_id, "square-off"):
                answers = trading.exit_position(
                    database, ACTOR, each.account_id, each.instrument_id, "MIS", origin=SQUARED_OFF
                )
                placed += sum(answer.ok for answer in answers)
    return {"orders": placed, "open": everything}


def roll(database: Database, market: str, step: Due, now: datetime | None = None) -> dict[str, Any]:
    """Close the market's trading date and open the next for every account. Resumes a roll that was killed.

    An account that cannot be rolled stops no other: it keeps its date, takes no orders, and is tried again
    at the next roll. Raises NotRolled, which names them, once the market has gone on.
    """
    at = now or datetime.now(UTC)
    # One with hours opens when its clock says so, not because a date has ended.
    begins = "OPEN" if markets.state(database, market).session == Session.ALWAYS else "CLOSED"
    markets.enter(database, market, "ROLL", markets.BEFORE_ROLL)
    squared_off.take_up(database, market, step.trading_date, step.late_ms)
    masters.forget(database)
    with database.connection() as connection:
        rows.strike_settlements(connection, market, step.trading_date)
        closes = rows.settlements(connection, market, step.trading_date)
        # An account that could not be rolled before has missed what its shares became since.
        since = rows.earliest(connection, market, step.trading_date)
    splits = corporate.due(database, since, step.next_date)
    master = masters.get(database)
    coming = [each for each in splits if each.action.ex_date > step.trading_date]
    # A date ends with the strikes that it began with, though the masters speak of the next one.
    ending = corporate.of_before(master.by_id, coming) if coming else master.by_id
    rolling = Rolling(step, closes, at, splits, master, ending)
    failed = list[int]()
    while True:
        with database.connection() as connection:
            accounts = rows.behind(connection, market, step.trading_date, failed, AT_ONCE)
        if not accounts:
            squared_off.conclude(database, market, step.trading_date, step.late_ms)
            told = _open_next(database, market, rolling, begins, failed)
            if told is not None:
                break
        for account_id, contracts in accounts:
            failed.append(account_id)
            with alone(account_id, "roll"):
                retrying(lambda a=account_id, c=contracts: _roll_one(database, a, c, rolling))  # type: ignore[misc]
                failed.remove(account_id)
    masters.forget(database)  # another date has other terms
    ring(database, ACCOUNTS, "kagaz_control")
    if failed:
        raise NotRolled(f"Accounts that kept {step.trading_date}: {', '.join(map(str, failed))}.")
    return told


def _open_next(
    database: Database, market: str, rolling: "Rolling", begins: str, failed: list[int]
) -> dict[str, Any] | None:
    """Take the market over to its next date in one transaction: its prices come to new units as its date moves, and
    what the date came to is kept with its run. None where an account was opened meanwhile and is to be rolled yet."""
    step = rolling.step
    with database.connection() as connection:
        if not rows.begin_market_day(connection, market, step.next_date, begins, failed):
            return None
        corporate.apply_to_market(connection, market, rolling.splits, step.next_date)
        found = rows.rolled(connection, market, squared_off.JOB, step.trading_date, step.next_date)
        told = {
            "accounts": found.accounts,
            "carried": len(found.carried),
            "delivered": found.delivered,
            "closed": step.trading_date.isoformat(),
            "opened": step.next_date.isoformat(),
        }
        runs.keep(connection, market, ROLL_JOB, step.trading_date, told)
    if found.carried:
        said = {"market": market, "trading_date": step.trading_date.isoformat(), "accounts": found.carried}
        log.get(__name__).warning("Intraday positions were carried over the close", extra=said)
    return told


@dataclass(frozen=True, slots=True)
class Rolling:
    """What all accounts of one roll share: the step, the day's closing prices, what the next date splits, the masters,
    and ``ending``, the instruments as the date that ends knows them."""

    step: Due
    closes: dict[int, int]
    at: datetime
    splits: list[corporate.Due]
    master: masters.Master
    ending: Mapping[int, Instrument]


def _roll_one(database: Database, account_id: int, contracts: int, rolling: Rolling) -> None:
    """Roll one account in one transaction, if it was not rolled already."""
    master, step, closes, at = rolling.master, rolling.step, rolling.closes, rolling.at
    with database.connection() as connection:
        task = open_task(connection, master, account_id, whole=True, numbers=contracts)
        work = task.work
        if work.trading_date > step.trading_date:
            return
        facts = replace(facts_of(master, task.loaded), instruments=rolling.ending)
        numbers: Iterator[tuple[int, int]] = iter(task.loaded.numbers)
        missed = [each for each in rolling.splits if work.trading_date < each.action.ex_date <= step.trading_date]
        coming = [each for each in rolling.splits if each.action.ex_date > step.trading_date]
        settlement.expire_orders(work, facts)
        frame = rows.last_frame(connection, facts.market.id)
        corporate.apply(connection, task, missed, closes, frame, step.trading_date)
        settlement.expire_contracts(work, facts, closes, step.next_date, frame, at, lambda: next(numbers))
        settlement.mark_futures(work, facts, closes, at)
        settlement.remargin(work, facts, at)
        carried = carrying.carry(work, facts, lambda: next(numbers)[0])
        commit(connection, [work])
        work.written()
        for each in carried:
            told = (int(each.reason), each.sentence)
            risk_state.decide(connection, account_id, carrying.ACTOR, "CARRIED", told, each.numbers)
        noted = contract_notes.book(connection, master, work, at)
        if _interest(connection, master, work, step.next_date, at) or noted:
            commit(connection, [work])
            work.written()
        if settles_on := settlement.settles_anew(work, facts):
            rows.settle_bought(connection, account_id, work.trading_date, settles_on)
        equity, unrealised = rows.keep_day(connection, account_id, work.trading_date, closes)
        settlement.open_next_day(work, at)
        commit(connection, [work])
        rows.begin_day(connection, account_id, step.next_date, equity, unrealised)
        work.written()
        work.trading_date = step.next_date
        work.standing.begin_day()
        if corporate.apply(connection, task, coming, closes, frame, step.trading_date):
            commit(connection, [work])
        risk_watch.next_day(connection, task)


def _interest(connection: Connection, master: Master, work: Work, until: date, at: datetime) -> bool:
    """Book what an account pays for owing money until the next trading date; whether it owes any."""
    if not interest.owed(work):
        return False
    (number,) = charge_numbers(connection, 1)
    return interest.book(work, master.rates(work.trading_date), until, at, number)
