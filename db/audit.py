"""The audit trail: who did what to whom, written in the transaction that did it, never changed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import tuple_row
from psycopg.types.json import Jsonb

from db.rows import many


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One entry; ``detail`` never holds a secret."""

    id: int
    at: datetime
    actor: str
    action: str
    subject: str
    detail: dict[str, Any]


def append(
    connection: Connection[Any],
    actor: str,
    action: str,
    subject: str = "",
    *,
    user_id: int | None = None,
    detail: dict[str, Any] | None = None,
) -> None:
    """Write one entry in the caller's transaction."""
    connection.execute(
        "insert into audit (user_id, actor, action, subject, detail) values (%s, %s, %s, %s, %s)",
        (user_id, actor, action, subject, Jsonb(detail or {})),
    )


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which entries: of one actor or about one subject (``who``), of one action, of a span of time."""

    who: str | None = None
    action: str | None = None
    since: datetime | None = None
    until: datetime | None = None


EVERYTHING = AuditFilter()


def page(
    connection: Connection[Any], before: int | None, limit: int, wanted: AuditFilter = EVERYTHING
) -> list[AuditRow]:
    """Newest first, those with an id below ``before`` if given."""
    sql = """select id, at, actor, action, subject, detail from audit
             where (%(before)s::bigint is null or id < %(before)s)
               and (%(who)s::text is null or actor = %(who)s or subject = %(who)s)
               and (%(action)s::text is null or action = %(action)s)
               and (%(since)s::timestamptz is null or at >= %(since)s)
               and (%(until)s::timestamptz is null or at < %(until)s)
             order by id desc limit %(limit)s"""
    arguments = {
        "before": before,
        "limit": limit,
        "who": wanted.who,
        "action": wanted.action,
        "since": wanted.since,
        "until": wanted.until,
    }
    return many(connection, AuditRow, sql, arguments)


def actions(connection: Connection[Any]) -> list[str]:
    """Every kind of entry there is, found by hopping over the index from one to the next."""
    sql = """
        with recursive kinds as (
            (select action from audit order by action limit 1)
            union all
            select (select a.action from audit a where a.action > k.action order by a.action limit 1)
            from kinds k where k.action is not null
        )
        select action from kinds where action is not null"""
    with connection.cursor(row_factory=tuple_row) as cursor:
        return [row[0] for row in cursor.execute(sql).fetchall()]
