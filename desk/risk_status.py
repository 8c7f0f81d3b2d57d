"""How an account stands with risk, for screens and programs: its state in words, each limit with what is used of
it, what the exchange says of instruments, and what was decided lately."""

import time
from datetime import UTC, date, datetime
from typing import Any

import settings
from core.money import as_number, compact, group, percent, round_sum
from core.reasons import Reason, title
from core.risk_account import standing_state
from core.risk_book import RiskBook
from core.risk_facts import RESTRICTION_WORDS
from core.risk_limits import MONEY, PERCENT, Limit, LimitName
from core.standing import Pace, TradingState
from db import risk_rows, risk_state
from db.engine import Database
from desk import masters
from desk.access import AccountRef
from desk.remember import remembered
from desk.rows import Row, ist

WORDS: dict[LimitName, str] = {
    LimitName.ORDERS_PER_SECOND: "Orders a second",
    LimitName.ORDERS_PER_MINUTE: "Orders a minute",
    LimitName.ORDERS_PER_DAY: "Orders today",
    LimitName.TRADES_PER_DAY: "Trades today",
    LimitName.OPEN_ORDERS: "Open orders",
    LimitName.ORDER_VALUE: "Value of one order",
    LimitName.ORDER_QUANTITY: "Quantity of one order",
    LimitName.PRICE_AWAY_SHARES: "Price from the last, shares",
    LimitName.PRICE_AWAY_FUTURES: "Price from the last, futures",
    LimitName.PRICE_AWAY_OPTIONS: "Price from the last, options",
    LimitName.PRICE_ROOM_OPTIONS: "Least room for an option's price",
    LimitName.STRIKE_AWAY: "Strike of an index option, from the index",
    LimitName.DUPLICATE_MS: "Same order again within",
    LimitName.POSITION_QUANTITY: "Position in one instrument (units)",
    LimitName.POSITION_VALUE: "Position in one instrument (value)",
    LimitName.GROUP_VALUE: "All in one underlying (value)",
    LimitName.CONCENTRATION: "One underlying, of the account",
    LimitName.GROSS_EXPOSURE: "Gross exposure",
    LimitName.NET_EXPOSURE: "Net exposure",
    LimitName.DAILY_LOSS: "Loss today",
    LimitName.DAILY_LOSS_PERCENT: "Loss today, of the capital",
    LimitName.DRAWDOWN: "Below the highest equity",
    LimitName.REARM_NEXT_DAY: "Re-arms by itself on the next date",
}
RESTRICTIONS = RESTRICTION_WORDS
EXPLAINED = {
    TradingState.ACTIVE: "Orders are taken within the limits below.",
    TradingState.REDUCING: "Only exits and cancels are taken.",
    TradingState.HALTED: "Only cancels are taken.",
}


def state(database: Database, account: AccountRef) -> Row:
    """``state``, ``reason`` and ``power`` (who may re-arm): what a banner needs, asked by every screen."""

    def ask() -> Row:
        book = _book(database)
        with database.autocommit() as connection:
            stood = risk_state.state(connection, account.id)
        switch = book.switch(account.user_id, account.market)
        found, why = standing_state(stood.state, stood.reason, switch)
        own = switch is None or found is not switch.state or why != switch.sentence
        return {
            "state": found,
            "reason": why,
            "explained": EXPLAINED[found],
            "power": stood.power if own else "SWITCH",
            "by": stood.by if own else "",
            "since": ist(stood.since) if own and stood.since else None,
            "switch": switch.sentence if switch else None,
        }

    return remembered(database, ("risk state", account.id), ask)


def _book(database: Database) -> RiskBook:
    """Limits, restrictions and switches of everybody, read once a second for all who look at a page."""

    def ask() -> RiskBook:
        with database.autocommit() as connection:
            return risk_rows.book(connection)

    return remembered(database, ("risk book",), ask)


def status(database: Database, account: AccountRef, recent: int = 50) -> Row:
    """Everything of the page Risk. Money in rupees, percentages in percent."""
    with database.connection() as connection:
        stood = risk_state.state(connection, account.id)
        counted = risk_state.counters(connection, account.id)
        book = risk_rows.book(connection)
        decided = risk_state.decisions(connection, [account.id], recent)
        switch = book.switch(account.user_id, account.market)
    found, why = standing_state(stood.state, stood.reason, switch)
    rate = settings.load().kagaz_order_rate
    on = counted["trading_date"]
    limits = book.limits_of(account.id, account.user_id, None, on, rate)
    figures = stood.figures
    return {
        "account": account.key,
        "state": found,
        "reason": why,
        "explained": EXPLAINED[found],
        "by": stood.by,
        "power": stood.power,
        "since": ist(stood.since) if stood.since else None,
        "switch": switch.sentence if switch else None,
        "equity": as_number(figures.equity),
        "loss": as_number(figures.loss),
        "drawdown": figures.drawdown / 100,
        "limits": [_limit(name, limits[name], used(counted, stood)) for name in LimitName if name in limits],
        "own_limits": _own(book, account, on),
        "restrictions": _restrictions(database, book),
        "decisions": [_decision(each) for each in decided],
        "version": stood.version,
    }


def own_limits(database: Database, account: AccountRef) -> list[Row]:
    """The limits in force that no administrator set: of the account and of its owner."""
    with database.autocommit() as connection:
        return _own(risk_rows.book(connection), account, masters.get(database).on)


def _own(book: RiskBook, account: AccountRef, on: date) -> list[Row]:
    return [limit_row(row) for row in book.rows(account.id, account.user_id, None, on) if not row.by_admin]


def used(counted: dict[str, Any], stood: risk_state.State) -> dict[LimitName, int]:
    """What is used of each limit that is used up; limits of a single order have no use."""
    pace, now = Pace(*counted["pace"]), int(time.time())
    return {
        LimitName.ORDERS_PER_SECOND: pace.in_second if pace.second == now else 0,
        LimitName.ORDERS_PER_MINUTE: pace.in_minute if pace.minute == now // 60 else 0,
        LimitName.ORDERS_PER_DAY: counted["orders_today"],
        LimitName.TRADES_PER_DAY: counted["trades_today"],
        LimitName.OPEN_ORDERS: counted["open_orders"],
        LimitName.GROSS_EXPOSURE: counted["gross_exposure"],
        LimitName.NET_EXPOSURE: abs(counted["net_exposure"]),
        LimitName.DAILY_LOSS: stood.figures.loss,
        LimitName.DAILY_LOSS_PERCENT: stood.figures.loss_share,
        LimitName.DRAWDOWN: stood.figures.drawdown,
    }


def limit_row(row: Limit) -> Row:
    """A limit as it was set."""
    return {
        "id": str(row.id),
        "scope": row.scope,
        "subject": str(row.subject),
        "name": row.name,
        "words": WORDS[row.name],
        "value": plain(row.name, row.value),
        "shown": shown(row.name, row.value),
        "from": row.starts.isoformat(),
        "to": row.ends.isoformat() if row.ends else None,
        "set_by": row.set_by,
        "by_admin": row.by_admin,
    }


def restrictions(database: Database) -> list[Row]:
    """What is said of instruments today, in words."""
    with database.autocommit() as connection:
        return _restrictions(database, risk_rows.book(connection))


def _restrictions(database: Database, book: RiskBook) -> list[Row]:
    master = masters.get(database)
    return [
        {
            "id": str(row.id),
            "instrument": master.by_id[row.instrument_id].key,
            "kind": row.kind,
            "words": RESTRICTIONS[row.kind],
            "note": row.note,
            "from": row.starts.isoformat(),
            "to": row.ends.isoformat() if row.ends else None,
        }
        for each in book.restrictions.values()
        for row in each
        if row.holds(master.on)
    ]


def restrained(database: Database) -> list[Row]:
    """Accounts that may not trade freely, for administrators."""
    with database.connection() as connection:
        found = risk_state.restrained(connection)
    return [{**each, "since": ist(each["since"]) if each["since"] else None} for each in found]


def plain(name: LimitName, value: int) -> float | int:
    """A value as programs read it: rupees, percent, or a count."""
    if name in MONEY:
        return as_number(value)
    return value / 100 if name in PERCENT else value


def shown(name: LimitName, value: int) -> str:
    """A value as people read it: ₹1,000 Cr, 25%, 5,000, never."""
    if name in MONEY:
        return round_sum(value)
    if name in PERCENT:
        return percent(value)
    if name is LimitName.REARM_NEXT_DAY:
        return "yes" if value else "no"
    if name is LimitName.DUPLICATE_MS:
        return f"{group(value)} ms" if value else "not looked at"
    return group(value)


def _limit(name: LimitName, value: int, of: dict[LimitName, int]) -> Row:
    share = None
    if name in of:
        share = min(1.0, of[name] / value) if value else 1.0
    return {
        "name": name,
        "words": WORDS[name],
        "limit": plain(name, value),
        "used": plain(name, of[name]) if name in of else None,
        "share": share,
        "shown": f"{_in_use(name, of[name])} of {shown(name, value)}" if name in of else shown(name, value),
    }


def _in_use(name: LimitName, value: int) -> str:
    """What is used, as near as an eye compares it with its limit: ₹20.22 L."""
    return compact(value) if name in MONEY else shown(name, value)


def _decision(each: dict[str, Any]) -> Row:
    at = each["at"] or datetime.now(UTC)
    order = each["order_id"]
    return {
        **each,
        "id": str(each["id"]),
        "at": ist(at),
        "order_id": None if order is None else str(order),
        "rule_words": _rule(each["rule"]),
    }


def _rule(number: int | None) -> str:
    """What a rule is called: ``Not enough funds``; its number is a field of its own."""
    if number is None:
        return ""
    return title(Reason(number)) if number in set(Reason) else f"Rule {number}"
