"""Keys of requests that were answered so long ago that nobody repeats them."""

from typing import Any

import psycopg

# Each table of them, and when its rows were written.
_WRITTEN = {"requests": "created_at", "basket_requests": "at"}
TABLES = tuple(_WRITTEN)


def forget(connection: psycopg.Connection[Any], table: str, days: int, most: int) -> int:
    """Delete up to ``most`` keys of a table that are older than so many days; how many."""
    # A part at a time, so that no lock is held for long and a repetition that comes meanwhile waits for a moment only.
    old = f"select ctid from {table} where {_WRITTEN[table]} < now() - %s * interval '1 day' limit %s"
    return connection.execute(f"delete from {table} where ctid = any (array({old}))", (days, most)).rowcount
