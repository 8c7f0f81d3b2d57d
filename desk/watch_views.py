"""How a user's market watch looks, and the instruments they chose last. Their own, whatever account is open."""

from typing import Any

from core.reasons import Reason, Refusal
from core.watch import MOST_COLUMNS, USUAL, Base, Column
from db import watch_views as rows
from db import watchlists
from db.engine import Database
from desk import masters, screens
from desk.principal import Principal

MOST_RECENT = 10
Row = dict[str, Any]


def view(database: Database, principal: Principal) -> Row:
    """``columns`` beside name and last price, ``base`` of the changes, and ``recent``: what was chosen in the search
    last, the newest first, without what is listed no more."""
    with database.autocommit() as connection:
        found = rows.view(connection, principal.user_id)
    master = masters.get(database)
    known = (master.by_id[each] for each in found.recent if each in master.by_id)
    keys = [one.key for one in known if master.is_listed(one)]
    return {
        "columns": [str(each) for each in USUAL] if found.columns is None else found.columns,
        "base": found.base or str(Base.CLOSE),
        "recent": screens.instruments(database, keys)["items"],
    }


def change(
    database: Database,
    principal: Principal,
    *,
    columns: list[Column] | None = None,
    base: Base | None = None,
    recent: str | None = None,
) -> Row:
    """Choose columns or the base of changes, or note an instrument as chosen last; None leaves a thing as it is."""
    if columns is not None and (len(set(columns)) != len(columns) or len(columns) > MOST_COLUMNS):
        sentence = f"At most {MOST_COLUMNS} columns, each once. Take one away first."
        raise Refusal(Reason.BAD_INPUT, sentence, field="columns")
    chosen = None if recent is None else masters.get(database).by_key.get(recent)
    if recent is not None and chosen is None:
        sentence = f"There is no {recent}. Search for its symbol."
        raise Refusal(Reason.UNKNOWN_INSTRUMENT, sentence, field="recent")
    with database.connection() as connection:
        watchlists.lock_user(connection, principal.user_id)
        if columns is not None or base is not None:
            now = rows.view(connection, principal.user_id)
            kept = list(USUAL) if now.columns is None else now.columns
            wanted = kept if columns is None else columns
            rows.keep(connection, principal.user_id, [str(each) for each in wanted], base or now.base or Base.CLOSE)
        if chosen is not None:
            rows.chose(connection, principal.user_id, chosen.id, MOST_RECENT)
    return view(database, principal)
