"""How a user's market watch looks, and what they chose in the search last; every statement is bounded by its user."""

from dataclasses import dataclass
from typing import Any

from psycopg import Connection

from db.rows import one


@dataclass(frozen=True, slots=True)
class WatchViewRow:
    """What was chosen, None where nothing was; the instruments chosen last, the newest first."""

    columns: list[str] | None
    base: str | None
    recent: list[int]


_VIEW = """
    select v.columns, v.base,
           array(select instrument_id from recent_instruments where user_id = u.id
                 order by chosen_at desc, instrument_id) as recent
    from users u left join watch_views v on v.user_id = u.id where u.id = %s"""


def view(connection: Connection[Any], user_id: int) -> WatchViewRow:
    """A user's choices."""
    found = one(connection, WatchViewRow, _VIEW, (user_id,))
    return found or WatchViewRow(None, None, [])


def keep(connection: Connection[Any], user_id: int, columns: list[str], base: str) -> None:
    """Write the user's choices in place of those before."""
    connection.execute(
        "insert into watch_views (user_id, columns, base) values (%s, %s, %s)"
        " on conflict (user_id) do update set columns = excluded.columns, base = excluded.base",
        (user_id, columns, base),
    )


def chose(connection: Connection[Any], user_id: int, instrument_id: int, most: int) -> None:
    """Put an instrument first among those chosen last, of which ``most`` are kept."""
    connection.execute(
        "insert into recent_instruments (user_id, instrument_id) values (%s, %s)"
        " on conflict (user_id, instrument_id) do update set chosen_at = excluded.chosen_at",
        (user_id, instrument_id),
    )
    connection.execute(
        "delete from recent_instruments where user_id = %(user)s and instrument_id not in"
        " (select instrument_id from recent_instruments where user_id = %(user)s"
        " order by chosen_at desc, instrument_id limit %(most)s)",
        {"user": user_id, "most": most},
    )
