"""Guesses at passwords, counted in the database so that no restart forgives them."""

import hashlib
from datetime import timedelta
from typing import Any

from psycopg import Connection

from db.rows import value

LOCK_FOR = timedelta(minutes=15)


def key(kind: str, what: str) -> bytes:
    """The row of a name or an address. It is a digest because people type passwords where a name belongs."""
    return hashlib.sha256(f"{kind}:{what}".encode("utf-8", "surrogatepass")).digest()


def count(connection: Connection[Any], digest: bytes, most: int) -> bool:
    """Count one attempt before it is judged; False when the key is locked. Attempt number ``most`` locks it.

    Counting first keeps a hundred parallel guesses at ``most``: the row's lock hands out the numbers. Attempts
    are forgotten when none came for ``LOCK_FOR``.
    """
    sql = """
        insert into guesses as g (key_sha256, attempts, expires_at) values (%(key)s, 1, now() + %(wait)s)
        on conflict (key_sha256) do update set
            attempts = case when g.expires_at <= now() then 1 else g.attempts + 1 end,
            locked_until = case when g.expires_at > now() and g.attempts + 1 >= %(most)s then now() + %(wait)s end,
            expires_at = now() + %(wait)s
        where coalesce(g.locked_until <= now(), true)
        returning true"""
    return value(connection, sql, {"key": digest, "most": most, "wait": LOCK_FOR}) is not None


def forgive(connection: Connection[Any], digest: bytes) -> None:
    """Take back one attempt that was no guess."""
    connection.execute("update guesses set attempts = greatest(attempts - 1, 0) where key_sha256 = %s", (digest,))


def clear(connection: Connection[Any], digests: list[bytes]) -> None:
    """Forget all attempts on these keys and lift their locks."""
    connection.execute("delete from guesses where key_sha256 = any(%s)", (digests,))


def sweep(connection: Connection[Any]) -> None:
    """Some rows whose time is over go; rows that another transaction holds are left to the next sweep."""
    connection.execute(
        """delete from guesses where key_sha256 in (
               select key_sha256 from guesses where expires_at < now() limit 100 for update skip locked)"""
    )
