"""Timed work: once a date, again after a failure, never twice at once."""

from datetime import date, timedelta

import pytest

from db.engine import Database
from desk import jobs

DATE = date(2026, 11, 23)


def test_a_finished_job_does_not_run_again(database: Database) -> None:
    ran: list[int] = []
    assert jobs.once(database, "sim", "roll", DATE, lambda: ran.append(1) or {"accounts": 3})
    assert not jobs.once(database, "sim", "roll", DATE, lambda: ran.append(2))
    assert ran == [1]
    assert jobs.once(database, "sim", "roll", date(2026, 11, 24), lambda: ran.append(3))
    with database.connection() as connection:
        found = connection.execute("select detail, error from job_runs where trading_date = %s", (DATE,)).fetchone()
    assert found == ({"accounts": 3}, None)


def test_a_job_that_failed_says_why_and_is_taken_up_again(database: Database) -> None:
    def fail() -> None:
        raise ValueError("no prices")

    with pytest.raises(ValueError, match="no prices"):
        jobs.once(database, "sim", "roll", DATE, fail)
    with database.connection() as connection:
        row = connection.execute("select finished_at, error from job_runs").fetchone()
    assert row == (None, "ValueError: no prices")
    assert jobs.once(database, "sim", "roll", DATE, lambda: None)


def test_a_job_that_runs_is_not_started_beside_itself(database: Database) -> None:
    inner: list[bool] = []
    jobs.once(
        database, "sim", "roll", DATE, lambda: inner.append(jobs.once(database, "sim", "roll", DATE, lambda: None))
    )
    assert inner == [False]


def test_heartbeats_come_and_go_with_the_process(database: Database) -> None:
    jobs.beat(database, "market", "sim", detail={"frame": 1})
    jobs.beat(database, "market", "sim", detail={"frame": 2})
    with database.connection() as connection:
        rows = connection.execute("select role, detail from heartbeats").fetchall()
    assert rows == [("market", {"frame": 2})]
    jobs.leave(database)
    with database.connection() as connection:
        assert connection.execute("select count(*) from heartbeats").fetchone() == (0,)


def test_a_run_whose_process_died_before_it_said_so_has_ended_when_the_market_has_left_its_date(
    database: Database,
) -> None:
    """The date after that runs still, and what failed stays failed."""
    with database.connection() as connection:
        row = connection.execute("select trading_date from markets where id = 'sim'").fetchone()
        assert row
        today = row[0]
        connection.execute(
            "insert into job_runs (market, job, trading_date, error) values ('sim', 'roll', %s, null),"
            " ('sim', 'roll', %s, 'Accounts that kept it: 7.'), ('sim', 'roll', %s, null)",
            [today - timedelta(days=1), today - timedelta(days=2), today],
        )
    assert jobs.end_passed(database, "sim", "roll") == 1
    assert jobs.end_passed(database, "sim", "roll") == 0
    with database.connection() as connection:
        left = connection.execute("select trading_date from job_runs where finished_at is null order by 1").fetchall()
    assert left == [(today - timedelta(days=2),), (today,)]
