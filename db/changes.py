"""What streams read: what changed of some accounts since their versions, and whose streams must end.

Each question is one snapshot for all accounts together.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from db.arrays import Int8
from db.engine import Database
from db.reading import Statement, together
from db.screen_rows import OrderRow, PositionRow, WalletRow
from db.screens import (
    ORDER,
    POSITIONS,
    WORKING,
    order_of,
    position_of,
)
from db.since import Besides, Changed, Placed, Seen, everything, orders_alone
from db.wallet_screen import wallet_questions, wallets_of

MOST_OPEN = 5_000

TOPS = Statement("select id, version, trading_date from accounts where id = any(cast(:accounts as bigint[]))")
WORKING_OF = Statement(
    f"""
    select mine.* from unnest(cast(:accounts as bigint[])) as one(id)
    cross join lateral ({ORDER} where o.account_id = one.id and {WORKING} order by o.id desc limit :limit) mine
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
class Joined:
    """An account as one snapshot shows it: what works, what is open, and the money."""

    version: int
    day: date
    orders: list[OrderRow] = field(default_factory=list)
    positions: list[PositionRow] = field(default_factory=list)
    wallet: WalletRow | None = None


MANY = 200
"""Accounts up to which it is cheaper to look at them all in one question than to ask first which of them moved."""


def since(database: Database, seen: Sequence[Seen], besides: Besides) -> tuple[list[Changed], Placed]:
    """What changed of those accounts, and the orders that their GTTs placed; one round trip, two of very many."""
    moved = _moved(database, seen)
    return everything(database, moved, besides) if moved else ([], {})


def orders_since(database: Database, seen: Sequence[Seen]) -> list[Changed]:
    """The orders that changed of those accounts, and all cover orders' stops of the day; round trips as above."""
    moved = _moved(database, seen)
    return orders_alone(database, moved) if moved else []


def _moved(database: Database, seen: Sequence[Seen]) -> Sequence[Seen]:
    if len(seen) <= MANY:
        return seen
    moved = {account for what, account in glance(database, {}, seen) if what == "account"}
    return [each for each in seen if str(each.account_id) in moved]


def how_far(database: Database, accounts: Sequence[int]) -> dict[int, Seen]:
    """How far accounts are, by id; those that are unknown are left out."""
    with database.autocommit() as connection:
        sql = "select id, version, trading_date from accounts where id = any(%s)"
        return {row[0]: Seen(*row) for row in connection.execute(sql, [list(accounts)])}


def join(database: Database, accounts: Sequence[int], full: Sequence[int]) -> dict[int, Joined]:
    """Accounts as they stand, by id, all on one snapshot; of those that are not ``full`` the version alone. Those that
    are unknown are left out."""
    if not full:
        return {number: Joined(seen.version, seen.day) for number, seen in how_far(database, accounts).items()}
    tops, working, positions, *money = together(
        database,
        (TOPS, {"accounts": list(accounts)}),
        (WORKING_OF, {"accounts": list(full), "limit": MOST_OPEN}),
        (POSITIONS, {"accounts": list(full)}),
        *wallet_questions(full),
    )
    wallets = wallets_of(*money)
    found = {top["id"]: Joined(top["version"], top["trading_date"], wallet=wallets.get(top["id"])) for top in tops}
    for each in working:
        found[each["account_id"]].orders.append(order_of(each))
    for each in positions:
        found[each["account_id"]].positions.append(position_of(each))
    return found


def ended(
    database: Database, sessions: Sequence[str], tokens: Sequence[int], readers: Sequence[tuple[int, int]]
) -> set[tuple[str, str]]:
    """Which sessions and tokens are over, and which (user, account) may be read no longer.

    The answer holds ("session", public id), ("token", id), ("access", "user/account"), ("archived", account).
    """
    values = {
        "sessions": list(sessions),
        "tokens": Int8(list(tokens)),
        "users": Int8([user for user, _ in readers]),
        "accounts": Int8([account for _, account in readers]),
    }
    with database.autocommit() as connection:
        return set(connection.execute(ENDED, values, prepare=True).fetchall())


def glance(database: Database, markets: Mapping[str, int], seen: Sequence[Seen]) -> set[tuple[str, str]]:
    """What is worth a look: ("market", id) where another frame is the last, ("account", id) that changed."""
    values = {
        "markets": list(markets),
        "frames": Int8(list(markets.values())),
        "accounts": Int8([each.account_id for each in seen]),
        "versions": Int8([each.version for each in seen]),
    }
    with database.autocommit() as connection:
        return set(connection.execute(GLANCE, values, prepare=True).fetchall())
