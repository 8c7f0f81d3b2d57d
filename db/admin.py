"""What administrators see of the machinery: processes, leaders, jobs. Short tables, read whole or by a limit."""

from typing import Any

from db.engine import Database
from db.reading import Statement, ask

HEARTBEATS = Statement(
    """
    select process, role, market, pid, term, started_at, detail,
           (extract(epoch from clock_timestamp() - beat_at) * 1000)::bigint as age_ms
    from heartbeats where beat_at > now() - interval '1 hour' order by role, market, process
    """
)
LEADERS = Statement(
    """
    select l.market, l.term, l.holder, l.taken_at, l.first_frame,
           (extract(epoch from clock_timestamp() - max(h.beat_at)) * 1000)::bigint as heartbeat_age_ms
    from leader l left join heartbeats h on h.role = 'execution' and h.market = l.market and h.term = l.term
    group by l.market order by l.market
    """
)
JOB_RUNS = Statement(
    """
    select market, job, trading_date, started_at, finished_at, late, late_ms, detail, error,
           (extract(epoch from coalesce(finished_at, clock_timestamp()) - started_at) * 1000)::bigint as took_ms,
           (extract(epoch from started_at) * 1000000)::bigint as micros
    from job_runs
    where (cast(:job as text) is null or job = :job)
      and (cast(:before as bigint) is null
           or started_at < timestamptz 'epoch' + cast(:before as bigint) * interval '1 microsecond')
    order by started_at desc fetch first :limit rows with ties
    """
)
LAST_RUNS = Statement(
    """
    select distinct on (job, market) market, job, trading_date, started_at, finished_at, late, late_ms, detail, error,
           (extract(epoch from coalesce(finished_at, clock_timestamp()) - started_at) * 1000)::bigint as took_ms
    from job_runs order by job, market, started_at desc
    """
)


def heartbeats(database: Database) -> list[dict[str, Any]]:
    """Every process that was alive within the hour."""
    return ask(database, HEARTBEATS)


def leaders(database: Database) -> list[dict[str, Any]]:
    """Who may write fills in each market, under which term."""
    return ask(database, LEADERS)


def job_runs(database: Database, job: str | None, before: int | None, limit: int) -> list[dict[str, Any]]:
    """Runs of timed jobs, the newest first, begun before an instant in microseconds: ``limit`` of them, or more where
    several began at one instant."""
    return ask(database, JOB_RUNS, job=job, before=before, limit=limit)


def last_runs(database: Database) -> list[dict[str, Any]]:
    """The newest run of each timed job in each market."""
    return ask(database, LAST_RUNS)
