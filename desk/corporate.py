"""Splits and bonuses: entered by an administrator, and brought to masters, markets and accounts at their ex-date."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from core import corporate as rules
from core.corporate import Action
from core.instruments import Instrument, Kind
from core.reasons import Reason, Refusal
from core.splitting import Splitting
from core.splitting import in_new_units as in_new_risk
from db import audit, gtts, price_alerts
from db import corporate as rows
from db import masters as store
from db.engine import Database, retrying
from db.trading import Connection
from desk import gtt, masters
from desk.rows import Row, ist
from desk.working import Task

MOST = 200


def enter(
    database: Database, actor: str, kind: str, key: str, ex_date: date, ratio: str, *,
    isin: str | None = None, lot: int | None = None, tick: int | None = None,
) -> Row:  # fmt: skip
    """Enter a SPLIT or BONUS of ``NSE:INFY``, such as 5:1, for a date that no market has come to.

    ``isin`` and ``tick`` (paise) are the share's new ones, ``lot`` that of its contracts; None leaves them to the
    ratio. Raises Refusal UNKNOWN_INSTRUMENT, and BAD_CORPORATE_ACTION with what is wrong.
    """
    share = masters.get(database).by_key.get(key.strip().upper())
    if share is None:
        raise Refusal(Reason.UNKNOWN_INSTRUMENT, "No such instrument. Write it as NSE:INFY.", "symbol")
    if share.kind not in (Kind.EQ, Kind.ETF):
        raise Refusal(Reason.BAD_CORPORATE_ACTION, f"{share.symbol} is no share: only shares are split.", "symbol")
    try:
        becomes, held = rules.ratio(kind, ratio)
    except ValueError as wrong:
        raise Refusal(Reason.BAD_CORPORATE_ACTION, str(wrong), "ratio") from wrong
    action = Action(0, share.id, ex_date, kind, becomes, held, isin or None, lot or None, tick or None)

    def write() -> int:
        with database.connection() as connection:
            store.lock(connection)
            latest = rows.latest_date(connection)
            if latest is not None and ex_date <= latest:
                sentence = f"The market is at {latest:%d %b %Y} already. Name a later ex-date."
                raise Refusal(Reason.BAD_CORPORATE_ACTION, sentence, "ex_date")
            number = rows.enter(connection, action, actor)
            if number is None:
                sentence = f"{share.symbol} has an action on {ex_date:%d %b %Y} already. Withdraw that one first."
                raise Refusal(Reason.BAD_CORPORATE_ACTION, sentence, "ex_date")
            detail = {"ex_date": ex_date.isoformat(), "becomes": becomes, "held": held}
            audit.append(connection, actor, f"{kind}_ENTERED", share.key, detail=detail)
            store.raise_version(connection)
        return number

    number = retrying(write)
    masters.forget(database)
    return {"id": number, "key": share.key, "kind": kind, "ex_date": ex_date.isoformat(), "becomes": becomes,
            "held": held}  # fmt: skip


def withdraw(database: Database, actor: str, number: int) -> None:
    """Take an action back before its date. Raises Refusal BAD_CORPORATE_ACTION once a market has come to it."""
    with database.connection() as connection:
        store.lock(connection)
        if not rows.withdraw(connection, number):
            raise Refusal(Reason.BAD_CORPORATE_ACTION, "It has happened already, or is not there.", "id")
        audit.append(connection, actor, "CORPORATE_ACTION_WITHDRAWN", str(number))
        store.raise_version(connection)
    masters.forget(database)


def entered(database: Database) -> list[Row]:
    """Every action, the newest first: {id, key, kind, ex_date, ratio, becomes, held, by, at, done_at}."""
    with database.connection() as connection:
        found = rows.entered(connection, MOST)
    return [
        {
            "id": each.action.id,
            "key": each.key,
            "kind": each.action.kind,
            "ex_date": each.action.ex_date.isoformat(),
            "ratio": f"{each.action.held} become {each.action.becomes}",
            "isin": each.action.new_isin,
            "by": each.entered_by,
            "at": ist(each.entered_at),
            "done_at": None if each.listed_at is None else ist(each.listed_at),
        }
        for each in found
    ]


def between(database: Database, after: date, upto: date) -> list[Action]:
    """The actions whose ex-date lies in (after, upto]."""
    with database.connection() as connection:
        return rows.actions(connection, after, upto)


@dataclass(frozen=True, slots=True)
class Due:
    """An action that a trading date begins with, and the lots of the contracts on the share, before and after."""

    action: Action
    lots: Mapping[int, tuple[int, int]]


def due(database: Database, after: date, upto: date) -> list[Due]:
    """The actions whose ex-date lies in (after, upto], once the masters are in new units of them."""
    if not between(database, after, upto):
        return []

    def write() -> list[Due]:
        with database.connection() as connection:
            store.lock(connection)
            if rows.list_due(connection, upto):
                store.raise_version(connection)
            return [Due(each, rows.lots(connection, each)) for each in rows.actions(connection, after, upto)]

    found = retrying(write)
    masters.forget(database)
    return found


def of_before(instruments: Mapping[int, Instrument], found: list[Due]) -> dict[int, Instrument]:
    """Instruments as they were before actions that the masters have in new units already, which they have from when
    the next date is opened, or another market came to it: contracts have their strikes of then."""
    before = dict(instruments)
    for each in reversed(found):
        for number in each.lots:
            one = before.get(number)
            if one is not None and one.strike is not None:
                before[number] = replace(one, strike=each.action.strike_before(one.strike))
    return before


def apply(
    connection: Connection, task: Task, found: list[Due], closes: Mapping[int, int], frame: int, closed: date
) -> bool:
    """Bring an account that has just come to the ex-date to new units, its GTTs too, in the caller's transaction;
    whether it had anything of the shares. The caller commits the account.

    ``closes`` are prices of the date ``closed``: of an action before that, which a late account has missed, they are
    in new units already.
    """
    work, facts = task.work, task.facts
    changed = False
    for each in found:
        missed = each.action.ex_date <= closed
        facts = facts if missed else in_new_risk(facts, each.action)
        numbers = rows.trade_numbers(connection, len(work.positions))
        drawn = numbers.__next__
        splitting = Splitting(work, facts, each.action, each.lots, closes, frame, facts.now, drawn, missed)
        changed = bool(splitting.apply()) or changed
        changed = _gtts(connection, task, each) or changed
        action = each.action
        price_alerts.split(connection, work.id, action.instrument_id, action.held, action.becomes)
    return changed or bool(work.events)


def _gtts(connection: Connection, task: Task, due: Due) -> bool:
    """GTTs of the share and its contracts go on with terms in new units, or are disabled for their owner to set."""
    action, moved = due.action, []
    why = (Reason.CORPORATE_ACTION, f"Changed by the {action.kind.lower()} of {action.ex_date:%d %b %Y}.")
    for number in {each.instrument_id for each in gtts.live(connection, task.work.id)}:
        one = task.facts.instruments[number]
        if action.instrument_id not in (one.id, one.underlying_id):
            continue
        lots = due.lots.get(number)
        moves = one.kind is Kind.FUT or number == action.instrument_id  # options keep their own tick
        tick = action.new_tick if moves and action.new_tick else one.tick
        one = replace(one, lot=lots[1] if lots else one.lot, tick=tick)

        def units(before: int, lots: tuple[int, int] | None = lots) -> int:
            return rules.whole_units(before, action.becomes, action.held, lots)

        def terms(trigger: int, quantity: int, price: int, tick: int = tick) -> tuple[int, int, int] | None:
            if quantity * action.becomes % action.held:
                return None
            after = quantity * action.becomes // action.held
            return action.price(trigger, tick), after, action.price(price, tick) if price else 0

        moved += gtt.adjusted(connection, task, one, terms, "closing", why, units)
    gtts.write(connection, task.work.market, moved, task.work.version)
    return bool(moved)


def apply_to_market(connection: Connection, market: str, found: list[Due], trading_date: date) -> None:
    """Rewrite a market's candles, quotes and prices of risk, each action once, in the transaction that moves the market
    to the date: prices of the one units never stand beside positions of the other."""
    for each in found:
        rows.apply_to_market(connection, market, each.action, trading_date)


def in_new_units(prices: Mapping[int, int], found: list[Action], master: masters.Master) -> dict[int, int]:
    """Prices of before, by instrument, with those of the split shares and of contracts on them in new units."""
    adjusted = dict(prices)
    for action in found:
        for number, price in prices.items():
            one = master.by_id.get(number)
            if one is not None and action.instrument_id in (one.id, one.underlying_id):
                adjusted[number] = action.price(adjusted.get(number, price), one.tick)
    return adjusted
