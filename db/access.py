"""Who is behind a cookie or a token, and which accounts they may see.

Every statement that names an account, an order or a token is bounded by the asking user in SQL, so
that a forgotten check elsewhere finds nothing rather than somebody else's row.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.rows import tuple_row

from db.rows import many, one, value


@dataclass(frozen=True, slots=True)
class PrincipalRow:
    """What a living session or token stands for. ``stale``: its last use was noted over a minute ago."""

    user_id: int
    name: str
    role: str
    must_change_password: bool
    public_id: UUID | None
    token_id: int | None
    account_id: int | None
    scopes: list[str]
    expires_at: datetime | None
    stale: bool


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account with its owner's name; ``running`` tells whether its market is switched on, ``live`` whether that
    is its owner's alone."""

    id: int
    owner: str
    user_id: int
    market: str
    name: str
    archived: bool
    running: bool
    live: bool


@dataclass(frozen=True, slots=True)
class TokenRow:
    """An API token as its owner may see it; ``account`` is the only one it reaches, if it is bound to one."""

    id: int
    name: str
    scopes: list[str]
    account: str | None
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


_ACCOUNT = """select a.id, u.name as owner, a.user_id, a.market, a.name,
       a.archived_at is not null as archived, m.running, m.shown_to is not null as live
    from accounts a join users u on u.id = a.user_id join markets m on m.id = a.market """
# Own accounts, those shared with the user, and all of them for who administers; but of a market that is
# shown to one user alone none that is not one's own: a book there shows what may be shown to nobody else.
_VISIBLE = """(a.user_id = %s or (m.shown_to is null and (%s or exists
    (select 1 from account_shares s where s.account_id = a.id and s.user_id = %s)))) """


_SESSION = """u.id as user_id, u.name, u.role, u.must_change_password, s.public_id,
           null::bigint as token_id, null::bigint as account_id, '{read,trade}'::text[] as scopes,
           s.expires_at, s.last_seen_at < now() - interval '1 minute' as stale
    from sessions s join users u on u.id = s.user_id
    where s.revoked_at is null and s.expires_at > now() and u.active """
HOLDER = """u.id as user_id, u.name, u.role, false as must_change_password, null::uuid as public_id,
           t.id as token_id, coalesce(living.id, t.account_id) as account_id, t.scopes, t.expires_at,
           coalesce(t.last_used_at < now() - interval '1 minute', true) as stale
    from api_tokens t join users u on u.id = t.user_id
    left join accounts bound on bound.id = t.account_id
    left join accounts living on (living.user_id, living.market, living.name)
        = (bound.user_id, bound.market, bound.name) and living.archived_at is null
    where t.revoked_at is null and coalesce(t.expires_at > now(), true) and u.active """
"""Who a living token of any kind belongs to. A bound account is followed through resets."""


def principal_by_session(connection: Connection[Any], digest: bytes) -> PrincipalRow | None:
    """Who a living session with this digest belongs to."""
    return one(connection, PrincipalRow, f"select {_SESSION} and s.token_sha256 = %s", (digest,))


def principal_by_token(connection: Connection[Any], digest: bytes) -> PrincipalRow | None:
    """Who a living token with this digest belongs to; those of programs with keys are not among them."""
    return one(connection, PrincipalRow, f"select {HOLDER} and t.app_id is null and t.token_sha256 = %s", (digest,))


def principals_by_session(connection: Connection[Any], digests: Sequence[bytes]) -> dict[bytes, PrincipalRow]:
    """The same for many at once; who is not among the answers holds none."""
    return _by_digest(connection, f"select s.token_sha256, {_SESSION} and s.token_sha256 = any(%s)", digests)


def principals_by_token(connection: Connection[Any], digests: Sequence[bytes]) -> dict[bytes, PrincipalRow]:
    """The same for many at once; who is not among the answers holds none."""
    of_people = "and t.app_id is null and t.token_sha256 = any(%s)"
    return _by_digest(connection, f"select t.token_sha256, {HOLDER} {of_people}", digests)


def _by_digest(connection: Connection[Any], sql: str, digests: Sequence[bytes]) -> dict[bytes, PrincipalRow]:
    with connection.cursor(row_factory=tuple_row) as cursor:
        return {bytes(row[0]): PrincipalRow(*row[1:]) for row in cursor.execute(sql, (list(digests),)).fetchall()}


def note_use(connection: Connection[Any], rows: Sequence[PrincipalRow]) -> None:
    """Note that sessions and tokens are in use; callers do so once a minute at most for each.

    Whoever is being noted elsewhere at this moment is passed over, so that two who note many never wait for each other.
    """
    tokens = [each.token_id for each in rows if each.token_id is not None]
    sessions = [each.public_id for each in rows if each.token_id is None]
    if tokens:
        connection.execute(
            "update api_tokens set last_used_at = now() where id in"
            " (select id from api_tokens where id = any(%s) for no key update skip locked)",
            (tokens,),
        )
    if sessions:
        connection.execute(
            "update sessions set last_seen_at = now() where public_id in"
            " (select public_id from sessions where public_id = any(%s) for no key update skip locked)",
            (sessions,),
        )


def still_valid(connection: Connection[Any], public_id: UUID | None, token_id: int | None) -> bool:
    """Whether the session or the token named still opens the door."""
    if token_id is not None:
        sql = """select 1 from api_tokens t join users u on u.id = t.user_id where t.id = %s
                 and t.revoked_at is null and coalesce(t.expires_at > now(), true) and u.active"""
        return value(connection, sql, (token_id,)) is not None
    sql = """select 1 from sessions s join users u on u.id = s.user_id where s.public_id = %s
             and s.revoked_at is null and s.expires_at > now() and u.active"""
    return value(connection, sql, (public_id,)) is not None


def accounts(connection: Connection[Any], user_id: int, admin: bool, only: int | None) -> list[AccountRow]:
    """Accounts this user may read: own first, living before archived; ``only`` narrows to one id."""
    sql = (
        _ACCOUNT
        + "where "
        + _VISIBLE
        + """and (%s::bigint is null or a.id = %s)
        order by a.user_id <> %s, a.archived_at is not null, not m.running, m.shown_to is not null, a.name <> 'main',
            u.name, a.name, a.id"""
    )
    return many(connection, AccountRow, sql, (user_id, admin, user_id, only, only, user_id))


def accounts_of(connection: Connection[Any], askers: Sequence[tuple[int, int | None]]) -> list[list[AccountRow]]:
    """Accounts that are a user's own or shared with them, for many (user, only) at once, in the order of ``accounts``
    for who is no administrator."""
    sql = f"""
        with asked as (
            select * from unnest(%s::bigint[], %s::bigint[]) with ordinality as one(user_id, only_id, n)
        )
        select asked.n, own.* from asked join ({_ACCOUNT}) own on own.user_id = asked.user_id
        where asked.only_id is null or own.id = asked.only_id
        union all
        select asked.n, shared.* from asked join account_shares s on s.user_id = asked.user_id
        join ({_ACCOUNT}) shared on shared.id = s.account_id
        where shared.user_id <> asked.user_id and not shared.live
          and (asked.only_id is null or shared.id = asked.only_id)"""
    found: list[list[AccountRow]] = [[] for _ in askers]
    with connection.cursor(row_factory=tuple_row) as cursor:
        values = ([user for user, _ in askers], [only for _, only in askers])
        for row in cursor.execute(sql, values).fetchall():
            found[row[0] - 1].append(AccountRow(*row[1:]))
    for (user_id, _), mine in zip(askers, found, strict=True):
        mine.sort(key=partial(_place, user_id))
    return found


def _place(user_id: int, one: AccountRow) -> tuple[Any, ...]:
    """Where an account stands among those that a user may read: as ``accounts`` orders them."""
    other, rest = one.user_id != user_id, (one.owner, one.name, one.id)
    return (other, one.archived, not one.running, one.live, one.name != "main", *rest)


def accounts_named(connection: Connection[Any], owner: str, name: str) -> list[AccountRow]:
    """Every account of that name of that owner, living ones and those of running markets first.

    Not bounded by an asking user: the command line asks it, and ``desk.access`` filters.
    """
    sql = (
        "where u.name = %s and a.name = %s"
        " order by a.archived_at is not null, not m.running, m.shown_to is not null, a.id desc"
    )
    return many(connection, AccountRow, _ACCOUNT + sql, (owner, name))


def visible(connection: Connection[Any], account_id: int, user_id: int, admin: bool) -> bool:
    """Whether this user may read the account."""
    sql = "select 1 from accounts a join markets m on m.id = a.market where a.id = %s and " + _VISIBLE
    return value(connection, sql, (account_id, user_id, admin, user_id)) is not None


def account_of_order(connection: Connection[Any], order_id: int, user_id: int, admin: bool) -> AccountRow | None:
    """The account an order belongs to, if this user may see it; an unlocked read."""
    sql = _ACCOUNT + "join orders o on o.account_id = a.id where o.id = %s and " + _VISIBLE
    return one(connection, AccountRow, sql, (order_id, user_id, admin, user_id))


def account_of_gtt(connection: Connection[Any], gtt_id: int, user_id: int, admin: bool) -> AccountRow | None:
    """The account a GTT belongs to, if this user may see it; an unlocked read."""
    sql = _ACCOUNT + "join gtts g on g.account_id = a.id where g.id = %s and " + _VISIBLE
    return one(connection, AccountRow, sql, (gtt_id, user_id, admin, user_id))


def account_of_price_alert(connection: Connection[Any], alert_id: int, user_id: int, admin: bool) -> AccountRow | None:
    """The account a price alert belongs to, if this user may see it; an unlocked read."""
    sql = (
        _ACCOUNT
        + "join price_alerts p on p.account_id = a.id where p.id = %s and p.status <> 'DELETED' and "
        + _VISIBLE
    )
    return one(connection, AccountRow, sql, (alert_id, user_id, admin, user_id))


def running_market(connection: Connection[Any]) -> tuple[str, date] | None:
    """The market of everybody that is switched on and the date it trades; the first by name if several are.

    Its row stays locked, so that no account is opened on a date that ends meanwhile.
    """
    sql = "select id, trading_date from markets where running and shown_to is null order by id limit 1 for share"
    with connection.cursor(row_factory=tuple_row) as cursor:
        row = cursor.execute(sql).fetchone()
    return None if row is None else (row[0], row[1])


def insert_account(connection: Connection[Any], user_id: int, market: str, name: str, today: date) -> int | None:
    """The new account's id; None when a living account of that name is there already, and in a market of another."""
    sql = """insert into accounts (user_id, market, name, trading_date)
             select u.id, m.id, %s, %s from users u join markets m on m.shown_to is null or m.shown_to = u.id
             where u.id = %s and m.id = %s
             on conflict (user_id, market, name) where archived_at is null do nothing returning id"""
    found = value(connection, sql, (name, today, user_id, market))
    return None if found is None else int(found)


def open_main_books(connection: Connection[Any], market: str) -> int:
    """Opens ``main`` in one of everybody's markets for all who have it in another of them; how many."""
    sql = """insert into accounts (user_id, market, name, trading_date)
             select distinct a.user_id, m.id, a.name, m.trading_date
             from accounts a join markets its on its.id = a.market and its.shown_to is null
             join users u on u.id = a.user_id and u.active
             join markets m on m.id = %s
             where a.name = 'main' and a.archived_at is null
             on conflict (user_id, market, name) where archived_at is null do nothing"""
    return connection.execute(sql, (market,)).rowcount


def books_of(connection: Connection[Any], user_id: int, market: str) -> int:
    """How many living books the user has in a market."""
    sql = "select count(*) from accounts where user_id = %s and market = %s and archived_at is null"
    return int(value(connection, sql, (user_id, market)))


def share(connection: Connection[Any], account_id: int, user_id: int, granted_by: int | None) -> None:
    """Let a user read an account."""
    connection.execute(
        "insert into account_shares (account_id, user_id, granted_by) values (%s, %s, %s) on conflict do nothing",
        (account_id, user_id, granted_by),
    )


def unshare(connection: Connection[Any], account_id: int, user_id: int) -> None:
    """Take that back."""
    connection.execute("delete from account_shares where account_id = %s and user_id = %s", (account_id, user_id))


def sharers(connection: Connection[Any], account_id: int, after: str | None, limit: int) -> list[str]:
    """Names of those with whom an account is shared, so many behind a name."""
    sql = """select u.name from account_shares s join users u on u.id = s.user_id
             where s.account_id = %s and (%s::text is null or u.name > %s) order by u.name limit %s"""
    with connection.cursor(row_factory=tuple_row) as cursor:
        return [row[0] for row in cursor.execute(sql, (account_id, after, after, limit)).fetchall()]


def readers(connection: Connection[Any], user_id: int) -> list[tuple[str, str]]:
    """(Account's name, reader's name) of every share of a user's accounts."""
    sql = """select a.name, u.name from accounts a join account_shares s on s.account_id = a.id
             join users u on u.id = s.user_id where a.user_id = %s order by a.id, u.name"""
    with connection.cursor(row_factory=tuple_row) as cursor:
        return cursor.execute(sql, (user_id,)).fetchall()


def insert_token(
    connection: Connection[Any],
    digest: bytes,
    user_id: int,
    account_id: int | None,
    name: str,
    scopes: list[str],
    expires_at: datetime | None,
    app_id: int | None = None,
    *,
    request: tuple[str, str] | None = None,
) -> int:
    """The new token's id. ``request`` is the key and the hash of the request that made it."""
    sql = """insert into api_tokens
             (token_sha256, user_id, account_id, name, scopes, expires_at, app_id, request_key, request_hash)
             values (%s, %s, %s, %s, %s, %s, %s, %s, %s) returning id"""
    values = (digest, user_id, account_id, name, scopes, expires_at, app_id, *(request or (None, None)))
    return int(value(connection, sql, values))


_KEPT = """select t.id, t.name, t.scopes, u.name || '/' || a.name as account, t.created_at, t.expires_at,
       t.last_used_at
    from api_tokens t left join accounts a on a.id = t.account_id left join users u on u.id = a.user_id """


def tokens_of(
    connection: Connection[Any], user_id: int, before: int | None = None, limit: int | None = None
) -> list[TokenRow]:
    """A user's living tokens, newest first: all of them, or so many below an id."""
    sql = """where t.user_id = %s and t.app_id is null and t.revoked_at is null and coalesce(t.expires_at > now(), true)
             and (%s::bigint is null or t.id < %s) order by t.id desc limit %s"""
    return many(connection, TokenRow, _KEPT + sql, (user_id, before, before, limit))


def token_row(connection: Connection[Any], token_id: int) -> TokenRow | None:
    """A token as it was made, living or not."""
    return one(connection, TokenRow, _KEPT + "where t.id = %s", (token_id,))


def token_asked_for(connection: Connection[Any], user_id: int, key: str) -> tuple[int, str] | None:
    """The token that a user's request of this key made, and the hash of that request."""
    sql = "select id, request_hash from api_tokens where user_id = %s and request_key = %s"
    with connection.cursor(row_factory=tuple_row) as cursor:
        return cursor.execute(sql, (user_id, key)).fetchone()


def revoke_token(connection: Connection[Any], token_id: int, user_id: int) -> bool:
    """End one token of this user; False when there is no such living token."""
    sql = """update api_tokens set revoked_at = now()
             where id = %s and user_id = %s and revoked_at is null returning true"""
    return value(connection, sql, (token_id, user_id)) is not None


def revoke_tokens(connection: Connection[Any], user_id: int) -> int:
    """End all tokens of a user; returns how many."""
    cursor = connection.execute(
        "update api_tokens set revoked_at = now() where user_id = %s and revoked_at is null", (user_id,)
    )
    return cursor.rowcount
