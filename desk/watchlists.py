"""The lists of instruments that a user watches. They are the user's own, whatever account is open."""

from collections.abc import Callable
from typing import Any

from core.instruments import Kind
from core.reasons import Reason, Refusal
from core.watch import Colour
from db import watchlists as rows
from db.engine import Database
from db.watchlists import WatchlistRow
from desk import masters
from desk.masters import Master
from desk.principal import Principal

MOST_LISTS = 20
MOST_ITEMS = 500
FIRST_NAME = "Market watch"
FIRST_INDICES = ("NSE:NIFTY 50", "NSE:NIFTY BANK", "BSE:SENSEX")
FIRST_SHARES = (
    "RELIANCE", "HDFCBANK", "ICICIBANK", "INFY", "TCS", "BHARTIARTL", "SBIN", "ITC", "LT", "AXISBANK",
    "KOTAKBANK", "HINDUNILVR", "MARUTI", "SUNPHARMA", "TITAN",
)  # fmt: skip
Row = dict[str, Any]


def lists(database: Database, principal: Principal) -> list[Row]:
    """All lists in their order: {"watchlist_id", "name", "position", "symbols": ["NSE:INFY", …],
    "colours": {"NSE:INFY": "RED"}, "sections": {"NSE:INFY": "Software"}}.

    Who has none gets a first one: the nearest index futures and some large companies.
    """
    with database.connection() as connection:
        found = rows.lists(connection, principal.user_id)
        if not found:
            rows.lock_user(connection, principal.user_id)
            made = rows.insert(connection, principal.user_id, FIRST_NAME)
            if made is not None:  # else another window made it while this one waited
                rows.fill(connection, made, first_instruments(masters.get(database)))
            found = rows.lists(connection, principal.user_id)
    return [_shown(database, each) for each in found]


def watchlist(database: Database, principal: Principal, list_id: int) -> Row:
    """One list; NOT_FOUND for another user's."""
    with database.connection() as connection:
        found = _own(connection, principal, list_id)
    return _shown(database, found)


def add(database: Database, principal: Principal, name: str, symbols: list[str]) -> Row:
    """A new list at the end."""
    ids = _ids(database, symbols)
    with database.connection() as connection:
        rows.lock_user(connection, principal.user_id)
        if len(rows.lists(connection, principal.user_id)) >= MOST_LISTS:
            raise Refusal(Reason.BAD_INPUT, f"At most {MOST_LISTS} lists. Delete one first.", field="name")
        list_id = rows.insert(connection, principal.user_id, name)
        if list_id is None:
            raise Refusal(Reason.BAD_INPUT, "You have a list of that name. Choose another.", field="name")
        rows.fill(connection, list_id, ids)
        found = _own(connection, principal, list_id)
    return _shown(database, found)


def change(
    database: Database,
    principal: Principal,
    list_id: int,
    *,
    name: str | None = None,
    symbols: list[str] | None = None,
    position: int | None = None,
    colours: dict[str, Colour | None] | None = None,
    sections: dict[str, str | None] | None = None,
) -> Row:
    """Rename, refill or move a list, mark rows of it or put them into sections; None leaves a thing as it is.
    ``position`` counts from 1; of ``colours`` and ``sections`` a None takes a row's away, and rows that are not named
    keep theirs."""
    ids = None if symbols is None else _ids(database, symbols)
    marked = _ids(database, list(colours or ()), "colours")
    grouped = _ids(database, list(sections or ()), "sections")
    with database.connection() as connection:
        rows.lock_user(connection, principal.user_id)
        _own(connection, principal, list_id)
        if name is not None and not rows.rename(connection, list_id, principal.user_id, name):
            raise Refusal(Reason.BAD_INPUT, "You have a list of that name. Choose another.", field="name")
        if ids is not None:
            rows.fill(connection, list_id, ids)
        if colours:
            rows.paint(connection, list_id, marked, [each and str(each) for each in colours.values()])
        if sections:
            rows.group(connection, list_id, grouped, list(sections.values()))
        if position is not None:
            order = [each.id for each in rows.lists(connection, principal.user_id) if each.id != list_id]
            order.insert(max(0, position - 1), list_id)
            rows.place(connection, principal.user_id, order)
        found = _own(connection, principal, list_id)
    return _shown(database, found)


def remove(database: Database, principal: Principal, list_id: int) -> None:
    """Delete a list; NOT_FOUND for another user's."""
    with database.connection() as connection:
        if not rows.delete(connection, list_id, principal.user_id):
            raise _no_such_list()


def put(database: Database, principal: Principal, list_id: int, symbol: str, at: int | None = None) -> Row:
    """Add one instrument before place ``at`` (0 is the first), else at the end; one that is there stays."""
    (wanted,) = _ids(database, [symbol])

    def with_it(items: list[int]) -> list[int]:
        if wanted in items:
            return items
        place = len(items) if at is None else max(0, at)
        return [*items[:place], wanted, *items[place:]]

    return _refill(database, principal, list_id, with_it)


def take(database: Database, principal: Principal, list_id: int, symbol: str) -> Row:
    """Take one instrument off a list; it is no error when it is not there."""
    (gone,) = _ids(database, [symbol])
    return _refill(database, principal, list_id, lambda items: [each for each in items if each != gone])


def reorder(database: Database, principal: Principal, list_id: int, symbols: list[str]) -> Row:
    """Put the instruments named first, in that order; the others follow, and none is added."""
    wanted = _ids(database, symbols)

    def sorted_so(items: list[int]) -> list[int]:
        first = [each for each in wanted if each in items]
        return first + [each for each in items if each not in wanted]

    return _refill(database, principal, list_id, sorted_so)


def _refill(database: Database, principal: Principal, list_id: int, act: Callable[[list[int]], list[int]]) -> Row:
    """Change what is on a list as it stands under the lock, so that two windows never undo each other."""
    with database.connection() as connection:
        rows.lock_user(connection, principal.user_id)
        items = act(_own(connection, principal, list_id).instruments)
        if len(items) > MOST_ITEMS:
            raise Refusal(Reason.BAD_INPUT, f"At most {MOST_ITEMS} instruments on a list.", field="symbols")
        rows.fill(connection, list_id, items)
        found = _own(connection, principal, list_id)
    return _shown(database, found)


def first_instruments(master: Master) -> list[int]:
    """Nearest futures of the great indices, the indices themselves, and large companies of the NSE."""
    chosen: list[int] = []
    indices = [master.by_key[key] for key in FIRST_INDICES if key in master.by_key]
    for index in indices:
        chosen += [each.id for each in master.chain(index.id) if each.kind is Kind.FUT][:1]
    chosen += [index.id for index in indices]
    shares = (f"NSE:{name}" for name in FIRST_SHARES)
    return chosen + [master.by_key[key].id for key in shares if key in master.by_key]


def _own(connection: Any, principal: Principal, list_id: int) -> WatchlistRow:
    found = rows.lists(connection, principal.user_id, list_id)
    if not found:
        raise _no_such_list()
    return found[0]


def _no_such_list() -> Refusal:
    return Refusal(Reason.NOT_FOUND, "There is no such list.", field="watchlist_id")


def _ids(database: Database, symbols: list[str], field: str = "symbols") -> list[int]:
    if len(symbols) > MOST_ITEMS:
        raise Refusal(Reason.BAD_INPUT, f"At most {MOST_ITEMS} instruments on a list.", field=field)
    master = masters.get(database)
    unknown = [symbol for symbol in symbols if symbol not in master.by_key]
    if unknown:
        sentence = f"There is no {unknown[0][:80]}. Search for its symbol."
        raise Refusal(Reason.UNKNOWN_INSTRUMENT, sentence, field=field)
    return list(dict.fromkeys(master.by_key[symbol].id for symbol in symbols))


def _shown(database: Database, row: WatchlistRow) -> Row:
    """An instrument that was delisted since is left out of what is shown, and stays on the list."""
    by_id = masters.get(database).by_id
    listed = [
        (by_id[each].key, colour, section)
        for each, colour, section in zip(row.instruments, row.colours, row.sections, strict=True)
        if each in by_id
    ]
    return {
        "watchlist_id": str(row.id),
        "name": row.name,
        "position": row.position,
        "symbols": [symbol for symbol, *_ in listed],
        "colours": {symbol: colour for symbol, colour, _ in listed if colour},
        "sections": {symbol: section for symbol, _, section in listed if section},
    }
