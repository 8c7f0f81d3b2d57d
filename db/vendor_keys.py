"""What vendors call instruments, and the files that said so."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from psycopg import Connection

from core.vendors import Vendor

Conn = Connection[Any]
_IN_FORCE = "vendor = %(vendor)s and since <= %(on)s and (until is null or until > %(on)s)"


def keys_of(conn: Conn, vendor: Vendor, ids: Sequence[int] | None, on: date) -> dict[int, str]:
    """The vendor's names of instruments on a date by number, of all where ``ids`` is None."""
    which = "" if ids is None else "instrument_id = any(%(ids)s) and "
    rows = conn.execute(
        f"select instrument_id, key from instrument_keys where {which}{_IN_FORCE}",
        {"vendor": vendor, "on": on, "ids": None if ids is None else list(ids)},
    )
    return dict(rows.fetchall())


def ids_of(conn: Conn, vendor: Vendor, keys: Sequence[str], on: date) -> dict[str, int]:
    """The numbers of the instruments that the vendor's names meant on a date; unknown names are left out."""
    rows = conn.execute(
        f"select key, instrument_id from instrument_keys where key = any(%(keys)s) and {_IN_FORCE}",
        {"vendor": vendor, "on": on, "keys": list(keys)},
    )
    return dict(rows.fetchall())


def loads(conn: Conn, limit: int, before: int | None = None) -> list[dict[str, Any]]:
    """The files that were loaded, the newest first, perhaps those below a number."""
    rows = conn.execute(
        "select id, vendor, source, as_of, loaded_at, actor, report from master_loads"
        " where %s::bigint is null or id < %s order by id desc limit %s",
        [before, before, limit],
    ).fetchall()
    names = ("id", "vendor", "source", "as_of", "loaded_at", "actor", "report")
    return [dict(zip(names, row, strict=True)) for row in rows]


def last_loads(conn: Conn) -> dict[str, tuple[date | None, int]]:
    """By vendor: the date of the newest file that was loaded, None where none was; and seconds since the last try."""
    rows = conn.execute(
        "select vendor, max(as_of) filter (where not report ? 'failed'),"
        " extract(epoch from now() - max(loaded_at))::integer from master_loads group by 1"
    ).fetchall()
    return {vendor: (as_of, ago) for vendor, as_of, ago in rows}
