"""The audit trail: who did what to whom, written in the transaction that did it, never changed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection
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


def page(connection: Connection[Any], before: int | None, limit: int) -> list[AuditRow]:
    """Newest first, those with an id below ``before`` if given."""
    sql = """select id, at, actor, action, subject, detail from audit
             where %s::bigint is null or id < %s order by id desc limit %s"""
    return many(connection, AuditRow, sql, (before, before, limit))
