"""What a stream lives on: rings, what changed of accounts, the clocks of markets, and who may still listen."""

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from db import changes, gtts
from db.changes import Changed, Seen
from db.doorbell import ACCOUNTS, CONTROL, FRAMES, listen
from db.engine import Database
from desk import alerts, market, masters
from desk.access import AccountRef
from desk.gtt_rows import gtt_row
from desk.holding_rows import position_rows
from desk.rows import Row, order_row, trade_row, wallet_row
from desk.screens import feed_row, phase_of

__all__ = [
    "ACCOUNTS",
    "CONTROL",
    "FRAMES",
    "Change",
    "Seen",
    "clocks",
    "ended",
    "follow",
    "glance",
    "how_far",
    "join",
    "since",
]

LATELY = timedelta(minutes=1)
"""How far alerts are looked back for: what was committed later than others may be older than they are."""
MOST_ALERTS = 500
"""Of one account in one look."""


@dataclass(frozen=True, slots=True)
class Change:
    """What an account's listeners are told: complete up to ``version``, counted from ``since``.

    ``orders`` and ``trades`` are in the order of their versions; rows are as the API shows them.
    """

    account_id: int
    since: int
    version: int
    day: Any
    orders: list[Row]
    trades: list[Row]
    positions: list[Row]
    wallet: Row | None
    gtts: list[Row] = field(default_factory=list)
    alerts: list[Row] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Join:
    """An account at the moment a stream joins: its version, and the rows of its first snapshot."""

    version: int
    day: Any
    orders: list[Row]
    positions: list[Row]
    wallet: Row | None


def follow(
    database: Database, on_ring: Callable[[str | None], object], stop: threading.Event, poll_seconds: float = 0.25
) -> None:
    """Calls ``on_ring`` with FRAMES, ACCOUNTS or CONTROL when one rings, and with None to look anyway, until
    ``stop`` is set. Blocks; made for a thread of its own."""
    listen(database.url, (ACCOUNTS, FRAMES, CONTROL), on_ring, stop, poll_seconds)


def since(
    database: Database, seen: Sequence[Seen], keys: dict[int, str],
    with_gtts: Collection[int] = (), with_alerts: Collection[int] = (),
) -> list[Change]:  # fmt: skip
    """What changed of those accounts since the versions seen; ``keys`` are the accounts' names by id. Of those named
    besides also the GTTs that changed, and the alerts of the last minute."""
    if not seen:
        return []
    master = masters.get(database)
    found = changes.since(database, seen)
    moved = [each.account_id for each in found]
    rows = _gtts(database, [each for each in found if each.account_id in with_gtts], keys)
    told = {each: keys[each] for each in moved if each in with_alerts}
    heard = alerts.recent(database, told, datetime.now(UTC) - LATELY, MOST_ALERTS) if told else {}
    return [
        Change(
            each.account_id,
            each.since,
            each.version,
            each.day,
            [order_row(row.order, row.listing, keys[each.account_id]) for row in each.orders],
            [trade_row(row, keys[each.account_id]) for row in each.trades],
            position_rows(each.positions, keys[each.account_id], master),
            None if each.wallet is None else wallet_row(each.wallet, keys[each.account_id]),
            rows.get(each.account_id, []),
            heard.get(each.account_id, []),
        )
        for each in found
    ]


def _gtts(database: Database, found: Sequence[Changed], keys: dict[int, str]) -> dict[int, list[Row]]:
    """The GTTs that changed with those accounts, by account."""
    if not found:
        return {}
    by_id = masters.get(database).by_id
    told: dict[int, list[Row]] = {}
    with database.connection() as connection:
        rows = gtts.changed(connection, {each.account_id: each.since for each in found})
        placed = [leg.order_id for gtt in rows for leg in gtt.legs if leg.order_id]
        orders = gtts.states_of(connection, placed) if placed else {}
    for gtt in rows:
        row = gtt_row(gtt, by_id[gtt.instrument_id], keys[gtt.account_id], orders)
        told.setdefault(gtt.account_id, []).append(row)
    return told


def glance(database: Database, markets: Mapping[str, int], seen: Sequence[Seen]) -> tuple[bool, bool]:
    """Whether any market has another last frame than the one named, and whether any account changed."""
    found = {what for what, _ in changes.glance(database, markets, seen)}
    return "market" in found, "account" in found


def how_far(database: Database, account: AccountRef) -> Seen | None:
    """How far the account is at this moment. None when it is gone."""
    return changes.how_far(database, account.id)


def join(database: Database, account: AccountRef, full: bool) -> Join | None:
    """The account as it stands now; without ``full`` its version alone. None when it is gone."""
    found = changes.join(database, account.id, full)
    if found is None:
        return None
    master = masters.get(database)
    return Join(
        found.version,
        found.day,
        [order_row(each.order, each.listing, account.key) for each in found.orders],
        position_rows(found.positions, account.key, master),
        None if found.wallet is None else wallet_row(found.wallet, account.key),
    )


def clocks(database: Database, markets: Sequence[str]) -> dict[str, Row]:
    """The feed pill of each market that exists: {market, state, age_ms, frame}."""
    wanted = set(markets)
    return {each.id: feed_row(each, phase_of(database, each)) for each in market.markets(database) if each.id in wanted}


def ended(
    database: Database, sessions: Sequence[str], tokens: Sequence[int], readers: Sequence[tuple[int, int]]
) -> set[tuple[str, str]]:
    """("session", public id), ("token", id) and ("access", "user/account") of those that may listen no longer, and
    ("archived", account) of accounts that a reset has put away."""
    if not (sessions or tokens or readers):
        return set()
    return changes.ended(database, sessions, tokens, readers)
