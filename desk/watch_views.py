"""How a user's market watch and charts look, and the instruments they chose last and most often. Their own, whatever
account is open."""

from typing import Any

from core.reasons import Reason, Refusal
from core.watch import FIRST_INTERVAL, MOST_COLUMNS, USUAL, Base, Column, Study
from db import watch_views as rows
from db import watchlists
from db.engine import Database
from desk import masters, screens
from desk.principal import Principal

MOST_RECENT = 10
MOST_FREQUENT = 5
REMEMBERED = 40
"""Instruments of which it is known how often they were chosen."""
OFTEN = 3
Row = dict[str, Any]


def view(database: Database, principal: Principal) -> Row:
    """``columns`` beside name and last price, ``base`` of the changes, ``interval`` and ``studies`` of the charts, and
    what was chosen in the search: ``recent`` the newest first, ``frequent`` the most often chosen first, both without
    what is listed no more."""
    with database.autocommit() as connection:
        found = rows.view(connection, principal.user_id, OFTEN)
    return {
        "columns": [str(each) for each in USUAL] if found.columns is None else found.columns,
        "base": found.base or str(Base.CLOSE),
        "interval": found.interval or FIRST_INTERVAL,
        "studies": found.studies or [],
        "recent": _listed(database, found.recent, MOST_RECENT),
        "frequent": _listed(database, found.frequent, MOST_FREQUENT),
    }


def _listed(database: Database, ids: list[int], most: int) -> list[Row]:
    """Those that are listed still."""
    master = masters.get(database)
    known = (master.by_id[each] for each in ids if each in master.by_id)
    keys = [one.key for one in known if master.is_listed(one)][:most]
    found: list[Row] = screens.instruments(database, keys)["items"]
    return found


def change(
    database: Database,
    principal: Principal,
    *,
    columns: list[Column] | None = None,
    base: Base | None = None,
    interval: str | None = None,
    studies: list[Study] | None = None,
    recent: str | None = None,
) -> Row:
    """Choose columns or the base of changes, a chart's interval or studies, or note an instrument as chosen; None
    leaves a thing as it is."""
    if columns is not None and (len(set(columns)) != len(columns) or len(columns) > MOST_COLUMNS):
        sentence = f"At most {MOST_COLUMNS} columns, each once. Take one away first."
        raise Refusal(Reason.BAD_INPUT, sentence, field="columns")
    if interval is not None and interval not in screens.INTERVALS:
        raise Refusal(Reason.BAD_INPUT, f"Interval is one of {', '.join(screens.INTERVALS)}.", field="interval")
    chosen = None if recent is None else masters.get(database).by_key.get(recent)
    if recent is not None and chosen is None:
        sentence = f"There is no {recent}. Search for its symbol."
        raise Refusal(Reason.UNKNOWN_INSTRUMENT, sentence, field="recent")
    with database.connection() as connection:
        watchlists.lock_user(connection, principal.user_id)
        if any(each is not None for each in (columns, base, interval, studies)):
            now = rows.view(connection, principal.user_id, OFTEN)
            kept = list(USUAL) if now.columns is None else now.columns
            wanted = kept if columns is None else columns
            drawn = now.studies or [] if studies is None else sorted(set(studies), key=list(Study).index)
            rows.keep(
                connection, principal.user_id, [str(each) for each in wanted], base or now.base or Base.CLOSE,
                interval or now.interval or FIRST_INTERVAL, [str(each) for each in drawn],
            )  # fmt: skip
        if chosen is not None:
            rows.chose(connection, principal.user_id, chosen.id, REMEMBERED)
    return view(database, principal)
