"""How long a request can be repeated under its key: what was answered is kept for a month, then forgotten.

An order is called by its key for good, so that a key which named one is refused even after that.
"""

from db import request_keys as rows
from db.engine import Database

REMEMBERED_DAYS = 30
AT_ONCE = 5_000


def forget_old(database: Database) -> int:
    """Delete the keys that are older; how many."""
    forgotten = 0
    for table in rows.TABLES:
        while True:
            with database.connection() as connection:
                gone = rows.forget(connection, table, REMEMBERED_DAYS, AT_ONCE)
            forgotten += gone
            if gone < AT_ONCE:
                break
    return forgotten
