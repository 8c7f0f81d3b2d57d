"""Watchlists as Postgres holds them; every statement is bounded by their owner."""

from dataclasses import dataclass
from typing import Any

from psycopg import Connection
from psycopg.rows import tuple_row

from db.rows import many, value


@dataclass(frozen=True, slots=True)
class WatchlistRow:
    """A list and the instruments on it, in their order."""

    id: int
    name: str
    position: int
    instruments: list[int]
    colours: list[str | None]
    sections: list[str | None]


_LISTS = """
    select w.id, w.name, w.position,
           coalesce(array_agg(i.instrument_id order by i.position) filter (where i.instrument_id is not null),
                    '{}') as instruments,
           coalesce(array_agg(i.colour order by i.position) filter (where i.instrument_id is not null),
                    '{}') as colours,
           coalesce(array_agg(i.section order by i.position) filter (where i.instrument_id is not null),
                    '{}') as sections
    from watchlists w left join watchlist_items i on i.watchlist_id = w.id
    where w.user_id = %s and (%s::bigint is null or w.id = %s)
    group by w.id order by w.position, w.id"""


def lists(connection: Connection[Any], user_id: int, only: int | None = None) -> list[WatchlistRow]:
    """The user's lists in their order, or the one with that id."""
    return many(connection, WatchlistRow, _LISTS, (user_id, only, only))


def lock_user(connection: Connection[Any], user_id: int) -> None:
    """Changes of one user's lists wait for each other, so that their number stays bounded."""
    connection.execute("select 1 from users where id = %s for no key update", (user_id,))


def insert(connection: Connection[Any], user_id: int, name: str) -> int | None:
    """A new last list; None when the user has one of that name."""
    sql = """insert into watchlists (user_id, name, position)
             select %s, %s, coalesce(max(position), 0) + 1 from watchlists where user_id = %s
             on conflict (user_id, name) do nothing returning id"""
    found = value(connection, sql, (user_id, name, user_id))
    return None if found is None else int(found)


def rename(connection: Connection[Any], list_id: int, user_id: int, name: str) -> bool:
    """False when another list of the user has that name."""
    taken = "select 1 from watchlists where user_id = %s and name = %s and id <> %s"
    if value(connection, taken, (user_id, name, list_id)) is not None:
        return False
    connection.execute("update watchlists set name = %s where id = %s and user_id = %s", (name, list_id, user_id))
    return True


def fill(connection: Connection[Any], list_id: int, instruments: list[int]) -> None:
    """Put these instruments on the list, in this order, in place of what was there; who stays keeps its colour
    and its section."""
    connection.execute(
        "delete from watchlist_items where watchlist_id = %s and instrument_id <> all(%s::integer[])",
        (list_id, instruments),
    )
    connection.execute(
        "insert into watchlist_items (watchlist_id, instrument_id, position) "
        "select %s, instrument, place from unnest(%s::integer[]) with ordinality as each (instrument, place) "
        "on conflict (watchlist_id, instrument_id) do update set position = excluded.position "
        "where watchlist_items.position <> excluded.position",
        (list_id, instruments),
    )


def paint(connection: Connection[Any], list_id: int, instruments: list[int], colours: list[str | None]) -> None:
    """Give rows of a list a colour, or take it from them; an instrument that is not on it is passed over."""
    connection.execute(
        "update watchlist_items i set colour = each.colour "
        "from unnest(%s::integer[], %s::text[]) as each (instrument, colour) "
        "where i.watchlist_id = %s and i.instrument_id = each.instrument",
        (instruments, colours, list_id),
    )


def group(connection: Connection[Any], list_id: int, instruments: list[int], sections: list[str | None]) -> None:
    """Put rows of a list into a section, or into none; an instrument that is not on it is passed over."""
    connection.execute(
        "update watchlist_items i set section = each.section "
        "from unnest(%s::integer[], %s::text[]) as each (instrument, section) "
        "where i.watchlist_id = %s and i.instrument_id = each.instrument",
        (instruments, sections, list_id),
    )


def place(connection: Connection[Any], user_id: int, order: list[int]) -> None:
    """Number the user's lists in this order."""
    connection.execute(
        "update watchlists w set position = each.place "
        "from unnest(%s::bigint[]) with ordinality as each (id, place) where w.id = each.id and w.user_id = %s",
        (order, user_id),
    )


def delete(connection: Connection[Any], list_id: int, user_id: int) -> bool:
    """False when the user has no such list."""
    with connection.cursor(row_factory=tuple_row) as cursor:
        cursor.execute("delete from watchlists where id = %s and user_id = %s", (list_id, user_id))
        return cursor.rowcount == 1
