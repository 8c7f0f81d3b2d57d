"""Whether this installation can trade: its schema, the market that is switched on, its leader."""

from dataclasses import dataclass
from typing import Any

from psycopg import Connection

from db.rows import one


@dataclass(frozen=True, slots=True)
class ReadinessRow:
    """Ages in ms by the database's clock; None for what has not happened yet."""

    schema_version: str
    market: str | None
    term: int | None
    heartbeat_age_ms: int | None


def readiness(connection: Connection[Any]) -> ReadinessRow:
    """The state of the market that is switched on: everybody's before an owner's, then the first by name."""
    sql = """
        select (select version_num from alembic_version) as schema_version, m.id as market, l.term,
               (select min((extract(epoch from now() - h.beat_at) * 1000)::bigint) from heartbeats h
                where h.market = m.id and h.role = 'execution') as heartbeat_age_ms
        from (select 1) as always
        left join lateral (
            select * from markets where running order by shown_to is not null, id limit 1) m on true
        left join leader l on l.market = m.id"""
    row = one(connection, ReadinessRow, sql)
    if row is None:
        raise RuntimeError("a query without a condition gave no row")
    return row
