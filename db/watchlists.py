"""Watchlists: named lists of instruments, in the order the user gave them. Every statement names the user."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import Connection

from db.rows import many, value


@dataclass(frozen=True, slots=True)
class WatchlistRow:
    """A list; ``instruments`` are ids in its order."""

    id: int
    name: str
    instruments: list[int]


def lists(connection: Connection[Any], user_id: int) -> list[WatchlistRow]:
    """All lists of a user, in their order."""
    sql = """select w.id, w.name, coalesce(array_agg(i.instrument_id order by i.position)
                filter (where i.instrument_id is not null), '{}') as instruments
             from watchlists w left join watchlist_items i on i.watchlist_id = w.id
             where w.user_id = %s group by w.id order by w.position, w.id"""
    return many(connection, WatchlistRow, sql, (user_id,))


def lock(connection: Connection[Any], user_id: int) -> None:
    """Changes of one user's lists wait for each other, so that counts and positions stay true."""
    connection.execute("select 1 from users where id = %s for no key update", (user_id,))


def count(connection: Connection[Any], user_id: int) -> int:
    """How many lists a user has."""
    return int(value(connection, "select count(*) from watchlists where user_id = %s", (user_id,)))


def create(connection: Connection[Any], user_id: int, name: str) -> int | None:
    """A new list after the others; None when the user has one of that name."""
    sql = """insert into watchlists (user_id, name, position)
             select %s, %s, coalesce(max(position), 0) + 1 from watchlists where user_id = %s
             on conflict (user_id, name) do nothing returning id"""
    found = value(connection, sql, (user_id, name, user_id))
    return None if found is None else int(found)


def rename(connection: Connection[Any], user_id: int, list_id: int, name: str) -> bool:
    """Whether the user has that list. Raises UniqueViolation for a name in use."""
    sql = "update watchlists set name = %s where id = %s and user_id = %s returning true"
    return value(connection, sql, (name, list_id, user_id)) is not None


def named(connection: Connection[Any], user_id: int, name: str) -> int | None:
    """The id of a user's list of that name."""
    found = value(connection, "select id from watchlists where user_id = %s and name = %s", (user_id, name))
    return None if found is None else int(found)


def delete(connection: Connection[Any], user_id: int, list_id: int) -> bool:
    """Whether there was such a list."""
    sql = "delete from watchlists where id = %s and user_id = %s returning true"
    return value(connection, sql, (list_id, user_id)) is not None


def length(connection: Connection[Any], user_id: int, list_id: int) -> int | None:
    """How many instruments the list has; None when the user has no such list."""
    sql = """select (select count(*) from watchlist_items i where i.watchlist_id = w.id)
             from watchlists w where w.id = %s and w.user_id = %s"""
    found = value(connection, sql, (list_id, user_id))
    return None if found is None else int(found)


def add(connection: Connection[Any], list_id: int, instruments: Sequence[int], at: int | None = None) -> None:
    """Adds instruments at the end, or before place ``at`` (0 is the first); those that are there stay."""
    if at is not None:
        connection.execute(
            "update watchlist_items set position = position + %s where watchlist_id = %s and position > %s",
            (len(instruments), list_id, at),
        )
    connection.execute(
        """insert into watchlist_items (watchlist_id, instrument_id, position)
           select %s, u.id, coalesce(%s, (select max(position) from watchlist_items where watchlist_id = %s), 0) + u.n
           from unnest(%s::int4[]) with ordinality as u (id, n)
           on conflict (watchlist_id, instrument_id) do nothing""",
        (list_id, at, list_id, list(instruments)),
    )
    number(connection, list_id)


def remove(connection: Connection[Any], list_id: int, instrument_id: int) -> bool:
    """Whether the list had that instrument."""
    sql = "delete from watchlist_items where watchlist_id = %s and instrument_id = %s returning true"
    found = value(connection, sql, (list_id, instrument_id)) is not None
    number(connection, list_id)
    return found


def reorder(connection: Connection[Any], list_id: int, instruments: Sequence[int]) -> None:
    """Puts those named first, in that order; the others follow as they were."""
    connection.execute(
        """update watchlist_items i set position = u.n - 1000000
           from unnest(%s::int4[]) with ordinality as u (id, n)
           where i.watchlist_id = %s and i.instrument_id = u.id""",
        (list(instruments), list_id),
    )
    number(connection, list_id)


def reorder_lists(connection: Connection[Any], user_id: int, ids: Sequence[int]) -> None:
    """Puts the lists named first, in that order; the others follow as they were."""
    connection.execute(
        """update watchlists w set position = r.n from (
               select w.id, row_number() over (order by u.n nulls last, w.position, w.id) as n
               from watchlists w left join unnest(%s::int8[]) with ordinality as u (id, n) on u.id = w.id
               where w.user_id = %s) r
           where r.id = w.id""",
        (list(ids), user_id),
    )


def number(connection: Connection[Any], list_id: int) -> None:
    """Positions from 1 without gaps."""
    connection.execute(
        """update watchlist_items i set position = r.n from (
               select instrument_id, row_number() over (order by position, instrument_id) as n
               from watchlist_items where watchlist_id = %s) r
           where i.watchlist_id = %s and i.instrument_id = r.instrument_id and i.position <> r.n""",
        (list_id, list_id),
    )
