"""Users as Postgres holds them.

Functions take an open connection: the caller owns the transaction. Passwords arrive here as bcrypt
hashes; no function of this file ever sees one in clear.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import tuple_row

from db.rows import many, one, value


@dataclass(frozen=True, slots=True)
class UserRow:
    """A user. ``locked``: too many wrong passwords came for their name or address, and no new one is looked at."""

    id: int
    name: str
    email: str | None
    display_name: str
    password_hash: str | None
    role: str
    active: bool
    must_change_password: bool
    locked: bool
    created_at: datetime


# The digests are those of ``db.guesses.key``.
_USER = """select id, name, email, display_name, password_hash, role, active, must_change_password,
       exists (select from guesses g where g.locked_until > now() and g.key_sha256 in (
           sha256(convert_to('name:' || name, 'UTF8')), sha256(convert_to('name:' || email, 'UTF8')))) as locked,
       created_at from users """


def user_by_name(connection: Connection[Any], name: str) -> UserRow | None:
    """The user of that name, if any."""
    return one(connection, UserRow, _USER + "where name = %s", (name,))


def user_by_email(connection: Connection[Any], email: str) -> UserRow | None:
    """The user of that address, if any; addresses are kept in small letters."""
    return one(connection, UserRow, _USER + "where email = %s", (email,))


def user_by_id(connection: Connection[Any], user_id: int) -> UserRow | None:
    """The user with that id, if any."""
    return one(connection, UserRow, _USER + "where id = %s", (user_id,))


def names_like(connection: Connection[Any], start: str) -> set[str]:
    """Every user's name that begins so."""
    with connection.cursor(row_factory=tuple_row) as cursor:
        found = cursor.execute("select name from users where starts_with(name, %s)", (start,)).fetchall()
    return {row[0] for row in found}


def users(connection: Connection[Any], after: str | None = None, limit: int | None = None) -> list[UserRow]:
    """Users by name: all of them, or so many behind a name."""
    sql = "where %s::text is null or name > %s order by name limit %s"
    return many(connection, UserRow, _USER + sql, (after, after, limit))


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


def set_password(connection: Connection[Any], user_id: int, password_hash: str, must_change: bool) -> None:
    """Store a new password."""
    connection.execute(
        "update users set password_hash = %s, must_change_password = %s where id = %s",
        (password_hash, must_change, user_id),
    )


def lock_user(connection: Connection[Any], user_id: int) -> UserRow | None:
    """The user, with the row kept from others until the transaction ends."""
    return one(connection, UserRow, _USER + "where id = %s for no key update of users", (user_id,))


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
