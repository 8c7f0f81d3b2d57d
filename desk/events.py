"""What a stream lives on: rings, what changed of accounts, the clocks of markets, and who may still listen."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from db import changes
from db.changes import Seen
from db.doorbell import ACCOUNTS, CONTROL, FRAMES, listen
from db.engine import Database
from desk import market, masters
from desk.access import AccountRef
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


def since(database: Database, seen: Sequence[Seen], keys: dict[int, str]) -> list[Change]:
    """What changed of those accounts since the versions seen; ``keys`` are the accounts' names by id."""
    if not seen:
        return []
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
        )
        for each in changes.since(database, seen)
    ]


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
