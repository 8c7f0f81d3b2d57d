"""The frame of every use case on one account: load under its lock, decide, commit, ring."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import settings
from core.account import Work
from core.facts import Facts
from core.instruments import Instrument
from core.reasons import Reason, Refusal
from core.risk_facts import NO_RISK, RiskFacts
from core.rulebook import in_force
from db import doorbell
from db.engine import Database
from db.trading import Connection, Loaded, load
from desk import masters

ACCOUNTS, ORDERS = doorbell.ACCOUNTS, doorbell.ORDERS


# Most orders fill within this time, in seconds, and one look then tells both; who sent it has its row already.
SOON = 0.040


def ring(database: Database, *channels: str, later: float = 0.0) -> None:
    """Say "look" on the channels, outside every transaction; ``later`` by so many seconds."""
    for channel in channels:
        doorbell.of(database).ring(channel, later=later)


def ring_for_an_order(database: Database) -> None:
    """Say that an order may fill: at once to who fills it. Who shows it is told of its fill by that, and looks a
    moment later where there was none: two looks within 20 ms would hold up the fill that both are for."""
    ring(database, ORDERS)
    ring(database, ACCOUNTS, later=SOON)


def instrument_of(master: masters.Master, instrument_id: int) -> Instrument:
    """The instrument. Raises UNKNOWN_INSTRUMENT."""
    found = master.by_id.get(instrument_id)
    if found is None:
        raise Refusal(Reason.UNKNOWN_INSTRUMENT, "No such instrument. Search for it by name.", "symbol")
    return found


@dataclass(slots=True)
class Task:
    """One account, loaded and locked, with the facts to decide on."""

    work: Work
    facts: Facts
    loaded: Loaded


def facts_of(master: masters.Master, loaded: Loaded, latency_ms: int = 0, risk: RiskFacts = NO_RISK) -> Facts:
    """The facts of what was loaded, with the rates and terms of the market's trading date."""
    day = loaded.market.trading_date
    rulebook = in_force(day)
    calendar = master.calendar.under(loaded.session, loaded.market.id).with_halts(loaded.market.halts)
    return Facts(
        now=loaded.now,
        market=loaded.market,
        instruments=master.by_id,
        rates=master.rates(day),
        rulebook=rulebook,
        quotes=loaded.quotes,
        bands=loaded.bands,
        snapshots=loaded.snapshots,
        settles_on=calendar.settles_on(day),
        latency_ms=latency_ms,
        plans={each.id: each.plan for each in loaded.works.values()},
        leads=master.leads,
        near=master.near,
        intraday_ends=master.intraday_ends(loaded.session, day),
        risk=risk,
        closes=loaded.closes,
        calendar=calendar,
    )


def risk_of(connection: Connection, master: masters.Master, loaded: Loaded, work: Work, one: Instrument) -> RiskFacts:
    """What risk holds an order in an instrument against, as of the version that was read under the lock."""
    book = master.risk(connection, loaded.risk_version)
    rate = settings.load().kagaz_order_rate
    facts = book.facts(work.id, work.standing.user_id, work.market, one, loaded.market.trading_date, rate)
    return replace(facts, crossing=loaded.crossing) if loaded.crossing else facts


def open_task(
    connection: Connection,
    master: masters.Master,
    account_id: int,
    instruments: Sequence[Instrument] = (),
    *,
    latency_ms: int = 0,
    **wanted: Any,
) -> Task:
    """Load an account with all that orders in ``instruments`` touch. Raises UNKNOWN_ACCOUNT."""
    loaded = load(
        connection,
        [account_id],
        instruments=[each.id for each in instruments],
        underlyings=[each.margin_underlying for each in instruments],
        **wanted,
    )
    if loaded is None:
        raise Refusal(Reason.UNKNOWN_ACCOUNT, "No such account.", "account")
    work = loaded.works[account_id]
    risk = risk_of(connection, master, loaded, work, instruments[0]) if instruments else NO_RISK
    return Task(work, facts_of(master, loaded, latency_ms, risk), loaded)


def must_be_current(task: Task) -> None:
    """Raise where the account is archived, or its day has not been rolled to the market's yet."""
    if task.work.id in task.loaded.archived:
        raise Refusal(Reason.ACCOUNT_ARCHIVED, "The account was reset: it can be read, not traded.", "account")
    if task.work.trading_date != task.facts.market.trading_date:
        raise Refusal(Reason.MARKET_ROLLING, "The day is being closed. Try again in a few seconds.")
