"""What a user watches: up to twenty named lists, kept in the user's own order."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from psycopg import Connection

from core.instruments import Kind
from core.reasons import Reason, Refusal
from db import watchlists as rows
from db.engine import Database
from desk import masters
from desk.masters import Master

T = TypeVar("T")
MOST_LISTS = 20
MOST_ITEMS = 250
LONGEST_NAME = 40
FIRST_NAME = "Market watch"
FIRST_INDICES = ("NSE:NIFTY 50", "NSE:NIFTY BANK", "BSE:SENSEX")
FIRST_SHARES = (
    "RELIANCE", "HDFCBANK", "ICICIBANK", "INFY", "TCS", "BHARTIARTL", "SBIN", "ITC", "LT", "AXISBANK",
    "KOTAKBANK", "HINDUNILVR", "MARUTI", "SUNPHARMA", "TITAN",
)  # fmt: skip


def lists(database: Database, user_id: int) -> dict[str, Any]:
    """All lists of a user, in order: {"items": [{"watchlist_id", "name", "symbols"}], "next", "version"}.

    Who has none gets a first one: the nearest index futures and some large companies.
    """
    master = masters.get(database)
    with database.connection() as connection:
        found = rows.lists(connection, user_id)
        if not found:
            rows.lock(connection, user_id)
            made = rows.create(connection, user_id, FIRST_NAME)
            if made is not None:
                rows.add(connection, made, first_instruments(master))
            found = rows.lists(connection, user_id)
    items = [
        {
            "watchlist_id": str(each.id),
            "name": each.name,
            "symbols": [master.by_id[one].key for one in each.instruments if one in master.by_id],
        }
        for each in found
    ]
    return {"items": items, "next": None, "version": None}


def first_instruments(master: Master) -> list[int]:
    """Nearest futures of the great indices, the indices themselves, and large companies of the NSE."""
    chosen: list[int] = []
    indices = [master.by_key[key] for key in FIRST_INDICES if key in master.by_key]
    for index in indices:
        chosen += [each.id for each in master.chain(index.id) if each.kind is Kind.FUT][:1]
    chosen += [index.id for index in indices]
    return chosen + [master.by_key[key].id for key in (f"NSE:{name}" for name in FIRST_SHARES) if key in master.by_key]


def create(database: Database, user_id: int, name: str) -> dict[str, Any]:
    """A new list after the others; all lists as they are then."""
    clean = _name(name)

    def act(connection: Connection[Any]) -> None:
        if rows.count(connection, user_id) >= MOST_LISTS:
            raise Refusal(Reason.BAD_INPUT, f"You have {MOST_LISTS} lists already. Delete one first.", "name")
        if rows.create(connection, user_id, clean) is None:
            raise Refusal(Reason.BAD_INPUT, "You have a list of that name. Choose another.", "name")

    return _change(database, user_id, act)


def rename(database: Database, user_id: int, list_id: int, name: str) -> dict[str, Any]:
    """Another name for a list; all lists as they are then."""
    clean = _name(name)

    def act(connection: Connection[Any]) -> None:
        if rows.named(connection, user_id, clean) not in (None, list_id):
            raise Refusal(Reason.BAD_INPUT, "You have a list of that name. Choose another.", "name")
        _there(rows.rename(connection, user_id, list_id, clean))

    return _change(database, user_id, act)


def delete(database: Database, user_id: int, list_id: int) -> dict[str, Any]:
    """Without that list; who deletes the last one gets a first one again."""
    return _change(database, user_id, lambda connection: _there(rows.delete(connection, user_id, list_id)))


def add(database: Database, user_id: int, list_id: int, keys: Sequence[str], at: int | None = None) -> dict[str, Any]:
    """Adds instruments by key at the end, or before place ``at`` (0 is the first), so that a removal can be
    undone. What is in the list stays where it is."""
    wanted = [_instrument(database, key) for key in dict.fromkeys(keys)]

    def act(connection: Connection[Any]) -> None:
        length = rows.length(connection, user_id, list_id)
        _there(length is not None)
        if (length or 0) + len(wanted) > MOST_ITEMS:
            raise Refusal(Reason.BAD_INPUT, f"A list has room for {MOST_ITEMS} instruments.", "symbols")
        rows.add(connection, list_id, wanted, at)

    return _change(database, user_id, act)


def remove(database: Database, user_id: int, list_id: int, key: str) -> dict[str, Any]:
    """Takes an instrument off a list; it is no error when it is not there."""
    gone = _instrument(database, key)

    def act(connection: Connection[Any]) -> None:
        _there(rows.length(connection, user_id, list_id) is not None)
        rows.remove(connection, list_id, gone)

    return _change(database, user_id, act)


def reorder(database: Database, user_id: int, list_id: int, keys: Sequence[str]) -> dict[str, Any]:
    """Puts the instruments named first, in that order; the others follow as they were."""
    wanted = [_instrument(database, key) for key in dict.fromkeys(keys)]

    def act(connection: Connection[Any]) -> None:
        _there(rows.length(connection, user_id, list_id) is not None)
        rows.reorder(connection, list_id, wanted)

    return _change(database, user_id, act)


def reorder_lists(database: Database, user_id: int, list_ids: Sequence[int]) -> dict[str, Any]:
    """Puts the lists named first, in that order; another user's ids do nothing."""
    ids = list(dict.fromkeys(list_ids))
    return _change(database, user_id, lambda connection: rows.reorder_lists(connection, user_id, ids))


def _change(database: Database, user_id: int, act: Callable[[Connection[Any]], None]) -> dict[str, Any]:
    with database.connection() as connection:
        rows.lock(connection, user_id)
        act(connection)
    return lists(database, user_id)


def _name(name: str) -> str:
    clean = " ".join(name.split())
    if not 1 <= len(clean) <= LONGEST_NAME or not clean.isprintable():
        raise Refusal(Reason.BAD_INPUT, f"A list's name has 1 to {LONGEST_NAME} characters.", "name")
    return clean


def _there(found: bool) -> None:
    if not found:
        raise Refusal(Reason.NOT_FOUND, "There is no such watchlist.", "watchlist_id")


def _instrument(database: Database, key: str) -> int:
    found = masters.get(database).by_key.get(key)
    if found is None:
        raise Refusal(Reason.UNKNOWN_INSTRUMENT, f"There is no instrument {key[:40]!r}.", "symbols")
    return found.id
