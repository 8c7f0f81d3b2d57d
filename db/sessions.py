"""Browser sessions and one-time codes. Only SHA-256 digests of cookies and codes come here."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from psycopg import Connection

from db.rows import many, one, value


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A browser session; ``public_id`` may be shown, the cookie itself is never stored."""

    public_id: UUID
    user_id: int
    created_at: datetime
    expires_at: datetime
    last_seen_at: datetime
    address: str | None
    agent: str | None


_SESSION = "select public_id, user_id, created_at, expires_at, last_seen_at, address, agent from sessions "


def insert_code(connection: Connection[Any], digest: bytes, purpose: str, user_id: int, life: timedelta) -> None:
    """Store a one-time code. Codes long dead go at the same time, so that the table stays small."""
    connection.execute("delete from one_time_codes where expires_at < now() - interval '1 day'")
    connection.execute(
        "insert into one_time_codes (code_sha256, purpose, user_id, expires_at) values (%s, %s, %s, now() + %s)",
        (digest, purpose, user_id, life),
    )


def redeem_code(connection: Connection[Any], digest: bytes, purpose: str) -> int | None:
    """The user a living code belongs to, and the code is used up; None for any other code."""
    sql = """update one_time_codes set used_at = now()
             where code_sha256 = %s and purpose = %s and used_at is null and expires_at > now()
             returning user_id"""
    found = value(connection, sql, (digest, purpose))
    return None if found is None else int(found)


def code_owner(connection: Connection[Any], digest: bytes, purpose: str) -> int | None:
    """Whose a living code is, without using it up."""
    sql = """select user_id from one_time_codes
             where code_sha256 = %s and purpose = %s and used_at is null and expires_at > now()"""
    found = value(connection, sql, (digest, purpose))
    return None if found is None else int(found)


def void_codes(connection: Connection[Any], user_id: int, purpose: str) -> None:
    """A newer link or a change of password ends the older links."""
    connection.execute(
        "update one_time_codes set used_at = now() where user_id = %s and purpose = %s and used_at is null",
        (user_id, purpose),
    )


def insert_session(
    connection: Connection[Any],
    digest: bytes,
    user_id: int,
    life: timedelta,
    address: str | None,
    agent: str | None,
) -> SessionRow:
    """A new session; those a month past their end are forgotten."""
    connection.execute("delete from sessions where expires_at < now() - interval '30 days'")
    connection.execute(
        "insert into sessions (token_sha256, user_id, expires_at, address, agent) values (%s, %s, now() + %s, %s, %s)",
        (digest, user_id, life, address, agent),
    )
    row = one(connection, SessionRow, _SESSION + "where token_sha256 = %s", (digest,))
    if row is None:
        raise RuntimeError("a session row vanished inside its own transaction")
    return row


def sessions_of(connection: Connection[Any], user_id: int) -> list[SessionRow]:
    """A user's living sessions, newest first."""
    sql = "where user_id = %s and revoked_at is null and expires_at > now() order by created_at desc, public_id"
    return many(connection, SessionRow, _SESSION + sql, (user_id,))


def revoke_session(connection: Connection[Any], public_id: UUID, user_id: int) -> bool:
    """End one session of this user; False when there is no such living session."""
    sql = """update sessions set revoked_at = now()
             where public_id = %s and user_id = %s and revoked_at is null returning true"""
    return value(connection, sql, (public_id, user_id)) is not None


def revoke_sessions(connection: Connection[Any], user_id: int, but: UUID | None = None) -> int:
    """End all sessions of a user, except one if named; returns how many ended."""
    cursor = connection.execute(
        "update sessions set revoked_at = now() where user_id = %s and revoked_at is null "
        "and public_id is distinct from %s",
        (user_id, but),
    )
    return cursor.rowcount
