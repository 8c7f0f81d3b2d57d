"""Limits, restrictions and kill switches: read whole at one version, written with the version raised."""

from datetime import date
from typing import Any

from core.risk_book import RiskBook
from core.risk_facts import Restriction, RestrictionRow, Switch
from core.risk_limits import Limit, LimitName, Scope
from core.standing import TradingState
from db.trading import Connection

_LOAD = """
select (select version from risk_version),
    (select json_agg(json_build_array(id, scope, subject, name, value, effective_from, effective_to, set_by, by_admin)
        order by id) from risk_limits),
    (select json_agg(json_build_array(id, instrument_id, kind, note, effective_from, effective_to, set_by) order by id)
        from restrictions),
    (select json_agg(json_build_array(scope, subject, sentence)) from kill_switches where rearmed_at is null)
"""


def book(connection: Connection) -> RiskBook:
    """All rows at one version, in one statement."""
    row = connection.execute(_LOAD).fetchone()
    assert row
    version, limits, restrictions, switches = row
    return RiskBook(
        version or 0,
        [_limit(each) for each in limits or () if each[3] in LimitName.__members__],
        [_restriction(each) for each in restrictions or ()],
        {(scope, subject): Switch(TradingState.HALTED, said) for scope, subject, said in switches or ()},
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _limit(values: list[Any]) -> Limit:
    number, scope, subject, name, value, starts, ends, set_by, by_admin = values
    start = date.fromisoformat(starts)
    return Limit(number, Scope(scope), subject, LimitName(name), value, start, _day(ends), set_by, by_admin)


def _restriction(values: list[Any]) -> RestrictionRow:
    number, instrument, kind, note, starts, ends, set_by = values
    start = date.fromisoformat(starts)
    return RestrictionRow(number, instrument, Restriction(kind), note, start, _day(ends), set_by)


def raise_version(connection: Connection) -> None:
    """Tells every process, once this commits, that what it keeps in memory is old."""
    connection.execute("update risk_version set version = version + 1")


def add_limit(connection: Connection, limit: Limit) -> int:
    """One more row; its number (that of ``limit`` is not looked at)."""
    row = connection.execute(
        "insert into risk_limits (scope, subject, name, value, effective_from, effective_to, set_by, by_admin)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s) returning id",
        (limit.scope, limit.subject, limit.name, limit.value, limit.starts, limit.ends, limit.set_by, limit.by_admin),
    ).fetchone()
    raise_version(connection)
    assert row
    return int(row[0])


def end_limit(connection: Connection, number: int, last: date) -> None:
    """Let a row hold until ``last`` at most; one that has not begun never does."""
    connection.execute(
        "update risk_limits set effective_to = greatest(%s::date, effective_from - 1) where id = %s"
        " and (effective_to is null or effective_to > %s)",
        (last, number, last),
    )
    raise_version(connection)


def add_restriction(connection: Connection, row: RestrictionRow) -> int:
    """One more row; its number (that of ``row`` is not looked at)."""
    found = connection.execute(
        "insert into restrictions (instrument_id, kind, note, effective_from, effective_to, set_by)"
        " values (%s, %s, %s, %s, %s, %s) returning id",
        (row.instrument_id, row.kind, row.note, row.starts, row.ends, row.set_by),
    ).fetchone()
    raise_version(connection)
    assert found
    return int(found[0])


def lift_restriction(connection: Connection, number: int, last: date) -> bool:
    """End a restriction; False where there is none of that number in force."""
    done = connection.execute(
        "update restrictions set effective_to = greatest(%s::date, effective_from - 1) where id = %s"
        " and (effective_to is null or effective_to > %s)",
        (last, number, last),
    ).rowcount
    raise_version(connection)
    return bool(done)


def press(connection: Connection, scope: str, subject: str, sentence: str, pressed_by: str, by_admin: bool) -> bool:
    """Press a switch; False where it is pressed already."""
    done = connection.execute(
        "insert into kill_switches (scope, subject, sentence, pressed_by, by_admin) values (%s, %s, %s, %s, %s)"
        " on conflict (scope, subject) where rearmed_at is null do nothing",
        (scope, subject, sentence, pressed_by, by_admin),
    ).rowcount
    raise_version(connection)
    return bool(done)


def pressed(connection: Connection, scope: str, subject: str) -> tuple[str, bool] | None:
    """(who pressed it, whether as an administrator) of a switch that is pressed; None where none is."""
    row = connection.execute(
        "select pressed_by, by_admin from kill_switches where scope = %s and subject = %s and rearmed_at is null"
        " for update",
        (scope, subject),
    ).fetchone()
    return (row[0], row[1]) if row else None


def rearm(connection: Connection, scope: str, subject: str, actor: str) -> None:
    """Let go of a switch."""
    connection.execute(
        "update kill_switches set rearmed_by = %s, rearmed_at = now()"
        " where scope = %s and subject = %s and rearmed_at is null",
        (actor, scope, subject),
    )
    raise_version(connection)
