"""Live markets: each owner of a vendor's account has one, ``live/<user>``, with its own books, clock and trading date.

It shows the vendor's prices, which nobody but their owner may see; a book in it is invisible to all others.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import settings
from core.reasons import Reason, Refusal
from core.vendors import TERMS, Vendor
from db import access as account_rows
from db import audit
from db import candles as candle_rows
from db import feeds as credential_rows
from db import live as rows
from db import market as market_rows
from db.engine import Database
from db.live import GapRow as Gap
from db.live import LiveRow
from desk import market as markets
from desk import recordings
from desk.access import require_write
from desk.principal import Principal
from desk.remember import forget_all

BOOK = "live-main"
"""The first book of a live market: its name differs from ``main``, because both markets run at once."""
MOST_GAPS = 20
__all__ = [
    "BOOK", "Gap", "LiveRow", "chart_failed", "charts_missing", "choose", "ensure", "fill_chart", "fill_gap",
    "fill_minutes", "for_first_administrator", "gap_failed", "gaps", "name_of", "of_owner", "reconnect", "record",
    "switch",
]  # fmt: skip


def name_of(user: str) -> str:
    """The market of a user."""
    return f"live/{user}"


def choose(database: Database, principal: Principal, feed: Vendor, backup: Vendor | None = None) -> str:
    """Make one's own live market on the first call, or give it other feeds; its id. It is switched on.

    Raises Refusal where nothing was typed in for a vendor, for who may not trade, and where as many run as may.
    """
    require_write(principal)
    if backup is feed:
        raise Refusal(Reason.BAD_INPUT, "The second feed is the same as the first. Choose another.", field="backup")
    with database.connection() as connection:
        kept = {each.vendor for each in credential_rows.credentials(connection, principal.user_id)}
        known = rows.of_owner(connection, principal.user_id)
        if known is None or not known.running:
            _room(connection, name_of(principal.name) if known is None else known.id)
    for vendor in (feed, backup):
        if vendor is not None and vendor not in kept:
            sentence = f"Type in what opens {TERMS[vendor].title} first."
            raise Refusal(Reason.NOT_FOUND, sentence, field="feed" if vendor is feed else "backup")
    market = ensure(database, principal.user_id, principal.name, feed, backup)
    switch(database, principal, market, on=True)
    return market


def ensure(
    database: Database, user_id: int, user: str, feed: Vendor, backup: Vendor | None = None, *, on: bool = False
) -> str:
    """The live market of a user, made with its first book where it is missing; its feeds are those named."""
    with database.connection() as connection:
        found = rows.of_owner(connection, user_id)
        if found is not None:
            rows.set_feeds(connection, found.id, feed, backup)
            return found.id
    market = name_of(user)
    day = markets.calendar(database, "nse").trading_date_at(datetime.now(UTC))
    with database.connection() as connection:
        if not rows.insert(connection, market, user_id, feed, backup, day):
            sentence = f"There is a market {market} that is not yours. Ask an administrator to have you renamed."
            raise Refusal(Reason.FORBIDDEN, sentence)
        account_rows.insert_account(connection, user_id, market, BOOK, day)
        market_rows.set_running(connection, market, on)
        detail = {"feed": str(feed), "backup": None if backup is None else str(backup)}
        audit.append(connection, user, "LIVE_MARKET_MADE", market, user_id=user_id, detail=detail)
    forget_all()
    return market


def switch(database: Database, principal: Principal, market: str, *, on: bool) -> None:
    """Start or stop the feed of a live market: its owner's affair, or an administrator's. Its books stand still while
    it is off. Raises Refusal where as many run as may."""
    with database.connection() as connection:
        found = _mine(connection, principal, market)
        if on and not found.running:
            _room(connection, found.id)
        market_rows.set_running(connection, found.id, on)
        if on and not found.running:
            rows.open_anew(connection, found.id)
        action = "FEED_STARTED" if on else "FEED_STOPPED"
        audit.append(connection, principal.name, action, found.id, user_id=found.owner_id)
    forget_all()


def record(database: Database, principal: Principal, market: str, *, on: bool) -> None:
    """Have the frames of a live market written to files, or no more: its owner's affair, or an administrator's."""
    with database.connection() as connection:
        found = _mine(connection, principal, market)
    recordings.switch(database, principal.name, found.id, on=on)


def reconnect(database: Database, principal: Principal, market: str) -> None:
    """Have a live market's feed opened anew, also after a refusal that nothing else would end."""
    with database.connection() as connection:
        found = _mine(connection, principal, market)
        rows.open_anew(connection, found.id)
        audit.append(connection, principal.name, "FEED_RECONNECTED", found.id, user_id=found.owner_id)


def of_owner(database: Database, user_id: int) -> LiveRow | None:
    """A user's live market."""
    with database.autocommit() as connection:
        return rows.of_owner(connection, user_id)


def gaps(database: Database, market: str) -> list[Gap]:
    """Outages that are over and not filled in yet, the newest first."""
    with database.autocommit() as connection:
        return rows.open_gaps(connection, market, MOST_GAPS)


def fill_gap(database: Database, market: str, gap: Gap, candles: Any) -> bool:
    """Write what the vendor's history says of an outage, and close it, in one transaction: whoever comes second does
    nothing and is told False."""
    with database.connection() as connection:
        if not rows.close_gap(connection, gap.id, len(candles)):
            return False
        if len(candles):
            candle_rows.fill(connection, market, "1m", candles)
    return True


def gap_failed(database: Database, gap: Gap, why: str) -> None:
    """Say why an outage is not filled in yet."""
    with database.connection() as connection:
        rows.gap_failed(connection, gap.id, why[:300])


def charts_missing(database: Database, market: str, day: date, most: int) -> list[int]:
    """Whose past is to be asked of the vendor on a trading date: what is on a screen first, then what is held, then
    what is in lists; of the first ``most`` of them those that were not asked for yet."""
    with database.autocommit() as connection:
        looked_at = rows.looked_at(connection, market)
        wanted = dict.fromkeys((*looked_at, *market_rows.wanted(connection, market)))
        return rows.charts_missing(connection, market, day, list(wanted)[:most])


def fill_chart(
    database: Database, market: str, instrument: int, day: date, vendor: Vendor, candles: Mapping[str, Any]
) -> None:
    """Write an instrument's past as its vendor tells it, by interval (``1d``, ``1m``), in place of what is there."""
    count = sum(len(each) for each in candles.values())
    with database.connection() as connection:
        for interval, found in candles.items():
            if len(found):
                candle_rows.fill(connection, market, interval, found)
        rows.chart_filled(connection, market, instrument, day, vendor, count, None)


def fill_minutes(database: Database, market: str, candles: Any) -> None:
    """Write minutes as a vendor tells them, in place of what is there."""
    if len(candles):
        with database.connection() as connection:
            candle_rows.fill(connection, market, "1m", candles)


def chart_failed(database: Database, market: str, instrument: int, day: date, vendor: Vendor, why: str) -> None:
    """The vendor has no past of an instrument; it is not asked for it again on this date."""
    with database.connection() as connection:
        rows.chart_filled(connection, market, instrument, day, vendor, 0, why[:300])


def for_first_administrator(database: Database, feed: Vendor) -> None:
    """With a vendor named as the feed of a new Kagaz: a live market of the first administrator, if nobody has one."""
    with database.connection() as connection:
        owner = rows.first_administrator(connection)
        if owner is None or rows.all_live(connection):
            return
        name = next(
            each.owner for each in account_rows.accounts(connection, owner, False, None) if each.user_id == owner
        )
    ensure(database, owner, name, feed, on=True)


def _room(connection: Any, market: str) -> None:
    """Each market that runs keeps connections that everybody's orders need as well: there is an end to them."""
    most, running = settings.load().kagaz_live_markets, rows.others_running(connection, market)
    if running >= most:
        sentence = (
            f"Of live markets {most} may run at once, and {running} do. Try again when one was stopped, or ask the"
            " operator to raise KAGAZ_LIVE_MARKETS."
        )
        raise Refusal(Reason.TRY_AGAIN, sentence, field="market", numbers={"running": running, "most": most})


def _mine(connection: object, principal: Principal, market: str) -> LiveRow:
    """The live market of that name if it is the asker's to start and stop; another's does not exist."""
    require_write(principal)
    for each in rows.all_live(connection):  # type: ignore[arg-type]
        if each.id == market and (each.owner_id == principal.user_id or principal.is_admin):
            return each
    raise Refusal(Reason.NOT_FOUND, "There is no such live market.", field="market")
