"""Watchlists over HTTP."""

from typing import Any

from api.call import Call, Endpoint
from api.paging import PAGED, page_of, wanted
from api.parsing import bad
from api.readers import choice, cursor, key, key_list, title, whole
from api.reply import Reply
from core.watch import Colour
from desk import access, watchlists


def place_of(value: Any) -> int:
    """A place among one's lists, from 1."""
    found = whole(value)
    if not 1 <= found <= watchlists.MOST_LISTS:
        raise bad(f"Send a position from 1 to {watchlists.MOST_LISTS}.")
    return found


def colours_of(value: Any) -> dict[str, Colour | None]:
    """A JSON object of instruments and their colours; null takes one away."""
    if not isinstance(value, dict) or len(value) > watchlists.MOST_ITEMS:
        raise bad('Send an object of at most 500 instruments, such as {"NSE:INFY": "RED"}.')
    read = choice(Colour)
    return {key(name): None if each is None else read(each) for name, each in value.items()}


def sections_of(value: Any) -> dict[str, str | None]:
    """A JSON object of instruments and the names of their sections; null takes one out of its section."""
    if not isinstance(value, dict) or len(value) > watchlists.MOST_ITEMS:
        raise bad('Send an object of at most 500 instruments, such as {"NSE:INFY": "Software"}.')
    return {key(name): None if each is None else title(each) for name, each in value.items()}


def listed(call: Call) -> Reply:
    """One's lists in their order."""
    after, limit = wanted(call, cursor)
    return page_of(watchlists.lists(call.database, call.principal), after, limit, dict, _id)


def _id(row: watchlists.Row) -> str:
    return str(row["watchlist_id"])


def one(call: Call) -> Reply:
    """One list."""
    list_id = call.number("watchlist_id")
    call.query().close()
    return Reply(200, watchlists.watchlist(call.database, call.principal, list_id))


def add(call: Call) -> Reply:
    """A new list."""
    access.require_write(call.principal)
    fields = call.body()
    name = fields.need("name", title)
    symbols = fields.may("symbols", key_list)
    fields.close()
    return Reply(201, watchlists.add(call.database, call.principal, name, symbols or []))


def change(call: Call) -> Reply:
    """Rename, refill or move a list, mark its rows, or put them into sections."""
    access.require_write(call.principal)
    list_id = call.number("watchlist_id")
    fields = call.body()
    name = fields.may("name", title)
    symbols = fields.may("symbols", key_list)
    position = fields.may("position", place_of)
    colours, sections = fields.may("colours", colours_of), fields.may("sections", sections_of)
    fields.close()
    found = watchlists.change(
        call.database, call.principal, list_id,
        name=name, symbols=symbols, position=position, colours=colours, sections=sections,
    )  # fmt: skip
    return Reply(200, found)


def remove(call: Call) -> Reply:
    """Delete a list."""
    access.require_write(call.principal)
    list_id = call.number("watchlist_id")
    call.query().close()
    watchlists.remove(call.database, call.principal, list_id)
    return Reply(204)


_FIELDS = ("name", "symbols")
ENDPOINTS = (
    Endpoint("GET", "/watchlists", listed, "One's watchlists", query=PAGED),
    Endpoint("POST", "/watchlists", add, "Add a watchlist", body=_FIELDS, status=201),
    Endpoint("GET", "/watchlists/{watchlist_id}", one, "A watchlist"),
    Endpoint(
        "PATCH", "/watchlists/{watchlist_id}", change, "Change a watchlist",
        body=(*_FIELDS, "position", "colours", "sections"),
    ),
    Endpoint("DELETE", "/watchlists/{watchlist_id}", remove, "Delete a watchlist", status=204),
)  # fmt: skip
