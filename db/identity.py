"""Users as Postgres holds them.

Functions take an open connection: the caller owns the transaction. Passwords arrive here as bcrypt
hashes; no function of this file ever sees one in clear.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg import Connection
from psycopg.rows import tuple_row

from db.rows import many, one, value

LOCK_AFTER = 5
LOCK_FOR = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class UserRow:
    """A user. ``locked`` compares ``locked_until`` with the database's clock, the only one that counts."""

    id: int
    name: str
    email: str | None
    display_name: str
    password_hash: str | None
    role: str
    active: bool
    must_change_password: bool
    failed_attempts: int
    locked: bool
    created_at: datetime


_USER = """select id, name, email, display_name, password_hash, role, active, must_change_password,
       failed_attempts, coalesce(locked_until > now(), false) as locked, created_at from users """


def user_by_name(connection: Connection[Any], name: str) -> UserRow | None:
    """The user of that name, if any."""
    return one(connection, UserRow, _USER + "where name = %s", (name,))


def user_by_email(connection: Connection[Any], email: str) -> UserRow | None:
    """The user of that address, if any; addresses are kept in small letters."""
    return one(connection, UserRow, _USER + "where email = %s", (email,))


def user_by_id(connection: Connection[Any], user_id: int) -> UserRow | None:
    """The user with that id, if any."""
    return one(connection, UserRow, _USER + "where id = %s", (user_id,))


def user_by_proof(connection: Connection[Any], issuer: str, subject: str) -> UserRow | None:
    """The user whom an identity provider's (issuer, subject) was linked to."""
    sql = "where id = (select user_id from identities where issuer = %s and subject = %s)"
    return one(connection, UserRow, _USER + sql, (issuer, subject))


def link_proof(connection: Connection[Any], user_id: int, issuer: str, subject: str) -> bool:
    """Link a provider's identity to a user; False when somebody else holds it already."""
    sql = "insert into identities (issuer, subject, user_id) values (%s, %s, %s) on conflict do nothing"
    value(connection, sql + " returning user_id", (issuer, subject, user_id))
    holder = value(connection, "select user_id from identities where issuer = %s and subject = %s", (issuer, subject))
    return bool(holder == user_id)


def users(connection: Connection[Any]) -> list[UserRow]:
    """All users by name."""
    return many(connection, UserRow, _USER + "order by name")


def insert_user(
    connection: Connection[Any],
    name: str,
    role: str,
    password_hash: str | None,
    *,
    email: str | None,
    display_name: str,
    must_change: bool,
) -> int | None:
    """The new user's id, or None when the name or the address is taken."""
    sql = """insert into users (name, role, password_hash, email, display_name, must_change_password)
             values (%s, %s, %s, %s, %s, %s) on conflict do nothing returning id"""
    found = value(connection, sql, (name, role, password_hash, email, display_name, must_change))
    return None if found is None else int(found)


def count_attempt(connection: Connection[Any], user_id: int) -> bool:
    """Count one attempt to sign in before it is judged; False when the user is locked out.

    Counting first keeps a hundred parallel guesses at five: the row lock hands out the numbers.
    """
    sql = """
        update users set
            failed_attempts = case when locked_until is null then failed_attempts + 1 else 1 end,
            locked_until = case when locked_until is null and failed_attempts + 1 >= %s then now() + %s end
        where id = %s and coalesce(locked_until <= now(), true) returning true"""
    return value(connection, sql, (LOCK_AFTER, LOCK_FOR, user_id)) is not None


def clear_attempts(connection: Connection[Any], user_id: int) -> None:
    """Forget failures and lift a lockout."""
    connection.execute(
        "update users set failed_attempts = 0, locked_until = null where id = %s "
        "and (failed_attempts > 0 or locked_until is not null)",
        (user_id,),
    )


def set_password(connection: Connection[Any], user_id: int, password_hash: str, must_change: bool) -> None:
    """A new password also lifts a lockout: who may set it has proved more than a guesser can."""
    connection.execute(
        "update users set password_hash = %s, must_change_password = %s, failed_attempts = 0, "
        "locked_until = null where id = %s",
        (password_hash, must_change, user_id),
    )


def lock_administrators(connection: Connection[Any]) -> list[int]:
    """Ids of the active administrators, locked, so that two cannot remove each other at once."""
    sql = "select id from users where role = 'admin' and active order by id for no key update"
    with connection.cursor(row_factory=tuple_row) as cursor:
        return [int(row[0]) for row in cursor.execute(sql).fetchall()]


def set_role(connection: Connection[Any], user_id: int, role: str) -> None:
    """Store a role."""
    connection.execute("update users set role = %s where id = %s", (role, user_id))


def set_active(connection: Connection[Any], user_id: int, active: bool) -> None:
    """Switch a user on or off."""
    connection.execute("update users set active = %s where id = %s", (active, user_id))
