"""Programs with keys, their logins and their access tokens. Only SHA-256 digests of keys and tokens come here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg import Connection
from psycopg.rows import tuple_row

from db import access
from db.access import PrincipalRow
from db.rows import many, one, value


@dataclass(frozen=True, slots=True)
class AppRow:
    """A program. ``salt`` gives, with its key, its secret; neither is kept. ``account`` is its account's name as
    its owner writes it, ``scopes`` what its access tokens may do, ``last_login_at`` when it was given one last."""

    id: int
    user_id: int
    owner: str
    account_id: int
    account: str
    name: str
    key_hint: str
    salt: bytes
    redirect_url: str | None
    scopes: list[str]
    created_at: datetime
    last_login_at: datetime | None
    last_used_at: datetime | None


_APP = """
select a.id, a.user_id, u.name as owner, a.account_id, u.name || '/' || b.name as account, a.name, a.key_hint, a.salt,
       a.redirect_url, a.scopes, a.created_at, given.last_login_at, given.last_used_at
from apps a join users u on u.id = a.user_id join accounts b on b.id = a.account_id
left join lateral (select max(t.created_at) as last_login_at, max(t.last_used_at) as last_used_at
                   from api_tokens t where t.app_id = a.id) given on true
where a.revoked_at is null and u.active """


def insert(
    connection: Connection[Any],
    digest: bytes,
    hint: str,
    salt: bytes,
    *,
    user_id: int,
    account_id: int,
    name: str,
    redirect_url: str | None,
    scopes: list[str],
) -> int:
    """The new program's id."""
    sql = """insert into apps (key_sha256, key_hint, salt, user_id, account_id, name, redirect_url, scopes)
             values (%s, %s, %s, %s, %s, %s, %s, %s) returning id"""
    return int(value(connection, sql, (digest, hint, salt, user_id, account_id, name, redirect_url, scopes)))


def by_key(connection: Connection[Any], digest: bytes) -> AppRow | None:
    """The living program whose key has this digest."""
    return one(connection, AppRow, _APP + "and a.key_sha256 = %s", (digest,))


def salt_of(connection: Connection[Any], digest: bytes) -> bytes | None:
    """The salt of the living program whose key has this digest."""
    found = value(connection, "select salt from apps where key_sha256 = %s and revoked_at is null", (digest,))
    return None if found is None else bytes(found)


def of_user(
    connection: Connection[Any], user_id: int, before: int | None = None, limit: int | None = None
) -> list[AppRow]:
    """A user's living programs, newest first: all of them, or so many below an id."""
    sql = "and a.user_id = %s and (%s::bigint is null or a.id < %s) order by a.id desc limit %s"
    return many(connection, AppRow, _APP + sql, (user_id, before, before, limit))


def revoke(connection: Connection[Any], app_id: int, user_id: int) -> bool:
    """End one program of this user with all its tokens; False when there is no such living program."""
    sql = "update apps set revoked_at = now() where id = %s and user_id = %s and revoked_at is null returning true"
    if value(connection, sql, (app_id, user_id)) is None:
        return False
    connection.execute("update api_tokens set revoked_at = now() where app_id = %s and revoked_at is null", (app_id,))
    return True


def insert_login(connection: Connection[Any], digest: bytes, app_id: int, life: timedelta) -> None:
    """Store a one-time token of a login. Those long dead go at the same time, so that the table stays small."""
    connection.execute("delete from app_logins where expires_at < now() - interval '1 day'")
    connection.execute(
        "insert into app_logins (token_sha256, app_id, expires_at) values (%s, %s, now() + %s)", (digest, app_id, life)
    )


def redeem_login(connection: Connection[Any], digest: bytes, app_id: int) -> bool:
    """Use up a living token of a login with this program; False for any other."""
    sql = """update app_logins set used_at = now()
             where token_sha256 = %s and app_id = %s and used_at is null and expires_at > now() returning true"""
    return value(connection, sql, (digest, app_id)) is not None


def insert_token(
    connection: Connection[Any], digest: bytes, app: AppRow, expires_at: datetime | None,
    request: tuple[str, str] | None = None,
) -> int:  # fmt: skip
    """A new access token's id; the program's tokens that ended a month ago are forgotten. ``request`` is the key and
    the hash of the request that made it."""
    connection.execute(
        "delete from api_tokens where app_id = %s and expires_at < now() - interval '30 days'", (app.id,)
    )
    return access.insert_token(
        connection, digest, app.user_id, app.account_id, app.name, app.scopes, expires_at, app_id=app.id,
        request=request,
    )  # fmt: skip


def revoke_token(connection: Connection[Any], app_digest: bytes, digest: bytes) -> int | None:
    """End an access token of the program with that key: whose it was; None when there is no such living token."""
    sql = """update api_tokens t set revoked_at = now() from apps a
             where a.id = t.app_id and a.key_sha256 = %s and t.token_sha256 = %s and t.revoked_at is null
             returning t.user_id"""
    found = value(connection, sql, (app_digest, digest))
    return None if found is None else int(found)


def principal(connection: Connection[Any], app_digest: bytes, digest: bytes) -> PrincipalRow | None:
    """Who a living access token belongs to, asked together with its program's key."""
    of_app = """and t.token_sha256 = %s
                and t.app_id = (select a.id from apps a where a.key_sha256 = %s and a.revoked_at is null)"""
    return one(connection, PrincipalRow, f"select {access.HOLDER} {of_app}", (digest, app_digest))


def holders(connection: Connection[Any], digests: Sequence[bytes]) -> list[tuple[bytes, bytes, bytes, PrincipalRow]]:
    """(digest of its program's key, salt, digest of the token, whose it is) of many living access tokens at once."""
    sql = f"""
        select app.key_sha256, app.salt, held.* from apps app join lateral (
            select t.token_sha256, {access.HOLDER} and t.app_id = app.id and t.token_sha256 = any(%s)) held on true
        where app.revoked_at is null
          and app.id in (select app_id from api_tokens where token_sha256 = any(%s))"""
    with connection.cursor(row_factory=tuple_row) as cursor:
        found = cursor.execute(sql, (list(digests), list(digests))).fetchall()
    return [(bytes(row[0]), bytes(row[1]), bytes(row[2]), PrincipalRow(*row[3:])) for row in found]
