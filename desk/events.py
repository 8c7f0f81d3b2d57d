"""What a stream lives on: rings, what changed of accounts, the clocks of markets, and who may still listen."""

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from db import changes
from db.changes import Besides, Seen
from db.doorbell import ACCOUNTS, CONTROL, FRAMES, listen
from db.engine import Database
from db.since import PLANS
from desk import alerts, greeks, market, masters
from desk.access import AccountRef
from desk.gtt_rows import gtt_row
from desk.holding_rows import position_rows
from desk.rows import Row, order_row, trade_row, wallet_row
from desk.screens import feed_row, phase_of

__all__ = [
    "ACCOUNTS",
    "CONTROL",
    "FRAMES",
    "PLANS",
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
    besides = Besides(with_gtts, with_alerts, datetime.now(UTC) - LATELY, MOST_ALERTS)
    found, placed = changes.since(database, seen, besides)
    greeks.foresee(position for each in found for position in each.positions)
    master = masters.get(database)
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
            [gtt_row(one, master.by_id[one.instrument_id], keys[each.account_id], placed) for one in each.gtts],
            alerts.told(each.alerts, keys[each.account_id], master),
        )
        for each in found
    ]


def glance(database: Database, markets: Mapping[str, int], seen: Sequence[Seen]) -> tuple[bool, bool]:
    """Whether any market has another last frame than the one named, and whether any account changed."""
    found = {what for what, _ in changes.glance(database, markets, seen)}
    return "market" in found, "account" in found


def how_far(database: Database, accounts: Sequence[AccountRef]) -> dict[int, Seen]:
    """How far accounts are at this moment, by id."""
    return changes.how_far(database, list({each.id for each in accounts}))


def join(database: Database, accounts: Sequence[AccountRef], full: Collection[AccountRef]) -> dict[int, Join]:
    """Accounts as they stand now, by id, all at one instant; of those that are not ``full`` the version alone. What is
    gone is left out."""
    keys = {each.id: each.key for each in accounts}
    master = masters.get(database)
    joined = changes.join(database, list(keys), [each.id for each in full])
    greeks.foresee(position for each in joined.values() for position in each.positions)
    return {
        number: Join(
            found.version,
            found.day,
            [order_row(each.order, each.listing, keys[number]) for each in found.orders],
            position_rows(found.positions, keys[number], master),
            None if found.wallet is None else wallet_row(found.wallet, keys[number]),
        )
        for number, found in joined.items()
    }


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
