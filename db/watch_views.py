"""How a user's market watch looks, and what they chose in the search last; every statement is bounded by its user."""

from dataclasses import dataclass
from typing import Any

from psycopg import Connection

from db.rows import one


@dataclass(frozen=True, slots=True)
class WatchViewRow:
    """What was chosen, None where nothing was; the instruments chosen last, the newest first, and those chosen most
    often."""

    columns: list[str] | None
    base: str | None
    interval: str | None
    studies: list[str] | None
    recent: list[int]
    frequent: list[int]


_VIEW = """
    select v.columns, v.base, v.interval, v.studies,
           array(select instrument_id from recent_instruments where user_id = u.id
                 order by chosen_at desc, instrument_id) as recent,
           array(select instrument_id from recent_instruments where user_id = u.id and times >= %s
                 order by times desc, chosen_at desc, instrument_id) as frequent
    from users u left join watch_views v on v.user_id = u.id where u.id = %s"""


def view(connection: Connection[Any], user_id: int, often: int) -> WatchViewRow:
    """A user's choices; what was chosen ``often`` times or more is frequent."""
    found = one(connection, WatchViewRow, _VIEW, (often, user_id))
    return found or WatchViewRow(None, None, None, None, [], [])


def keep(
    connection: Connection[Any], user_id: int, columns: list[str], base: str, interval: str, studies: list[str]
) -> None:
    """Write the user's choices in place of those before."""
    connection.execute(
        "insert into watch_views (user_id, columns, base, interval, studies) values (%s, %s, %s, %s, %s)"
        " on conflict (user_id) do update set columns = excluded.columns, base = excluded.base,"
        " interval = excluded.interval, studies = excluded.studies",
        (user_id, columns, base, interval, studies),
    )


def chose(connection: Connection[Any], user_id: int, instrument_id: int, most: int) -> None:
    """Put an instrument first among those chosen last, of which ``most`` are kept, and count it."""
    connection.execute(
        "insert into recent_instruments (user_id, instrument_id) values (%s, %s)"
        " on conflict (user_id, instrument_id) do update set chosen_at = excluded.chosen_at,"
        " times = recent_instruments.times + 1",
        (user_id, instrument_id),
    )
    connection.execute(
        "delete from recent_instruments where user_id = %(user)s and instrument_id not in"
        " (select instrument_id from recent_instruments where user_id = %(user)s"
        " order by chosen_at desc, instrument_id limit %(most)s)",
        {"user": user_id, "most": most},
    )
