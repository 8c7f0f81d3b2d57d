"""What streams read: what changed of some accounts since their versions, and whose streams must end.

Versions rise under an account's lock, so within one account they come in the order of the commits: what was
read at version n is complete up to n. Each question is one snapshot for all accounts together.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from db.engine import Database
from db.reading import Statement, together
from db.screen_rows import OrderRow, PositionRow, TradeRow, WalletRow
from db.screens import (
    HEADER,
    LAST,
    ORDER,
    ORDERS,
    POSITION,
    POSITIONS,
    TRADE,
    order_of,
    position_of,
    trade_of,
)
from db.wallet_screen import wallet_questions, wallets_of

MOST_OPEN = 5_000

VERSIONS = Statement(
    """
    select a.id, a.version, a.trading_date
    from unnest(cast(:accounts as bigint[]), cast(:versions as bigint[])) as s(id, version)
    join accounts a on a.id = s.id and a.version > s.version
    """
)
# A row that changes carries its account's trading date or, at a roll, the date before: the date on which the
# account was last looked at bounds the index, so that no old rows are read.
SEEN = """
(select * from unnest(cast(:accounts as bigint[]), cast(:versions as bigint[]), cast(:days as date[]))
    as s(account_id, version, day)) seen
"""
ORDERS_SINCE = Statement(
    ORDER
    + f"join {SEEN} on seen.account_id = o.account_id and o.trading_date >= seen.day and o.version > seen.version "
    "order by o.version, o.id"
)
TRADES_SINCE = Statement(
    TRADE
    + f"join {SEEN} on seen.account_id = t.account_id and t.trading_date >= seen.day and t.version > seen.version "
    "order by t.version, t.id"
)
POSITIONS_SINCE = Statement(
    f"""
    select changed.* from ({POSITION}) changed
    join {SEEN} on seen.account_id = changed.account_id and changed.version > seen.version
    order by changed.version
    """
)
# Asked four times a second by every web process, hence plain and prepared, on a connection at hand.
GLANCE = """
select 'market', m.id from unnest(%(markets)s::text[], %(frames)s::bigint[]) as s(id, frame)
join markets m on m.id = s.id and m.frame <> s.frame
union all
select 'account', a.id::text from unnest(%(accounts)s::bigint[], %(versions)s::bigint[]) as s(id, version)
join accounts a on a.id = s.id and a.version > s.version
"""
ENDED = """
select 'session', s.id::text from unnest(%(sessions)s::uuid[]) as s(id)
where not exists (
    select 1 from sessions x join users u on u.id = x.user_id
    where x.public_id = s.id and x.revoked_at is null and x.expires_at > now() and u.active)
union all
select 'token', t.id::text from unnest(%(tokens)s::bigint[]) as t(id)
where not exists (
    select 1 from api_tokens x join users u on u.id = x.user_id
    where x.id = t.id and x.revoked_at is null and coalesce(x.expires_at > now(), true) and u.active)
union all
select 'access', r.user_id || '/' || r.account_id
from unnest(%(users)s::bigint[], %(accounts)s::bigint[]) as r(user_id, account_id)
where not exists (
    select 1 from accounts a join users u on u.id = r.user_id join markets m on m.id = a.market
    where a.id = r.account_id and (a.user_id = u.id or (m.shown_to is null and (u.role = 'admin' or exists (
        select 1 from account_shares g where g.account_id = a.id and g.user_id = u.id)))))
union all
select 'archived', a.id::text from accounts a
where a.id = any(%(accounts)s::bigint[]) and a.archived_at is not null
"""


@dataclass(frozen=True, slots=True)
class Seen:
    """How far a reader has read an account."""

    account_id: int
    version: int
    day: date


@dataclass(frozen=True, slots=True)
class Changed:
    """An account's rows that changed since ``since``; complete up to ``version``."""

    account_id: int
    since: int
    version: int
    day: date
    wallet: WalletRow | None = None
    orders: list[OrderRow] = field(default_factory=list)
    trades: list[TradeRow] = field(default_factory=list)
    positions: list[PositionRow] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Joined:
    """An account as one snapshot shows it: what works, what is open, and the money."""

    version: int
    day: date
    orders: list[OrderRow]
    positions: list[PositionRow]
    wallet: WalletRow | None


def since(database: Database, seen: Sequence[Seen]) -> list[Changed]:
    """What changed of those accounts; nothing of an account whose version stands where it was."""
    by_id = {each.account_id: each for each in seen}
    moved = [by_id[int(account)] for what, account in glance(database, {}, seen) if what == "account"]
    if not moved:
        return []
    ids = [each.account_id for each in moved]
    values = {
        "accounts": ids,
        "versions": [each.version for each in moved],
        "days": [each.day for each in moved],
    }
    tops, orders, trades, positions, *money = together(
        database,
        (VERSIONS, values),
        (ORDERS_SINCE, values),
        (TRADES_SINCE, values),
        (POSITIONS_SINCE, values),
        *wallet_questions(ids),
    )
    wallets = wallets_of(*money)
    found = {
        top["id"]: Changed(
            top["id"], by_id[top["id"]].version, top["version"], top["trading_date"], wallets.get(top["id"])
        )
        for top in tops
    }
    for each in orders:
        found[each["account_id"]].orders.append(order_of(each))
    for each in trades:
        found[each["account_id"]].trades.append(trade_of(each))
    for each in positions:
        found[each["account_id"]].positions.append(position_of(each))
    return list(found.values())


def how_far(database: Database, account_id: int) -> Seen | None:
    """How far an account is; None for an unknown id."""
    with database.autocommit() as connection:
        row = connection.execute("select version, trading_date from accounts where id = %s", [account_id]).fetchone()
    return None if row is None else Seen(account_id, *row)


def join(database: Database, account_id: int, full: bool) -> Joined | None:
    """The account as it stands; without ``full`` its version alone. None for an unknown id."""
    top = (HEADER, {"account": account_id})
    if not full:
        (heads,) = together(database, top)
        return Joined(heads[0]["version"], heads[0]["trading_date"], [], [], None) if heads else None
    tops, working, positions, *money = together(
        database,
        top,
        (ORDERS["open", False], {"account": account_id, "cursor": LAST, "limit": MOST_OPEN}),
        (POSITIONS, {"accounts": [account_id]}),
        *wallet_questions([account_id]),
    )
    if not tops:
        return None
    return Joined(
        tops[0]["version"],
        tops[0]["trading_date"],
        [order_of(each) for each in working],
        [position_of(each) for each in positions],
        wallets_of(*money).get(account_id),
    )


def ended(
    database: Database, sessions: Sequence[str], tokens: Sequence[int], readers: Sequence[tuple[int, int]]
) -> set[tuple[str, str]]:
    """Which sessions and tokens are over, and which (user, account) may be read no longer.

    The answer holds ("session", public id), ("token", id), ("access", "user/account"), ("archived", account).
    """
    values = {
        "sessions": list(sessions),
        "tokens": list(tokens),
        "users": [user for user, _ in readers],
        "accounts": [account for _, account in readers],
    }
    with database.autocommit() as connection:
        return set(connection.execute(ENDED, values, prepare=True).fetchall())


def glance(database: Database, markets: Mapping[str, int], seen: Sequence[Seen]) -> set[tuple[str, str]]:
    """What is worth a look: ("market", id) where another frame is the last, ("account", id) that changed."""
    values = {
        "markets": list(markets),
        "frames": list(markets.values()),
        "accounts": [each.account_id for each in seen],
        "versions": [each.version for each in seen],
    }
    with database.autocommit() as connection:
        return set(connection.execute(GLANCE, values, prepare=True).fetchall())
