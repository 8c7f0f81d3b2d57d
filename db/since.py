"""What changed of some accounts since their versions, everything in one statement.

Whoever looks at a stream waits for this between a fill and its row on the screen. Seven statements in a pipeline were
one round trip and eighteen waits, each of which a busy machine makes longer; one statement is one snapshot by itself,
and one wait. Its parts are the screens' own questions, asked of the accounts that moved, each answered as a list of
JSON. Versions rise under an account's lock, so that what was read at version n is complete up to n.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import orjson

from core.gtt import Gtt
from db import alerts, gtts
from db.arrays import Int8
from db.engine import Database
from db.reading import Statement
from db.screen_rows import OrderEvent, OrderRow, OrderStep, PositionRow, TradeRow, WalletRow
from db.screens import AMONG, ORDER, POSITION, TRADE, order_of, position_of, trade_of
from db.wallet_screen import HOLDS_OF, MARGINS_OF, WALLETS_OF, wallets_of

PLANS = "set plan_cache_mode = force_generic_plan; set enable_seqscan = off; set jit = off"
"""For connections that ask this again and again: planned once, by index. To plan it takes many times as long as to run
it, and a plan for any values reads all accounts to find one."""

_MOVED = """
with moved as materialized (
    select a.id, s.version as since, s.day, a.version, a.trading_date
    from unnest(cast(:accounts as bigint[]), cast(:versions as bigint[]), cast(:days as date[]))
        as s(id, version, day)
    join accounts a on a.id = s.id and a.version > s.version
)
"""
_THOSE = "array(select id from moved)"


def _list(name: str, rows: str) -> str:
    """One part of the answer."""
    return f"'{name}', (select json_agg(part) from ({rows}) part)"


# A row that changes carries its account's trading date or, at a roll, the date before: the date on which the account
# was last looked at bounds the index, so that no old rows are read.
_ORDERS = ORDER + (
    "join moved seen on seen.id = o.account_id and o.trading_date >= seen.day and o.version > seen.since"
    " order by o.version, o.id"
)
_TRADES = TRADE + (
    "join moved seen on seen.id = t.account_id and t.trading_date >= seen.day and t.version > seen.since"
    " order by t.version, t.id"
)
_POSITIONS = f"""
select changed.* from ({POSITION.replace(AMONG, _THOSE)}) changed
join moved seen on seen.id = changed.account_id and changed.version > seen.since order by changed.version
"""
_GTTS = gtts.GTT + (
    "join moved seen on seen.id = g.account_id and g.version > seen.since"
    " where g.account_id = any(cast(:with_gtts as bigint[])) order by g.version, g.id"
)
_PLACED = """
select o.id, o.status, o.quantity, o.filled from moved seen
join gtts g on g.account_id = seen.id and g.version > seen.since join gtt_legs l on l.gtt_id = g.id
join orders o on o.id = l.order_id where g.account_id = any(cast(:with_gtts as bigint[]))
"""
# Of each order that changed, its newest steps: by its number, so that what an order of many fills has behind it is not
# read again with each of them. A step of before there were versions is told by the order's row alone.
MOST_STEPS = 100
_STEPS = f"""
select o.account_id, e.order_id, e.version, e.n, e.at, e.event, e.status, e.actor, e.reason_code, e.reason, e.quantity,
       e.price, e.trigger_price, e.filled
from moved seen
join orders o on o.account_id = seen.id and o.trading_date >= seen.day and o.version > seen.since
join order_events e on e.order_id = o.id and e.n > o.events - {MOST_STEPS} and e.version > seen.since
order by e.version, e.order_id, e.n
"""
_FILLS = """
select t.account_id, t.order_id, t.value from moved seen
join trades t on t.account_id = seen.id and t.trading_date >= seen.day and t.version > seen.since
where t.kind = 'FILL' order by t.id
"""
_ALERTS = alerts.newest("(select id from moved where id = any(cast(:with_alerts as bigint[]))) as one")
_MONEY = [
    _list(name, question.replace(AMONG, _THOSE))
    for name, question in (("holds", HOLDS_OF), ("margins", MARGINS_OF), ("wallets", WALLETS_OF))
]
EVERYTHING = Statement(
    f"{_MOVED} select cast(json_build_object("
    + ", ".join(
        [
            _list("accounts", "select * from moved"),
            _list("orders", _ORDERS),
            _list("trades", _TRADES),
            _list("positions", _POSITIONS),
            _list("gtts", _GTTS),
            _list("placed", _PLACED),
            _list("alerts", _ALERTS),
            *_MONEY,
        ]
    )
    + ") as text) where exists (select 1 from moved)"
)
ORDERS_ALONE = Statement(
    f"{_MOVED} select cast(json_build_object("
    + ", ".join(
        [
            _list("accounts", "select * from moved"),
            _list("orders", _ORDERS),
            _list("steps", _STEPS),
            _list("fills", _FILLS),
            _list("covers", gtts.covers_of(_THOSE)),
        ]
    )
    + ") as text) where exists (select 1 from moved)"
)
_DATES = frozenset({"trading_date", "expiry", "expires_on", "day"})
_TIMES = frozenset(
    {
        "placed_at", "updated_at", "active_from", "expires_at", "traded_at", "exchange_time", "at", "as_of",
        "called_since", "closing_since", "seen_at", "created_at",
    }
)  # fmt: skip
_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Seen:
    """How far a reader has read an account."""

    account_id: int
    version: int
    day: date


@dataclass(frozen=True, slots=True)
class Changed:
    """An account's rows that changed since ``since``; complete up to ``version``. ``alerts`` are those of late,
    whether they are new or not, newest first. Where orders alone were asked for, ``covers`` are all of the day's,
    ``steps`` what the orders went through, in its order, and ``fills`` what they traded for, as (order, paise)."""

    account_id: int
    since: int
    version: int
    day: date
    wallet: WalletRow | None = None
    orders: list[OrderRow] = field(default_factory=list)
    trades: list[TradeRow] = field(default_factory=list)
    positions: list[PositionRow] = field(default_factory=list)
    gtts: list[Gtt] = field(default_factory=list)
    alerts: list[dict[str, Any]] = field(default_factory=list)
    covers: list[tuple[Gtt, int, str | None]] = field(default_factory=list)
    steps: list[OrderStep] = field(default_factory=list)
    fills: list[tuple[int, int]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Besides:
    """Accounts of which also GTTs and alerts are wanted: alerts not older than ``alerts_from``, of each account the
    newest ``most``."""

    gtts: Collection[int] = ()
    alerts: Collection[int] = ()
    alerts_from: datetime = _NEVER
    most: int = 0


Placed = dict[int, tuple[str, int, int]]
"""(status, quantity, filled) of the orders that GTTs placed, by id."""


def everything(database: Database, seen: Sequence[Seen], besides: Besides) -> tuple[list[Changed], Placed]:
    """What changed of those accounts, and the orders that their GTTs placed; nothing of an account whose version stands
    where it was."""
    found = _ask(
        database,
        EVERYTHING,
        seen,
        with_gtts=Int8(list(besides.gtts)),
        with_alerts=Int8(list(besides.alerts)),
        since=besides.alerts_from,
        limit=besides.most,
    )
    wallets = wallets_of(*(_native(found.get(name)) for name in ("holds", "margins", "wallets")))
    by_id = {each.account_id: each for each in _heads(found, wallets)}
    for row in _native(found.get("orders")):
        by_id[row["account_id"]].orders.append(order_of(row))
    for row in _native(found.get("trades")):
        by_id[row["account_id"]].trades.append(trade_of(row))
    for row in _native(found.get("positions")):
        by_id[row["account_id"]].positions.append(position_of(row))
    for row in _native(found.get("gtts")):
        by_id[row["account_id"]].gtts.append(gtts.gtt_of(tuple(row.values())))
    for row in _native(found.get("alerts")):
        by_id[row["account_id"]].alerts.append(row)
    placed = {row["id"]: (row["status"], row["quantity"], row["filled"]) for row in found.get("placed") or ()}
    return list(by_id.values()), placed


def orders_alone(database: Database, seen: Sequence[Seen]) -> list[Changed]:
    """The orders that changed of those accounts, step by step, and all cover orders' stops of the day."""
    found = _ask(database, ORDERS_ALONE, seen)
    by_id = {each.account_id: each for each in _heads(found, {})}
    for row in _native(found.get("orders")):
        by_id[row["account_id"]].orders.append(order_of(row))
    for row in _native(found.get("steps")):
        steps = by_id[row.pop("account_id")].steps
        steps.append(OrderStep(row.pop("order_id"), row.pop("version"), OrderEvent(**row)))
    for row in found.get("fills") or ():
        by_id[row["account_id"]].fills.append((row["order_id"], row["value"]))
    for row in _native(found.get("covers")):
        *values, filled, tag = row.values()
        by_id[row["account_id"]].covers.append((gtts.gtt_of(tuple(values)), filled, tag))
    return list(by_id.values())


def _ask(database: Database, statement: Statement, seen: Sequence[Seen], **more: Any) -> dict[str, Any]:
    """The parts by name; none where no account moved."""
    values = {
        "accounts": Int8([each.account_id for each in seen]),
        "versions": Int8([each.version for each in seen]),
        "days": [each.day for each in seen],
    }
    with database.autocommit() as connection:
        row = connection.execute(statement.plain, values | more, prepare=True).fetchone()
    return {} if row is None else orjson.loads(row[0])


def _heads(found: Mapping[str, Any], wallets: Mapping[int, WalletRow]) -> Iterable[Changed]:
    for row in _native(found.get("accounts")):
        yield Changed(row["id"], row["since"], row["version"], row["trading_date"], wallets.get(row["id"]))


def _native(rows: list[dict[str, Any]] | None) -> list[dict[str, Any]]:
    """JSON's rows with their dates and instants as such."""
    for row in rows or ():
        for name, value in row.items():
            if value is not None:
                if name in _DATES:
                    row[name] = date.fromisoformat(value)
                elif name in _TIMES:
                    row[name] = datetime.fromisoformat(value)
    return rows or []
