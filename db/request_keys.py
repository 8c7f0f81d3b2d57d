"""Keys of requests that were answered so long ago that nobody repeats them."""

from typing import Any

import psycopg

from db.rows import value

# A part at a time, so that no lock is held for long and a repetition that comes meanwhile waits for a moment only.
_FORGET = {
    "requests": """
with old as (select ctid from requests where created_at < now() - %(days)s * interval '1 day' limit %(most)s),
gone as (delete from requests where ctid = any (array(select ctid from old)) returning 1)
select count(*) from gone""",
    "basket_requests": """
with old as (select ctid from basket_requests where at < now() - %(days)s * interval '1 day' limit %(most)s),
gone as (delete from basket_requests where ctid = any (array(select ctid from old)) returning 1)
select count(*) from gone""",
}
TABLES = tuple(_FORGET)


def forget(connection: psycopg.Connection[Any], table: str, days: int, most: int) -> int:
    """Delete up to ``most`` keys of a table that are older than so many days; how many."""
    return int(value(connection, _FORGET[table], {"days": days, "most": most}))
