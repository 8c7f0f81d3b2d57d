"""What administrators see of the machinery: processes, leaders, jobs. Short tables, read whole or by a limit."""

from sqlalchemy import text
from sqlalchemy.engine import RowMapping

from db.engine import Database
from db.reading import rows, snapshot

HEARTBEATS = text(
    """
    select process, role, market, pid, term, started_at, detail,
           (extract(epoch from clock_timestamp() - beat_at) * 1000)::bigint as age_ms
    from heartbeats where beat_at > now() - interval '1 hour' order by role, market, process
    """
)
LEADERS = text(
    """
    select l.market, l.term, l.holder, l.taken_at, l.first_frame,
           (extract(epoch from clock_timestamp() - max(h.beat_at)) * 1000)::bigint as heartbeat_age_ms
    from leader l left join heartbeats h on h.role = 'execution' and h.market = l.market and h.term = l.term
    group by l.market order by l.market
    """
)
JOB_RUNS = text(
    """
    select market, job, trading_date, started_at, finished_at, late, detail, error,
           (extract(epoch from coalesce(finished_at, clock_timestamp()) - started_at) * 1000)::bigint as took_ms
    from job_runs where cast(:job as text) is null or job = :job
    order by started_at desc limit :limit
    """
)


def heartbeats(database: Database) -> list[RowMapping]:
    """Every process that was alive within the hour."""
    with snapshot(database) as connection:
        return list(rows(connection, HEARTBEATS))


def leaders(database: Database) -> list[RowMapping]:
    """Who may write fills in each market, under which term."""
    with snapshot(database) as connection:
        return list(rows(connection, LEADERS))


def job_runs(database: Database, job: str | None, limit: int) -> list[RowMapping]:
    """Runs of timed jobs, the newest first."""
    with snapshot(database) as connection:
        return list(rows(connection, JOB_RUNS, job=job, limit=limit))
